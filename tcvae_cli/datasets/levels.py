"""The levels of pixels: how many bits of them count, which one is white, and what to say if none comes near it."""

from PIL import Image

from tcvae_cli.arrays import Array
from tcvae_cli.datasets.picture_files import chunks

DARK = 64  # if no byte of a data set is so large, its levels may have another range than was thought


def significant_bits(content: bytes, image: Image.Image) -> int:
    """Return how many bits of each level of a deep grey picture are used, as its file says: 16 where it says nothing.

    It must not have been decoded yet.
    """
    if "I;12" in coding(image):  # of TIFF
        return 12
    return next((content[start + 8] for kind, start, _ in chunks(content) if kind == b"sBIT"), 16)


def is_deep(image: Image.Image) -> bool:
    """Return whether a picture that has not been decoded yet has levels of 16 bits."""
    return ";16" in coding(image) or image.mode.startswith("I")


def coding(image: Image.Image) -> str:
    """Return how the pixels of a picture that has not been decoded yet are stored, in Pillow's words."""
    return str([tile.args for tile in getattr(image, "tile", [])[:1]])


def full_scale(levels: Array, bits: int) -> int:
    """Return the level that is white in a picture of 16 bits whose file calls BITS of them significant.

    PNG wants levels scaled up to 16 bits, whose lower bits are 0 or repeat the upper ones. Some writers leave them as
    they are: then they are below 2^bits, and not all of them can have been scaled up.
    """
    small = bits < 16 and levels.max() < 1 << bits
    return (1 << bits) - 1 if small and (levels % (1 << (16 - bits))).any() else 65535


def deep_note(files: int, level: int) -> str:
    """Say that FILES of 16 bits, of which none has more than LEVEL, come out dark."""
    bits = next(bits for bits in (8, 10, 12, 14) if level < 1 << bits)
    said = "1 file of 16 bits has" if files == 1 else f"{files:,} files of 16 bits have"
    found = f"{said} no level above {level:,} of 65,535 (byte {round(level / 257)} of 255)"
    return f"{found}: if white is {(1 << bits) - 1:,} in them, multiply their levels by {1 << (16 - bits)}"


def dark_note(largest: float) -> str:
    """Say that no pixel is brighter than a byte of LARGEST."""
    return f"no pixel is brighter than {largest:.3g} of 255: if white is less than 255 in the source, scale its levels"


def scaled_note(files: int) -> str:
    """Say that the levels of FILES were scaled by the bits that they say they use."""
    said = "1 file of 16 bits, which says" if files == 1 else f"{files:,} files of 16 bits, which say"
    return f"scaled the levels of {said} that fewer are used"
