"""Load runs and codes; save them, and walks."""

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.errors import wrong_kind
from tcvae_cli.files.codes import MAKING, Codes, is_converted, read_codes
from tcvae_cli.files.codes_checks import FLOW
from tcvae_cli.files.codes_whole import write_whole
from tcvae_cli.files.headers import CodesHeader
from tcvae_cli.files.kinds import CODES_END, TENSORS_END
from tcvae_cli.files.runs import read_run, write_run
from tcvae_cli.files.streams import binary_input, check_output, path_in, write_bytes
from tcvae_cli.files.tensors import read_contents
from tcvae_cli.files.walks import Walk

if TYPE_CHECKING:
    from tcvae_cli.training.trained import Run

WHAT = "a run or codes (safetensors)"


def load(path: str | os.PathLike[str], *, device: str = "auto") -> "Run | Codes":
    """Return what a file holds: a Run, its model on DEVICE, or Codes, also those of a third party.

    Errors: TcvaeError for a file that is neither; ArgumentError for a device that is not there.
    """
    path = path_in(path, "path")
    with binary_input(path, WHAT) as stream:
        head = stream.read(9)
        header = None if is_converted(head) else read_contents(stream, path, WHAT, head, instead=MAKING).header
    if header is None or header.get("kind") != "run":
        return read_codes(path)
    from tcvae_cli.machine import start_torch
    from tcvae_cli.training.trained import Run

    return Run.from_stored(read_run(path), start_torch(device))


def save(thing: "Run | Codes | Walk", path: str | os.PathLike[str]) -> None:
    """Write a run, codes or a walk to a file, whole or not at all: the bytes that the verb which makes one writes.

    A walk becomes a picture by a name that ends in .png, .pdf, .svg, .gif or .webp, and arrays by one in .safetensors.
    ArgumentError for anything else.
    """
    path = path_in(path, "path")
    if isinstance(thing, Walk):
        from tcvae_cli.verbs.walk import walk_bytes

        write_bytes(path, walk_bytes(thing, os.path.splitext(path)[1].lower()))
        return
    if not isinstance(thing, Codes):
        if not hasattr(thing, "stored"):
            cure = "give a run, codes or a walk; what is measured is kept by its record()"
            raise wrong_kind("thing", thing, cure)
        check_output(path, TENSORS_END)
        write_run(path, thing.stored.header, thing.stored.tensors)
        return
    check_output(path, CODES_END)
    header = thing.header or CodesHeader()
    if header.data.rows == 0:  # a third party's need not say
        header = replace(header, data=replace(header.data, rows=len(thing.mean)))
    write_whole(path, header, tensors_of(thing))


def tensors_of(codes: Codes) -> dict[str, Array]:
    """Return the tensors of codes by their names in a file, in the order in which `tcvae encode` writes them."""
    flow = dict(zip(FLOW, codes.flow, strict=True)) if codes.flow is not None else {}
    named = {"factor_classes": codes.factor_classes, "factor_values": codes.factor_values}
    named |= {"probability": codes.probability, **flow}
    named |= {"mean": codes.mean, "log_std": codes.log_std, "log_likelihood": codes.log_likelihood}
    return {name: storable(array) for name, array in named.items() if array is not None}


def storable(array: Array) -> Array:
    """Return numbers as a file holds them: integers of 64 bits, floats of 32 or 64."""
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    return array if array.dtype == np.float64 else array.astype(np.float32)
