"""What a picture of one run calls it."""

from tcvae_cli.errors import printable
from tcvae_cli.results.data_sets import data_set_in_words
from tcvae_cli.results.line import Line
from tcvae_cli.results.setting import setting_of


def run_name(settings: Line) -> str:
    """Name a run by its SETTINGS: "beta-TCVAE, β = 6, seed 0"."""
    seed = f", seed {settings['seed']}" if settings.get("seed") is not None else ""
    return printable(setting_of(settings).label + seed)


def run_in_words(settings: Line, name: str | None, origin: str | None, rows: int | None) -> str:
    """Name a run by its SETTINGS and its data set: "beta-TCVAE, β = 6, seed 0 · dSprites, 46,080 of 737,280 images".

    NAME, ORIGIN (the provenance) and ROWS are those of the data set, as far as they are known.
    """
    data_set = data_set_in_words(name, origin, rows) if name else "data set unknown"
    return f"{run_name(settings)} · {data_set}"
