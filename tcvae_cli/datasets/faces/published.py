"""3D Faces as the paper's authors rendered them from the Basel model, where somebody has their file."""

import contextlib
import warnings
import zipfile
from collections.abc import Iterator

import numpy as np

from tcvae_cli.datasets.faces.portraits import SIDE
from tcvae_cli.datasets.faces.stand_in import SCORED
from tcvae_cli.datasets.labels import Pictures, grid_factors, labelled
from tcvae_cli.datasets.published import SourceFiles, provenance_of
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.streams import UnreadableError, display_name, reading, seekable_input
from tcvae_cli.files.writer import Source

FACTORS = ("identity", *SCORED)  # slowest first
PUBLISHED_SHAPE = (50, 21, 11, 11, SIDE, SIDE)
CURE = "give the authors' basel_face_renders.pth (a tensor: nothing else is unpickled), or leave {source} out"


@contextlib.contextmanager
def open_published(files: SourceFiles) -> Iterator[Source]:
    """Open the authors' tensor, mapped into memory where its format allows. Nothing but a tensor is unpickled.

    Its angles are not public: the values of its factors are the numbers of their classes.
    Errors: TcvaeError naming the file.
    """
    path = files.path
    import torch

    with (
        seekable_input(path, "basel_face_renders.pth") as stream,
        reading(path, CURE),
        warnings.catch_warnings(action="ignore"),  # torch has some to tell of files that it then refuses
    ):
        provenance = provenance_of(stream, files.published)
        if zipfile.is_zipfile(stream):
            with zipfile.ZipFile(stream) as archive:
                if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
                    raise UnreadableError("is compressed, which torch.save does not do", CURE)
        stream.seek(0)
        try:
            tensor = torch.load(stream if path == "-" else path, "cpu", weights_only=True, mmap=path != "-")
        except RuntimeError:  # written before PyTorch 1.6: no zip, so no map
            stream.seek(0)
            tensor = torch.load(stream, "cpu", weights_only=True)
    is_faces = isinstance(tensor, torch.Tensor) and tensor.dtype == torch.uint8 and len(tensor.shape) == 6
    if is_faces and tensor.numel() > tensor.untyped_storage().nbytes():
        raise TcvaeError(display_name(path), "says that it has more pixels than it holds", CURE)
    if not is_faces or tensor.shape[1:] != PUBLISHED_SHAPE[1:] or len(tensor) == 0:
        found = f"{tensor.dtype} {tuple(tensor.shape)}" if isinstance(tensor, torch.Tensor) else type(tensor).__name__
        raise TcvaeError(display_name(path), f"holds {found}, not uint8 {PUBLISHED_SHAPE}", CURE)
    images = tensor.numpy()  # (identity, azimuth, elevation, lighting, 64, 64)
    factors = grid_factors({name: np.arange(size) for name, size in zip(FACTORS, images.shape[:4], strict=True)})
    blocks = (views.reshape(-1, SIDE, SIDE) for identity in images for views in identity)
    pictures = Pictures("faces", len(factors[0].classes), (SIDE, SIDE), "grey", provenance, blocks)
    yield labelled(pictures, factors, SCORED)
