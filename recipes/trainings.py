"""How the methods of a figure were trained, beside each other: what differs as a table, what is equal as a sentence."""

from collections.abc import Mapping, Sequence

from markdown_page import literal, table

from tcvae_cli.results import Line, Setting, written

DATA_SET = "data set"
DISCRIMINATOR = "The discriminator of FactorVAE sees as many images again."


def trainings(by_name: Mapping[str, Sequence[Line]]) -> str:
    """Return as Markdown how the runs of each data set were trained, "" if none was; methods trained alike are a row.

    What is the same in all rows stands below the table, if there are several.
    """
    runs = [(name, line.settings) for name, lines in by_name.items() for line in lines if line.settings.get("steps")]
    if not runs:
        return ""
    rows: dict[tuple[str, ...], set[Setting]] = {}
    for name, settings in runs:
        rows.setdefault((name, *budget(settings).values()), set()).add(Setting(str(settings["objective"])))
    names = DATA_SET, *budget(runs[0][1])
    by_size = {row: [(len(cell), cell) for cell in row] for row in rows}  # of numbers, the shorter one is the smaller
    ordered = sorted(rows, key=lambda row: (row[0], min(rows[row]), by_size[row]))
    differing = [place for place in range(len(names)) if len({row[place] for row in rows}) > 1]
    equal = [
        f"{name} {literal(ordered[0][place])}"
        for place, name in enumerate(names)
        if place not in differing and name != DATA_SET
    ]
    said = [f"{'Equal in all runs' if differing else 'All runs'}: {', '.join(equal)}."] if equal else []
    if any(setting.objective == "factorvae" for of_row in rows.values() for setting in of_row):
        said.append(DISCRIMINATOR)
    head = ("method", *(names[place] for place in differing))
    cells = [(titles(rows[row]), *(row[place] for place in differing)) for row in ordered]
    return "\n\n".join([table(head, cells)] * bool(differing) + [" ".join(said)] * bool(said))


def budget(settings: Line) -> dict[str, str]:
    """Return what a run was trained with, and for how long, in words."""
    steps, batch = (int(settings.number(key)) for key in ("steps", "batch_size"))
    return {
        "network": told(settings, "architecture"),
        "latents": told(settings, "latents"),
        "steps": f"{steps:,}",
        "images a step": f"{batch:,}",
        "images seen (at most)": f"{steps * batch:,}",  # the last batch of an epoch may be smaller
        "precision": told(settings, "precision"),
        "learning rate": told(settings, "learning_rate"),
    }


def told(settings: Line, key: str) -> str:
    """Return a setting in words, which an older line may lack."""
    return written(settings[key]) if key in settings else "not told"


def titles(methods: set[Setting]) -> str:
    """Return the names of methods in their order."""
    return ", ".join(one.title for one in sorted(methods))
