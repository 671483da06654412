"""Runs: the weights of a model and how they were trained. A checkpoint is a run that also holds optimiser state."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path

from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError, UsageError
from tcvae_cli.files.data_sets import DataSet
from tcvae_cli.files.provenance import Header, check_header, check_objects, new_header
from tcvae_cli.files.streams import display_name
from tcvae_cli.files.tensors import read_tensors

WHAT = "a run (safetensors)"
# Prefixes of the tensors that only a checkpoint holds.
STATE = ("optimizer.", "adversary.", "adversary_optimizer.", "sums.", "summed_steps", "generator_state")


@dataclass(frozen=True)
class Run:
    """A run as read: header and tensors."""

    path: str
    header: Header
    tensors: dict[str, Array]

    @property
    def weights(self) -> dict[str, Array]:
        """The model alone."""
        return {name: tensor for name, tensor in self.tensors.items() if not name.startswith(STATE)}

    @property
    def is_checkpoint(self) -> bool:
        """Whether training can be resumed from it."""
        return "generator_state" in self.tensors


def read_run(path: str, what: str = WHAT, made_by: str = "`tcvae train`") -> Run:
    """A run or checkpoint from a file or standard input."""
    header, tensors = read_tensors(path, what)
    if header is None:
        raise TcvaeError(display_name(path), "is not a run: no `tcvae` header", f"give a file made by {made_by}")
    check_header(display_name(path), header, "run", made_by)
    missing = [key for key in ("settings", "data", "image_shape", "step") if key not in header]
    if missing:
        raise TcvaeError(display_name(path), f"has no `{missing[0]}` in its header", "train it again")
    check_objects(display_name(path), header, "data", "settings", "final")
    shape, data = header["image_shape"], header["data"]
    whole = isinstance(shape, list) and len(shape) == 3 and all(isinstance(n, int) and 0 < n < 10_000 for n in shape)
    step, final = header["step"], header.get("final")
    if (
        not whole
        or shape[1] != shape[2]
        or not all(isinstance(data.get(key), str) for key in ("path", "digest", "name", "provenance"))
        or type(step) is not int
        or step < 0
        or not (final is None or is_numbers(final.get("kl_per_latent")))
    ):
        raise TcvaeError(display_name(path), "has a header that is not ours", "train it again")
    return Run(path, header, tensors)


def is_numbers(value: object) -> bool:
    """Whether it is a list of numbers."""
    return isinstance(value, list) and all(type(number) in (int, float) for number in value)


def data_header(data: DataSet) -> Header:
    """What a child of a data set remembers of it. UsageError if JSON cannot hold the data set's name."""
    try:
        data.path.encode()
    except UnicodeEncodeError:
        raise UsageError("--data", "its name is not UTF-8, and what is made has to remember it", "rename it") from None
    return {"path": data.path, "digest": data.digest, **asdict(data.description)}


def run_header(
    data: DataSet, settings: Header, step: int, final: Header | None, image_shape: list[int], processes: int
) -> Header:
    """The header of a run; FINAL holds the ELBO terms of a finished one."""
    about = {"settings": settings, "data": data_header(data), "image_shape": image_shape, "processes": processes}
    return new_header("run", **about, step=step, final=final)


def remembered_data_path(run: Run) -> str:
    """Where the run's data set is: its path as typed, tried from here and then from beside the run."""
    typed = str(run.header["data"]["path"])
    candidates = [typed]
    if run.path != "-" and typed != "-":
        candidates.append(os.path.join(os.path.dirname(run.path), typed))
        candidates.append(os.path.join(os.path.dirname(run.path), os.path.basename(typed)))
    for candidate in candidates:
        if candidate != "-" and Path(candidate).exists():
            return candidate
    raise TcvaeError(display_name(run.path), f"its data set {typed} is not here", "name it with --data FILE.h5")
