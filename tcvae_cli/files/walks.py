"""Walks of a decoder's latents: the images, what is known of each latent, and the file of arrays that holds them."""

from dataclasses import dataclass

import numpy as np

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.arrays import Array, read_only
from tcvae_cli.errors import ArgumentError
from tcvae_cli.files.headers import RunHeader, TraversalHeader, new_header
from tcvae_cli.files.tensors import tensors_to_bytes

EXTENSIONS = (".png", ".gif", ".webp", ".pdf", ".svg", ".safetensors")  # what a walk can be written as
FILMS = (".mp4", ".m4v", ".mov", ".webm", ".avi", ".mkv")


@dataclass(frozen=True, eq=False)
class Walk:
    """What a trained decoder draws as each latent in turn walks through the same values.

    Arrays have the axis of images in front only where several images were asked for, by a list of them.
    """

    frames: Array  # ([image,] latent, value, height, width[, 3]) decoder means in [0, 1]
    values: Array  # (value,) what the latent is set to
    latents: tuple[int, ...]  # the latent of each row, most informative first
    kl: tuple[float, ...]  # its mean KL in nats, NaN where it is not known
    active: tuple[bool, ...] | None  # whether its mean has more than LEAST_SHARE of its variance; None: not known
    title: str
    start: str  # where the other latents rest: "from image 12345"
    original: Array | None = None  # ([image,] height, width[, 3]) the image at the start
    reconstruction: Array | None = None  # the same of what the decoder makes of it
    own: Array | None = None  # ([image,] latent) the value of each row's latent at the start, if that is an image
    factors: tuple[str, ...] | None = None  # the factor that each row tells most of, "" for none; None: not known
    sample: int = 0  # of so many images the factors were told, and KL and activity where the run has none
    images: tuple[int, ...] | None = None  # the rows of several images
    folds: bool = False  # whether pictures leave out inactive latents
    least_share: float = ACTIVE_SHARE
    made_by: RunHeader | None = None  # of the run, for the header of a file

    def __post_init__(self) -> None:
        read_only(self)


def walk_to_bytes(walk: Walk) -> bytes:
    """Return the safetensors file of a walk: docs/formats.md, section "Traversal"."""
    header = new_header("traversal", title=walk.title, start=walk.start)
    if (run := walk.made_by) is not None:
        header = TraversalHeader(walk.title, walk.start, run.settings, run.step, run.data).record()
    for name, known in (("images", walk.images), ("factors", walk.factors)):
        if known is not None:
            header[name] = list(known)
    arrays: dict[str, Array] = {
        "frames": walk.frames.astype(np.float32),
        "values": walk.values.astype(np.float32),
        "latents": np.array(walk.latents, dtype=np.int64),
        "kl": np.array(walk.kl, dtype=np.float64),
    }
    for name, array in (("original", walk.original), ("reconstruction", walk.reconstruction), ("own", walk.own)):
        if array is not None:
            arrays[name] = array.astype(np.float32)
    return tensors_to_bytes(header, arrays)


def check_extension(extension: str) -> None:
    """Refuse a kind of file that no walk can be written to."""
    if extension in FILMS:
        cure = "end the name in .webp, which moves as well and every browser plays"
        raise ArgumentError("output", f"cannot make a {extension} film", cure)
    if extension not in EXTENSIONS:
        raise ArgumentError("output", f"cannot draw a {extension} file", f"end the name in {', '.join(EXTENSIONS)}")
