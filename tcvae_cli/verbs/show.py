"""Say what a file of ours is and how it was made, in lines for a person to read."""

import math
import os
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from tcvae_cli.errors import ArgumentError, TcvaeError
from tcvae_cli.files.codes import REQUIRED, ZIPPED, codes_behind, is_converted
from tcvae_cli.files.codes_checks import check_described
from tcvae_cli.files.data_sets import data_set_in
from tcvae_cli.files.factor_values import tells_more
from tcvae_cli.files.hdf5 import MAGIC, is_hdf5
from tcvae_cli.files.headers import CodesHeader, DataHeader, RunHeader, TraversalHeader, read_header
from tcvae_cli.files.kinds import is_json
from tcvae_cli.files.ledger import one_call
from tcvae_cli.files.logs import Log, log_in
from tcvae_cli.files.provenance import Header
from tcvae_cli.files.streams import binary_input, check_output, display_name, path_in, write_bytes
from tcvae_cli.files.tensors import Contents, read_contents, skip_tensors
from tcvae_cli.objectives import OBJECTIVES
from tcvae_cli.progress import Progress, silent
from tcvae_cli.text import shortened
from tcvae_cli.verbs.described import Described, Fact, of_data_set, of_header, of_tensors

if TYPE_CHECKING:
    from tcvae_cli.files.data_sets import DataSet

WHAT = "a data set, a run, codes, a traversal or a log"
FEW_CLASSES = 6  # at most this number of classes is named beside a factor
LONGEST_WORD = 60  # letters of such a name, or of that of a tensor
MOST_TENSORS = 20  # are named


@one_call()
def describe(
    file: str | os.PathLike[str], *, contact_sheet: str | None = None, progress: Progress = silent
) -> Described:
    """Return what FILE (a data set, a run, codes, a traversal or a log) is and how it was made.

    It has that as `facts` to read, by `record()` as JSON has it, and by `rows()` as a table. Of a data set also draw a
    labelled sample of the images as a PNG at CONTACT_SHEET. Files of tensors are read in little memory. Errors:
    TcvaeError naming the file; ArgumentError for a contact sheet that is no PNG by its name.
    """
    path = path_in(file, "file")
    if contact_sheet is not None:
        if not contact_sheet.lower().endswith(".png"):
            raise ArgumentError("contact_sheet", f"{contact_sheet} is no PNG by its name", "end the name in .png")
        check_output(contact_sheet)
    with binary_input(path, WHAT) as stream:
        head, seekable = stream.read(len(MAGIC)), stream.seekable()
        a_log = is_json(head)
        if seekable:
            stream.seek(0)
            head = b""
        if head == MAGIC or (seekable and is_hdf5(stream)):
            whole = stream if seekable else BytesIO(head + stream.read())
            whole.seek(0)
            with data_set_in(whole, path, progress) as data:
                if contact_sheet is not None:
                    from tcvae_cli.figures.pages.contact_sheet import contact_sheet as drawn

                    write_bytes(contact_sheet, drawn(data))
                return Described(data_set_facts(data), of_data_set(data))
        if contact_sheet is not None:
            raise TcvaeError(display_name(path), "is not a data set", "leave {contact_sheet} out")
        if not a_log:
            start = head or stream.read(len(MAGIC))
            return (described_codes if is_converted(start) else described_tensors)(stream, start, path)
        log = log_in(head + stream.read(), path)
        about = {"kind": "log"} if log.header is None else of_header(log.header)
        return Described(log_facts(log), about, log)


def log_facts(log: Log) -> tuple[Fact, ...]:
    """Describe a log: the training, and the last number of each term."""
    facts = [Fact("file", f"{log.where}: log of a training")]
    if log.header is not None:
        if log.header.version:
            facts.append(Fact("made by", f"tcvae {log.header.version}, schema {log.header.schema}"))
        facts += [*settings_facts(log.header.settings), *data_facts(log.header.data)]
    if not log.lines:
        return (*facts, Fact("lines", "none yet"))
    until = "" if log.asked is None else f" of {log.asked:,}"
    terms = (f"{shortened(name, LONGEST_WORD)} {log.series(name)[1][-1]:,.6g}" for name in log.terms)
    return (
        *facts,
        Fact("lines", f"{len(log.lines):,}, up to step {log.steps[-1]:,}{until}"),
        Fact("last", ", ".join(terms)),
    )


def data_set_facts(data: "DataSet") -> tuple[Fact, ...]:
    """Describe an open data set."""
    described = data.description
    named = {name: few for name, few in data.class_names().items() if len(few) <= FEW_CLASSES}
    called = {name: f" ({', '.join(shortened(one, LONGEST_WORD) for one in few)})" for name, few in named.items()}
    if data.classes is not None and (values := data.factor_values()) is not None:
        for name, column, classes in zip(described.factor_names, values.T, data.classes.T, strict=True):
            if tells_more(column, classes):
                called[name] = f" (values from {np.nanmin(column):.6g} to {np.nanmax(column):.6g})"
    factors = zip(described.factor_names, described.factor_sizes, strict=True)
    size = " x ".join(map(str, described.image_shape))
    return (
        Fact("file", f"{display_name(data.path)}: data set"),
        Fact("name", described.name),
        Fact("images", f"{described.rows:,} {described.pixel_kind}, {size}"),
        Fact("factors", ", ".join(f"{name} {size}{called.get(name, '')}" for name, size in factors) or "none"),
        Fact("scored by mig", ", ".join(described.scored_factors) or "none"),
        Fact("sampling", "uniform" if data.probability is None else "biased (`probability`)"),
        Fact("provenance", described.provenance),
        Fact("digest", data.digest),
    )


def described_tensors(stream: BinaryIO, head: bytes, path: str) -> Described:
    """Describe a run, checkpoint, codes or traversal, of which HEAD was read already, in little memory."""
    contents = read_contents(stream, path, WHAT, head)
    skip_tensors(stream, contents)
    tensors = contents.tensors
    if contents.header is None:
        kind = "codes by a third party" if set(REQUIRED) <= set(tensors) else "safetensors without our header"
        told = (Fact("file", f"{display_name(path)}: {kind}"), shapes_fact(contents))
        return Described(told, of_tensors(contents, {"kind": kind}))
    header = read_header(contents.where, contents.header)
    kind = str(contents.header["kind"])
    if isinstance(header, CodesHeader) and len(tensors["mean"].shape if "mean" in tensors else ()) == 2:
        named = next((name for name in ("factor_classes", "factor_values") if name in tensors), None)
        labels = () if named is None else tensors[named].shape
        factors = {1: 1, 2: labels[-1]}.get(len(labels)) if labels else None
        check_described(header.data, tensors["mean"].shape[0], factors, contents.where)
    if isinstance(header, RunHeader) and "generator_state" in tensors:
        kind = "run (checkpoint: training can be resumed)"
    facts = [Fact("file", f"{display_name(path)}: {kind}")]
    if header.version:
        facts.append(Fact("made by", f"tcvae {header.version}, schema {header.schema}"))
    facts += header_facts(header)
    numbers = sum(math.prod(tensor.shape) for tensor in tensors.values())
    is_run = isinstance(header, RunHeader)
    facts.append(Fact("tensors", f"{len(tensors)}, {numbers:,} numbers") if is_run else shapes_fact(contents))
    return Described(tuple(facts), of_tensors(contents, of_header(header)))


def described_codes(stream: BinaryIO, head: bytes, path: str) -> Described:
    """Describe codes that are an npz or a table, of which HEAD was read already."""
    codes = codes_behind(stream, path, head, WHAT)
    arrays = {"mean": codes.mean, "log_std": codes.log_std, "factor_classes": codes.factor_classes}
    shapes = {name: list(array.shape) for name, array in arrays.items() if array is not None}
    facts = [Fact("file", f"{codes.where}: codes ({'npz' if head.startswith(ZIPPED) else 'a table'})")]
    facts += [] if codes.header is None else header_facts(codes.header)
    if codes.factor_names:
        facts.append(
            Fact("factors", ", ".join(shortened(one, LONGEST_WORD) for one in codes.factor_names[:MOST_TENSORS]))
        )
    facts.append(Fact("arrays", ", ".join(f"{name} {shape}" for name, shape in shapes.items())))
    about = {"kind": "codes"} if codes.header is None else of_header(codes.header)
    return Described(tuple(facts), {**about, "shapes": shapes})


def shapes_fact(contents: Contents) -> Fact:
    """Name the tensors of a file with their shapes."""
    shapes = [
        f"{shortened(name, LONGEST_WORD)} {list(tensor.shape)}" for name, tensor in sorted(contents.tensors.items())
    ]
    more = [f"{len(shapes) - MOST_TENSORS:,} more"] if len(shapes) > MOST_TENSORS else []
    return Fact("tensors", ", ".join(shapes[:MOST_TENSORS] + more))


def header_facts(header: RunHeader | CodesHeader | TraversalHeader) -> list[Fact]:
    """Tell the settings, data set and final terms of a header."""
    facts = settings_facts(header.settings)
    if header.step is not None:
        facts.append(Fact("step", f"{header.step:,}"))
    facts += data_facts(header.data)
    if isinstance(header, RunHeader) and header.final:
        facts += final_facts(header.final)
    if isinstance(header, TraversalHeader):
        facts += [Fact("title", header.title), Fact("start", header.start)]
    return facts


def settings_facts(settings: Header | None) -> list[Fact]:
    """Tell the settings of a header, if there are any, but for weights that its objective does not take."""
    given = settings or {}
    objective = OBJECTIVES.get(str(given.get("objective")))
    meant = {name: value for name, value in given.items() if objective is None or objective.takes(name)}
    told = [f"{name} {value}" for name, value in meant.items() if value is not None]
    return [Fact("settings", ", ".join(told))] if told else []


def data_facts(data: DataHeader) -> list[Fact]:
    """Tell what is remembered of a data set."""
    about = [data.name, f"{data.rows:,} images" if data.rows else "", data.provenance]
    known = ", ".join(part for part in about if part)
    facts = [Fact("data set", f"{data.path}: {known}" if data.path else known)] if known else []
    return facts + ([Fact("data digest", data.digest)] if data.digest else [])


def final_facts(final: Header) -> list[Fact]:
    """Tell the terms of a run at its end."""
    facts = []
    if final.get("elbo") is not None:
        facts.append(Fact("ELBO", f"{final['elbo']:.4f} nats over {final.get('images', 0):,} images"))
    if final.get("kl") is not None:
        facts.append(Fact("KL", f"{final['kl']:.4f} nats"))
    if final.get("total_correlation") is not None:
        text = f"{final['total_correlation']:.4f} nats over all images"
        if (guess := final.get("discriminator_total_correlation")) is not None:
            text += f"; the discriminator says {guess:.4f}"
        facts.append(Fact("TC", text))
    facts.append(Fact("KL per latent", " ".join(f"{kl:.3f}" for kl in final["kl_per_latent"])))
    return facts
