"""The results that lie beside a run, as a sweep leaves them: those of this run need not be computed again."""

import os
from dataclasses import dataclass

import numpy as np

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.headers import RunHeader
from tcvae_cli.results.line import Line, read_results
from tcvae_cli.results.repeats import measured_on
from tcvae_cli.verbs.decompose import DEFAULT_SAMPLES


@dataclass(frozen=True)
class Terms:
    """The terms of the ELBO over all images, in nats, exact as `estimate-tc` has them."""

    total_correlation: float
    standard_error: float
    kl_per_latent: tuple[float, ...]
    elbo: float | None


@dataclass(frozen=True)
class Beside:
    """The results in the folder of a run, as a sweep leaves them: those that are of this run, on all images."""

    folder: str
    header: RunHeader

    def line(self, kind: str) -> Line | None:
        """Return the exact result of one KIND; None where there is none."""
        path = os.path.join(self.folder, f"{kind}.json")
        if not os.path.isfile(path):
            return None
        try:
            lines = measured_on(read_results(path), self.header.settings, self.header.data.digest, self.header.step)
        except TcvaeError:
            return None
        exact = [line for line in lines if (line["kind"], line.get("estimator")) == (kind, "exact")]
        return exact[0] if len(exact) == 1 else None

    def terms(self) -> Terms | None:
        """Return the terms of the ELBO, by as many samples as we take ourselves."""
        line = self.line("estimate-tc")
        if line is None or line.get("samples") != DEFAULT_SAMPLES:
            return None
        try:
            kl = tuple(map(float, line["kl_per_latent"]))
            found = line.number("total_correlation"), line.number("standard_error"), kl, line.number_or_none("elbo")
        except (TcvaeError, TypeError, ValueError):
            return None
        return Terms(*found) if np.isfinite(kl).all() else None

    def mig(self) -> float | None:
        """Return MIG over the factors that the data set says are scored."""
        line = self.line("mig")
        if line is None or line.get("factors") != list(self.header.data.scored_factors) or line.get("factor_bins"):
            return None
        try:
            return line.number("mig")
        except TcvaeError:
            return None
