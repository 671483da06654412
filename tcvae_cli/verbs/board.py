"""What a training tells, for TensorBoard: scalars and pictures in event files, which tensorboardX writes."""

import contextlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.streams import writing

if TYPE_CHECKING:
    from tensorboardX import SummaryWriter


@dataclass(frozen=True)
class Board:
    """The event file of one training."""

    folder: str
    writer: "SummaryWriter"

    def numbers(self, group: str, step: int, terms: Mapping[str, float | None]) -> None:
        """Write some numbers after a step, each as GROUP/NAME."""
        with writing(self.folder):
            for name, value in terms.items():
                if value is not None:
                    self.writer.add_scalar(f"{group}/{name}", value, step)
            self.writer.flush()

    def picture(self, name: str, step: int, png: bytes) -> None:
        """Write a picture after a step."""
        from PIL import Image

        with writing(self.folder):
            pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
            self.writer.add_image(name, pixels, step, dataformats="HWC")
            self.writer.flush()


@contextlib.contextmanager
def board(folder: str, step: int) -> Iterator[Board]:
    """Open an event file in FOLDER for a training that goes on from STEP: what older files tell of later steps is void.

    TcvaeError without tensorboardX, or where the folder cannot be written.
    """
    try:
        from tensorboardX import SummaryWriter
    except ModuleNotFoundError:
        raise TcvaeError("train", "needs tensorboardX for {tensorboard}", "pip install 'tcvae[tensorboard]'") from None
    with writing(folder):
        writer = SummaryWriter(folder, purge_step=step + 1 if step else None)
    try:
        yield Board(folder, writer)
    finally:
        with writing(folder):
            writer.close()
