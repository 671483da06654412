"""Results by what made them and how they were measured: runs that differ in their seed only stand together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tcvae_cli.errors import TcvaeError, UsageError
from tcvae_cli.files.provenance import canonical_json
from tcvae_cli.results.line import Line
from tcvae_cli.results.methods import data_set_of, setting_order

VALUES = {"mig": "mig", "estimate-tc": "total_correlation", "score": "score"}  # what a kind of result is known by
NOT_SETTINGS = ("seed", "precision")
MEASURING = ("factors", "per_vote", "train", "test", "bins", "samples", "batch_size")  # how, beside the estimator


@dataclass(frozen=True)
class Group:
    """The values of one quantity for the runs of one setting, in the order given."""

    quantity: str  # mig, total_correlation, higgins, ...
    estimator: str
    data_set: str
    setting: str
    values: list[float]


def group_values(results: Sequence[Line], wanted: str | None) -> list[Group]:
    """Groups in order of quantity, estimator, data set and setting (figures' order).

    WANTED names another number of the results than VALUES does, such as mig_sup or parts.completeness. TcvaeError for a
    run given twice, and where nothing can be compared; UsageError where no result has WANTED.
    """
    keyed: dict[tuple[str, str, str], list[tuple[Line, float]]] = {}
    for result in results:
        key = wanted or VALUES.get(str(result["kind"]))
        value = None if key is None else result.number_or_none(key)
        if key is None or value is None:
            continue
        quantity = " ".join(filter(None, (str(result.get("measure") or ""), "" if key == "score" else key)))
        keyed.setdefault((quantity, str(result["estimator"]), data_set_of(result)), []).append((result, value))
    if not keyed and wanted:
        raise UsageError("--value", f"no result has a number {wanted!r}", "name one that the lines hold")
    if not keyed:
        raise TcvaeError("results", f"have no {', '.join(VALUES)} among them", "make some with --format json")
    groups = []
    for (quantity, estimator, data_set), some in sorted(keyed.items(), key=lambda item: item[0]):
        refuse_repeats([result for result, _ in some], run_and_way)
        names = name_settings([result for result, _ in some])
        for name in sorted(set(names)):
            values = [value for (_, value), own in zip(some, names, strict=True) if own == name]
            groups.append(Group(quantity, estimator, data_set, name[-1], values))
    return groups


def name_settings(results: Sequence[Line]) -> list[tuple[int, float, str]]:
    """Where each result's setting stands and its name.

    The name is objective and beta, then what else differs between such runs, then in what way they were measured, if
    any two of the results differ in that.
    """
    settings = [result.settings for result in results]
    orders = [setting_order(one) if one else (99, 0.0, "settings unknown") for one in settings]
    trained: set[str] = set()
    for order in set(orders):
        alike = [one for one, own in zip(settings, orders, strict=True) if own == order]
        trained |= differing(alike, {key for one in alike for key in one}.difference(NOT_SETTINGS))
    measured = differing(results, set(MEASURING))
    return [
        (*order[:2], ", ".join([order[2], *described(one, sorted(trained)), *described(result, sorted(measured))]))
        for result, one, order in zip(results, settings, orders, strict=True)
    ]


def differing(objects: Sequence[dict[str, object]], keys: set[str]) -> set[str]:
    """Those of the keys that do not have one value in all objects; a missing key is null."""
    return {key for key in keys if len({canonical_json(one.get(key)) for one in objects}) > 1}


def described(one: dict[str, object], keys: Sequence[str]) -> list[str]:
    """Each of the keys that has a value, with it: "per_vote 5", "factors posX posY"."""
    values = {key: one[key] for key in keys if one.get(key) is not None}
    return [f"{key} {' '.join(map(written, v)) if isinstance(v, list) else written(v)}" for key, v in values.items()]


def written(value: object) -> str:
    """A setting as text: 1 for 1.0, to full precision."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def refuse_repeats(results: Sequence[Line], identity: Callable[[Line], object]) -> None:
    """Refuse a result given twice: it would count as two. A third party's codes cannot be told apart."""
    seen: dict[str, str] = {}
    for result in results:
        own = canonical_json(identity(result))
        if result.settings and seen.setdefault(own, result.where) != result.where:
            raise TcvaeError(result.where, f"repeats {seen[own]}", "give each once")


def run_and_way(result: Line) -> list[object]:
    """What tells measured runs apart: not the seed of the measuring."""
    return [result.get(key) for key in ("data_digest", "step", "settings", *MEASURING)]
