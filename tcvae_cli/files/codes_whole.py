"""Codes written whole, in the format that the name of their file ends in."""

import os
from collections.abc import Mapping

from tcvae_cli.arrays import Array
from tcvae_cli.files.codes import write_codes
from tcvae_cli.files.codes_npz import write_npz
from tcvae_cli.files.codes_table import write_table
from tcvae_cli.files.headers import CodesHeader
from tcvae_cli.files.streams import output_stream


def write_whole(path: str, header: CodesHeader, arrays: Mapping[str, Array]) -> None:
    """Write codes to PATH: npz, a table by a name that ends in .csv, else safetensors."""
    with output_stream(path) as stream:
        match end_of(path):
            case ".npz":
                write_npz(stream, header.record(), arrays)
            case ".csv":
                write_table(stream, header, arrays)
            case _:
                write_codes(stream, header, {}, dict(arrays), ())


def end_of(path: str) -> str:
    """Return what a name ends in: .npz."""
    return os.path.splitext(path)[1].lower()
