"""What every measuring verb asks of its input: codes and data sets as objects or as paths, and as the estimators do."""

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tcvae_cli.errors import ArgumentError
from tcvae_cli.files.streams import path_in
from tcvae_cli.machine import start_torch
from tcvae_cli.progress import Note, Progress, quiet, silent

if TYPE_CHECKING:
    import torch

    from tcvae_cli.arrays import Array
    from tcvae_cli.estimators.posterior import Posterior
    from tcvae_cli.estimators.prior import Prior
    from tcvae_cli.files.codes import Codes
    from tcvae_cli.files.data_sets import DataSet
    from tcvae_cli.results.line import Line, Results
    from tcvae_cli.training.trained import Run

AnyPath = str | os.PathLike[str]


def check_several(several: object, name: str = "codes") -> None:
    """Raise ArgumentError unless SEVERAL are in a list or tuple: one name would be taken for many, letter by letter."""
    if not isinstance(several, list | tuple):
        raise ArgumentError(name, "are not in a list", f"give [{name}]")


def codes_in(codes: "Codes | AnyPath", name: str = "codes", *, means_alone: bool = False) -> "Codes":
    """Return codes as they are, or read them from the file of that name, in which MEANS_ALONE may be enough.

    ArgumentError that calls them by NAME for anything else.
    """
    from tcvae_cli.files.codes import Codes, read_codes

    if isinstance(codes, Codes):
        return codes
    path = path_in(codes, name, "give codes, which encode and Codes.of make, or the path of a file of them")
    return read_codes(path, means_alone=means_alone)


def run_in(run: "Run | AnyPath", device: str, name: str = "run") -> "Run":
    """Return a run as it is, or read it from the file of that name, its model onto the DEVICE.

    ArgumentError that calls it by NAME for anything else.
    """
    from tcvae_cli.files.runs import read_run
    from tcvae_cli.training.trained import Run

    if isinstance(run, Run):
        return run
    path = path_in(run, name, "give a run, which train makes, or the path of a file of one")
    return Run.from_stored(read_run(path), start_torch(device))


@contextlib.contextmanager
def data_in(data: "DataSet | AnyPath | None", name: str, progress: Progress = silent) -> "Iterator[DataSet | None]":
    """Yield a data set as it is, or open the file of that name for as long as the block lasts; None stays None.

    ArgumentError that calls it by NAME for anything else.
    """
    from tcvae_cli.files.data_sets import DataSet, open_data_set

    if data is None or isinstance(data, DataSet):
        yield data
    else:
        with open_data_set(data_path(data, name), progress) as opened:
            yield opened


def data_path(data: AnyPath, name: str) -> str:
    """Return the path of a data set as text. ArgumentError that calls it by NAME for what is no path."""
    return path_in(data, name, "give a data set, which prepare makes, or the path of a file of one")


def lines_in(results: "Results | AnyPath") -> "list[Line]":
    """Return one result or several as lines, or read them from the file of that name."""
    from tcvae_cli.results.line import as_lines, read_results

    return read_results(results) if isinstance(results, str | os.PathLike) else as_lines(results)


def posterior_of(codes: "Codes", note: Note = quiet, device: "torch.device | str" = "cpu") -> "Posterior":
    """Return q(z|n) of every image on a DEVICE, with p(n) summing to 1 exactly.

    NOTE is told of widths that float64 cannot tell.
    """
    import torch

    from tcvae_cli.estimators.densities import FAMILIES
    from tcvae_cli.estimators.posterior import NARROWEST, Posterior

    probability = None
    if codes.probability is not None:
        probability = torch.from_numpy(codes.probability).double()
        probability = (probability / probability.sum()).to(device)
    mean, log_std = (torch.from_numpy(parameter).to(device) for parameter in (codes.mean, codes.log_std))
    posterior = Posterior.from_tensors(mean, log_std, probability, FAMILIES[codes.posterior])
    widened = int((posterior.log_std > log_std).sum())
    if widened:
        least = f"{NARROWEST:.0e} of the largest mean of their latent"
        note(f"{widened:,} of {log_std.numel():,} standard deviations are below {least}, and are taken to be that")
    return posterior


def posterior_to_score(codes: "Codes", note: Note) -> "Posterior":
    """Return q(z|n) of every image for measures that ask its width only which latents are active: it may be missing."""
    if codes.means_alone:
        note("there is no log_std, so every latent whose mean varies counts as active")
    return posterior_of(codes, quiet if codes.means_alone else note)


def same_probability(first: "Array | None", second: "Array | None") -> bool:
    """Return whether two p(n) of as many images are the same, to float32; None is that all are equally likely."""
    import numpy as np

    given = [one for one in (first, second) if one is not None]
    even = 1 / len(given[0]) if given else 1.0
    one, other = (even if one is None else one for one in (first, second))
    return bool(np.allclose(one, other, rtol=1e-5, atol=0))


def prior_of(codes: "Codes") -> "Prior":
    """Return p(z)."""
    import torch

    from tcvae_cli.estimators.densities import FAMILIES
    from tcvae_cli.estimators.flow import Flow
    from tcvae_cli.estimators.prior import flow_prior, standard_prior

    if codes.prior == "flow" and codes.flow is not None:
        return flow_prior(Flow(*map(torch.from_numpy, codes.flow)))
    return standard_prior(FAMILIES[codes.prior])
