"""Runs: the weights of a model and how they were trained. A checkpoint is a run that also holds optimiser state."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.headers import WRITERS, RunHeader, run_header
from tcvae_cli.files.streams import display_name, write_bytes
from tcvae_cli.files.tensors import read_tensors, tensors_to_bytes

WHAT = "a run (safetensors)"
# Tensors that only a checkpoint holds: moments of any optimiser, weights of any adversary, sums, the noise generator.
STATE = re.compile(r"(\w*optimizer|adversary\w*|sums)\.|(summed_steps|generator_state)$")


@dataclass(frozen=True, eq=False)
class StoredRun:
    """A run as it is stored: header and tensors. `path` is where it was read from, for messages."""

    path: str
    header: RunHeader
    tensors: dict[str, Array] = field(repr=False)

    @property
    def where(self) -> str:
        """The name of the run in messages."""
        return display_name(self.path)

    @property
    def weights(self) -> dict[str, Array]:
        """The tensors of the model alone."""
        return {name: tensor for name, tensor in self.tensors.items() if not STATE.match(name)}

    @property
    def is_checkpoint(self) -> bool:
        """True if training can be resumed from it."""
        return "generator_state" in self.tensors


def read_run(path: str | os.PathLike[str], what: str = WHAT, made_by: str = WRITERS["run"]) -> StoredRun:
    """Return the run or checkpoint in a file or in standard input. Errors: TcvaeError naming the file."""
    path = os.fspath(path)
    header, tensors = read_tensors(path, what)
    if header is None:
        raise TcvaeError(display_name(path), "is not a run: no `tcvae` header", f"give a file made by {made_by}")
    return StoredRun(path, run_header(display_name(path), header, made_by), tensors)


def write_run(path: str, header: RunHeader, tensors: dict[str, Array]) -> None:
    """Write a run or a checkpoint to PATH, whole or not at all."""
    write_bytes(path, tensors_to_bytes(header.record(), tensors))


def remembered_data_path(run: StoredRun) -> str:
    """Return where the run's data set is: its path as typed, tried from here and then from beside the run."""
    typed = run.header.data.path
    candidates = [typed]
    if run.path != "-" and typed != "-":
        candidates.append(os.path.join(os.path.dirname(run.path), typed))
        candidates.append(os.path.join(os.path.dirname(run.path), os.path.basename(typed)))
    for candidate in candidates:
        if candidate != "-" and Path(candidate).exists():
            return candidate
    raise TcvaeError(run.where, f"its data set {typed} is not here", "name it with {data}")
