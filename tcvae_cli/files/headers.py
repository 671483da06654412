"""What our files say of themselves: one frozen record for each kind of header, all of them read and checked here.

`schema` and `version` tell what a header was read from; `record()` is what this version writes.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.fields import Fields, is_count, is_final, is_image_shape, is_text
from tcvae_cli.files.names import LONGEST_PATH, check_names, check_settings, cut_provenance
from tcvae_cli.files.provenance import Header
from tcvae_cli.text import LONGEST_PROSE
from tcvae_cli.version import __version__

# The newest schema of each kind of file. Older ones are still read.
SCHEMAS = {"data set": 1, "run": 2, "codes": 1, "traversal": 1, "log": 1}
WRITERS = {
    "data set": "`tcvae prepare`",
    "run": "`tcvae train`",
    "codes": "`tcvae encode`",
    "traversal": "`tcvae traverse`",
    "log": "`tcvae train` as {log}",
}
CURES = {
    "run": "train it again",
    "codes": "encode it again",
    "traversal": "make it again",
    "log": "leave its first line out",
}
POSTERIORS = ("normal", "laplace")
PRIORS = ("normal", "laplace", "flow")


@dataclass(frozen=True)
class DataHeader:
    """What a file remembers of its data set. Codes by a third party may say less: that is empty then, or 0 rows."""

    path: str = ""  # as typed
    digest: str = ""
    name: str = ""
    rows: int = 0
    image_shape: tuple[int, ...] = ()  # (height, width) or (height, width, 3)
    pixel_kind: str = ""
    factor_names: tuple[str, ...] = ()
    factor_sizes: tuple[int, ...] = ()
    scored_factors: tuple[str, ...] = ()
    provenance: str = ""
    bias: tuple[str, ...] | None = None  # the joint distribution that images are drawn from and its two factors


@dataclass(frozen=True)
class RunHeader:
    """What a run says of itself. `final` holds the terms of the ELBO in the end, None in a checkpoint."""

    settings: Header
    data: DataHeader
    step: int
    final: Header | None = None
    processes: int = 1  # that shared each batch
    schema: int = SCHEMAS["run"]
    version: str = __version__

    def record(self) -> Header:
        """Return the header as JSON holds it."""
        return new_header(
            "run",
            settings=self.settings,
            data=asdict(self.data),
            processes=self.processes,
            step=self.step,
            final=self.final,
        )


@dataclass(frozen=True)
class CodesHeader:
    """What codes say of themselves; None is what a third party left out."""

    posterior: str = "normal"
    prior: str = "normal"
    settings: Header | None = None
    step: int | None = None
    seed: int | None = None  # of the sample behind log p(x|z)
    data: DataHeader = field(default_factory=DataHeader)
    schema: int = SCHEMAS["codes"]
    version: str = __version__

    def record(self) -> Header:
        """Return the header as JSON holds it."""
        return new_header(
            "codes",
            posterior=self.posterior,
            prior=self.prior,
            settings=self.settings,
            step=self.step,
            seed=self.seed,
            data=told(self.data),
        )


@dataclass(frozen=True)
class TraversalHeader:
    """What the arrays of a traversal say of themselves."""

    title: str
    start: str
    settings: Header
    step: int | None
    data: DataHeader
    schema: int = SCHEMAS["traversal"]
    version: str = __version__

    def record(self) -> Header:
        """Return the header as JSON holds it."""
        return new_header(
            "traversal",
            title=self.title,
            start=self.start,
            settings=self.settings,
            step=self.step,
            data=asdict(self.data),
        )


@dataclass(frozen=True)
class LogHeader:
    """What the first line of a log says of the training that writes it."""

    settings: Header
    data: DataHeader
    processes: int = 1
    schema: int = SCHEMAS["log"]
    version: str = __version__

    def record(self) -> Header:
        """Return the header as JSON holds it."""
        return new_header("log", settings=self.settings, data=asdict(self.data), processes=self.processes)


def new_header(kind: str, **content: object) -> Header:
    """Return a header of this KIND as JSON holds it: its first keys are the kind, the newest schema and our version."""
    return {"kind": kind, "schema": SCHEMAS[kind], "version": __version__, **content}


def told(data: DataHeader) -> Header:
    """Return what a data header says, as JSON holds it, without what a third party's codes left out."""
    record = asdict(data)
    return record if data.path else {name: value for name, value in record.items() if value}


def read_header(where: str, header: Header) -> RunHeader | CodesHeader | TraversalHeader:
    """Return the header of a file of tensors of whatever kind, checked."""
    kind = header.get("kind")
    if kind == "run":
        return run_header(where, header)
    if kind == "codes":
        return codes_header(where, header)
    if kind == "traversal":
        return traversal_header(where, header)
    raise TcvaeError(where, f"is a {kind} file, which this version does not know", "upgrade tcvae")


def check_kind(where: str, header: Mapping[str, Any], kind: str, made_by: str | None = None) -> None:
    """Refuse a file that is not of this KIND, or of a newer schema, or of one that no version wrote."""
    made_by = made_by or WRITERS[kind]
    if header.get("kind") != kind:
        raise TcvaeError(where, f"is a {header.get('kind')} file, not a {kind} file", f"give one made by {made_by}")
    schema, newest = header.get("schema"), SCHEMAS[kind]
    if type(schema) is not int or schema < 1:
        said = "no schema" if schema is None else f"the schema {schema!r}, which no version wrote"
        raise TcvaeError(where, f"has {said}", f"give one made by {made_by}, or write schema {newest} into it")
    if schema > newest:
        raise TcvaeError(where, f"has schema {schema}, this version reads up to {newest}", "upgrade tcvae")


def fields_of(where: str, header: Header, kind: str, made_by: str | None = None) -> Fields:
    """Return the fields of a header of this KIND, as which it is checked."""
    check_kind(where, header, kind, made_by)
    return Fields(where, header, CURES[kind])


def run_header(where: str, header: Header, made_by: str | None = None) -> RunHeader:
    """Return the header of a run, checked. Schema 1 also has `image_shape` at its top, which the data set's repeats."""
    fields = fields_of(where, header, "run", made_by)
    for name in ("settings", "data"):
        fields.required(name, lambda value: value is not None)
    data = data_header(fields.object("data"))
    if (
        not all((data.path, data.digest, data.name, data.rows, data.image_shape))
        or data.image_shape[0] != data.image_shape[1]
    ):
        raise fields.fault()
    if header.get("final") is not None and not is_final(fields.object("final").values):
        raise fields.fault()
    return RunHeader(
        settings=settings_in(fields),
        data=data,
        step=fields.required("step", is_count),
        final=header.get("final"),
        processes=fields.optional("processes", is_count, 1),
        schema=header["schema"],
        version=fields.text("version"),
    )


def codes_header(where: str, header: Header) -> CodesHeader:
    """Return the header of codes, checked."""
    fields = fields_of(where, header, "codes")
    return CodesHeader(
        posterior=fields.family("posterior", POSTERIORS),
        prior=fields.family("prior", PRIORS),
        settings=None if header.get("settings") is None else settings_in(fields),
        step=fields.optional("step", is_count),
        seed=fields.optional("seed", is_count),
        data=data_header(fields.object("data")),
        schema=header["schema"],
        version=fields.text("version"),
    )


def traversal_header(where: str, header: Header) -> TraversalHeader:
    """Return the header of a traversal, checked."""
    fields = fields_of(where, header, "traversal")
    return TraversalHeader(
        title=fields.text("title", LONGEST_PROSE),
        start=fields.text("start"),
        settings=settings_in(fields),
        step=fields.optional("step", is_count),
        data=data_header(fields.object("data")),
        schema=header["schema"],
        version=fields.text("version"),
    )


def log_header(where: str, header: Header) -> LogHeader:
    """Return the header of a log, checked."""
    fields = fields_of(where, header, "log")
    return LogHeader(
        settings=settings_in(fields),
        data=data_header(fields.object("data")),
        processes=fields.optional("processes", is_count, 1),
        schema=header["schema"],
        version=fields.text("version"),
    )


def settings_in(fields: Fields) -> Header:
    """Return the settings in a header, empty where there are none, checked for their number and length only."""
    settings = dict(fields.object("settings").values)
    check_settings(settings, fields.where, fields.cure)
    return settings


def data_header(fields: Fields) -> DataHeader:
    """Return what a file remembers of its data set, checked."""
    names, scored = fields.texts("factor_names"), fields.texts("scored_factors")
    sizes = fields.values.get("factor_sizes") or []
    if names and not set(scored) <= set(names):
        raise fields.fault("its header does not name each of its factors once")
    if not (
        isinstance(sizes, list) and all(map(is_count, sizes)) and (len(sizes) == len(names) or not names or not sizes)
    ):
        raise fields.fault("its header does not give the size of each of its factors")
    bias = fields.optional("bias", lambda value: isinstance(value, list) and all(map(is_text, value)))
    check_names(bias or (), fields.where, fields.cure)
    return DataHeader(
        path=fields.text("path", LONGEST_PATH),
        digest=fields.text("digest"),
        name=fields.text("name"),
        rows=fields.optional("rows", is_count, 0),
        image_shape=tuple(fields.optional("image_shape", is_image_shape, ())),
        pixel_kind=fields.text("pixel_kind"),
        factor_names=names,
        factor_sizes=tuple(sizes),
        scored_factors=scored,
        provenance=cut_provenance(fields.optional("provenance", is_text, "")),
        bias=None if bias is None else tuple(bias),
    )
