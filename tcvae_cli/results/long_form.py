"""Results in long form: one number a row, with all that tells it from others, as spreadsheets and data frames have it.

Some rows of `tcvae mig`, but for the columns that say what they are about:

    key                 factor  latent  value  unit
    mig                                 0.46
    gap_per_factor      scale           0.7
    mutual_information  scale   z0      1.0    nats
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tcvae_cli.results.line import Line
from tcvae_cli.results.meanings import unit_of
from tcvae_cli.results.setting import setting_of

Row = dict[str, Any]
PLACES = ("factor", "latent", "against")
COLUMNS = (
    *("kind", "run", "data_set", "setting", "seed", "measure", "estimator"),
    *("key", *PLACES, "value", "unit"),
)
OF_QUANTITY = {  # what `compare` tells in the unit of the quantity that it compares
    *("mean", "mean_interval", "minimum", "lower_quartile", "median", "upper_quartile", "maximum"),
    *("spread", "values", "shift", "shift_interval"),
}
TOLD = {"kind", "schema", "seed", "settings", "bias", "other"}  # in the first columns, or how the run was made
OF_FACTORS = ("winner", "runner_up", "factor_entropy", "ceiling", "rows_used", "train", "test")


def long_rows(record: Mapping[str, Any], run: str = "") -> Iterator[Row]:
    """Yield the numbers of a result line as rows of COLUMNS; RUN is what the codes or the run are called.

    A number that is null has no row. Names of factors and latents stand where a number is of one; `against` is the
    other setting or latent where it is of two.
    """
    settings = Line(dict(record.get("settings") or {}), "result")
    about = {
        "kind": record["kind"],
        "run": str(record.get("codes") or record.get("source") or run),
        "data_set": record.get("data_set") or "",
        "setting": record.get("setting") or (setting_of(settings).name if settings else ""),
        "seed": settings.get("seed", ""),
        "measure": record.get("measure") or record.get("quantity") or "",
        "estimator": record.get("estimator") or "",
    }
    empty = dict.fromkeys(PLACES, "")
    for key, value in record.items():
        if key not in TOLD:
            for name, places, number in numbers_in(key, value, record):
                of_quantity = OF_QUANTITY.intersection(name.split(".")) and record.get("quantity")
                unit = unit_of(str(record["kind"]), str(of_quantity or name))
                yield about | {"key": name, **empty, **places, "value": number, "unit": unit}


def numbers_in(key: str, value: Any, record: Mapping[str, Any]) -> Iterator[tuple[str, Row, float]]:
    """Yield each number of the VALUE under a KEY, with its own key and the factor, latent or other that it is of."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield key, {}, value
    elif key == "active_latents":
        yield key, {}, len(value)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from numbers_in(f"{key}.{name}", inner, record)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        axis, *others = axes_of(key, value)
        for name, inner in zip(names_along(axis, len(value), record), value, strict=True):
            if isinstance(inner, Mapping):
                yield from numbers_of_two(key, inner, record)
            elif axis not in PLACES:
                yield from numbers_in(f"{key}.{name}", inner, record)
            elif not others:
                yield from ((own, {axis: name}, number) for own, _, number in numbers_in(key, inner, record))
            else:
                for across, number in zip(names_along(others[0], len(inner), record), inner, strict=True):
                    yield key, {axis: name, others[0]: across}, number


def axes_of(key: str, value: Sequence[Any]) -> tuple[str, ...]:
    """Return what the numbers of a list are of, or of a list of lists: "end" of an interval, "" without a name."""
    last = key.rpartition(".")[2]
    if value and isinstance(value[0], Sequence) and not isinstance(value[0], str):
        return ("latent", "factor") if last == "votes" else ("factor", "latent")
    if last.endswith("_per_latent") or last == "marginal_entropy":
        return ("latent",)
    if last.endswith("interval"):
        return ("end",)
    return ("factor",) if last.endswith("_per_factor") or last in OF_FACTORS else ("",)


def names_along(axis: str, length: int, record: Mapping[str, Any]) -> list[str]:
    """Return what the LENGTH numbers along an axis are called: by all factors or latents, or by active latents."""
    if axis == "factor":
        return list(record["factors"])
    if axis == "latent":
        return [f"z{latent}" for latent in (range(length) if length == record["latents"] else record["active_latents"])]
    return ["low", "high"] if axis == "end" else [str(place) for place in range(length)]


def numbers_of_two(key: str, value: Mapping[str, Any], record: Mapping[str, Any]) -> Iterator[tuple[str, Row, float]]:
    """Yield the numbers of a setting against another, as `compare` has them, or of a pair of latents of `match`."""
    if "setting" in value:
        places = {"against": value["setting"]}
    else:
        places = {"latent": f"z{value['latent']}", "against": f"z{value['other']}"}
    for name, inner in value.items():
        if name not in ("setting", "latent", "other"):
            yield from ((own, places, number) for own, _, number in numbers_in(f"{key}.{name}", inner, record))
