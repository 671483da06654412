"""`tcvae show`: what a file of ours is and how it was made."""

from typing import Annotated, Any, BinaryIO

import typer

from tcvae_cli.cli.progress import progress
from tcvae_cli.errors import TcvaeError, UsageError, printable
from tcvae_cli.files.streams import display_name

WHAT = "a file of ours"


def show(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A data set, a run or codes; - is standard input.")] = "-",
    contact_sheet: Annotated[
        str | None, typer.Option(metavar="SHEET.png", help="Also draw a labelled sample of a data set's images.")
    ] = None,
) -> None:
    """Say what a file is and how it was made.

    tcvae show dsprites.h5

    tcvae encode run.safetensors | tcvae show -

    tcvae show dsprites.h5 --contact-sheet sheet.png
    """
    from io import BytesIO

    from tcvae_cli.files.hdf5 import MAGIC
    from tcvae_cli.files.streams import binary_input, check_output

    if contact_sheet == "-":
        raise UsageError("--contact-sheet", "stdout is taken by the text", "name a file")
    if contact_sheet is not None:
        if not contact_sheet.lower().endswith(".png"):
            raise UsageError("--contact-sheet", f"{contact_sheet} is no PNG by its name", "end the name in .png")
        check_output(contact_sheet)

    with binary_input(file, WHAT) as stream:
        head = stream.read(8)
        if head == MAGIC:
            whole = stream if stream.seekable() else BytesIO(head + stream.read())
            whole.seek(0)
            lines = data_set_lines(whole, file, contact_sheet)
        elif contact_sheet is not None:
            raise TcvaeError(display_name(file), "is not a data set", "leave --contact-sheet out")
        else:
            lines = tensor_lines(stream, head, file)
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        print(
            printable(f"{name:<{width}}  {value}")
        )  # a name in a file may hold anything, such as a terminal's commands


def data_set_lines(stream: BinaryIO, path: str, sheet: str | None) -> list[tuple[str, str]]:
    """A data set, line by line, and a picture of it at SHEET."""
    from tcvae_cli.files.data_sets import data_set_in
    from tcvae_cli.files.streams import write_bytes

    with data_set_in(stream, path, progress) as data:
        described = data.description
        called = {name: f" ({', '.join(names)})" for name, names in data.class_names().items() if len(names) < 7}
        factors = zip(described.factor_names, described.factor_sizes, strict=True)
        lines = [
            ("file", f"{display_name(path)}: data set"),
            ("name", described.name),
            ("images", f"{described.rows:,} {described.pixel_kind}, {' x '.join(map(str, described.image_shape))}"),
            ("factors", ", ".join(f"{name} {size}{called.get(name, '')}" for name, size in factors) or "none"),
            ("scored by mig", ", ".join(described.scored_factors) or "none"),
            ("sampling", "uniform" if data.probability is None else "biased (`probability`)"),
            ("provenance", described.provenance),
            ("digest", data.digest),
        ]
        if sheet is not None:
            from tcvae_cli.figures.pages.contact_sheet import contact_sheet

            write_bytes(sheet, contact_sheet(data))
    return lines


def tensor_lines(stream: BinaryIO, head: bytes, path: str) -> list[tuple[str, str]]:
    """A run, checkpoint, codes or traversal, of which HEAD was read already, line by line, in little memory."""
    from math import prod

    from tcvae_cli.files.codes import check_described
    from tcvae_cli.files.provenance import check_header, check_objects
    from tcvae_cli.files.tensors import read_contents, skip_tensors

    contents = read_contents(stream, path, WHAT, head)
    skip_tensors(stream, contents)
    header, tensors = contents.header, contents.tensors
    if header is None:
        header = {"kind": "codes by a third party" if "mean" in tensors else "safetensors without our header"}
    else:
        check_header(contents.where, header, str(header.get("kind")), "`tcvae`")
    kind = header.get("kind")
    if kind == "codes" and len(tensors["mean"].shape if "mean" in tensors else ()) == 2:
        labels = tensors["factor_classes"].shape if "factor_classes" in tensors else ()
        check_objects(contents.where, header, "data")
        check_described(header, tensors["mean"].shape[0], labels[1] if len(labels) == 2 else None, contents.where)
    if kind == "run" and "generator_state" in tensors:
        kind = "run (checkpoint: training can be resumed)"
    lines = [("file", f"{display_name(path)}: {kind}")]
    if "version" in header:
        lines.append(("made by", f"tcvae {header['version']}, schema {header.get('schema')}"))
    lines += header_lines(header, path)
    if header.get("kind") == "run":
        lines.append(("tensors", f"{len(tensors)}, {sum(prod(tensor.shape) for tensor in tensors.values()):,} numbers"))
    else:
        lines.append(("tensors", ", ".join(f"{name} {list(tensor.shape)}" for name, tensor in sorted(tensors.items()))))
    return lines


def header_lines(header: dict[str, Any], path: str) -> list[tuple[str, str]]:
    """The settings, data set and final terms of a header."""
    lines = []
    try:
        if settings := header.get("settings"):
            lines.append(("settings", ", ".join(f"{k} {v}" for k, v in settings.items() if v is not None)))
        if "step" in header:
            lines.append(("step", f"{header['step']:,}"))
        if data := header.get("data"):
            lines.append(("data set", f"{data['path']}: {data['name']}, {data['rows']:,} images, {data['provenance']}"))
            lines.append(("data digest", data["digest"]))
        if final := header.get("final"):
            if final["elbo"] is not None:
                lines.append(("ELBO", f"{final['elbo']:.4f} nats over {final['images']:,} images"))
            lines.append(("KL", f"{final['kl']:.4f} nats"))
            if "total_correlation" in final:
                guess = final["discriminator_total_correlation"]
                text = f"{final['total_correlation']:.4f} nats over all images; the discriminator says {guess:.4f}"
                lines.append(("TC", text))
            lines.append(("KL per latent", " ".join(f"{kl:.3f}" for kl in final["kl_per_latent"])))
        lines += [(name, str(header[name])) for name in ("title", "start") if name in header]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise TcvaeError(display_name(path), "has a header that is not ours", "make it again") from None
    return lines
