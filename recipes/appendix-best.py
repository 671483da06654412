"""Appendix: the best run of each method of figure 3. Also writes the folders of these runs to NAME.runs."""

from collections.abc import Sequence
from pathlib import Path

from captions import LATENTS
from markdown_page import table
from pages import errors_in_one_line, is_there, make_page, paths_for, scores_by_data_set, stem_given

from tcvae_cli.results import Setting, Table, read_results, setting_of


def body(results: Table) -> str:
    """Return the best of each setting."""
    rows = [
        (data_set, setting.name, len(values), values[-1])
        for data_set, scores in scores_by_data_set(results)
        for setting, values in scores.items()
    ]
    return (
        "The paper draws the best run of each method for the eye to compare, and claims nothing of them that figure 3 "
        "does not. The best of each setting by MIG, drawn below:\n\n"
        + table(("data set", "setting", "runs", "best MIG"), rows)
    )


def best_runs(paths: Sequence[Path]) -> list[Path]:
    """Return the folder of the best run of each setting, of equals the first; in the settings' order."""
    best: dict[Setting, tuple[float, Path]] = {}
    for path in paths:
        for result in read_results(str(path)):
            if result["kind"] != "mig":
                continue
            setting, mig = setting_of(result.part("settings")), result.number("mig")
            if setting not in best or mig > best[setting][0]:
                best[setting] = (mig, path.parent)
    return [best[setting][1] for setting in sorted(best)]


if __name__ == "__main__":
    make_page("Appendix: the best run of each method", body, caption=LATENTS)
    with errors_in_one_line():
        stem = stem_given()
        found = [path for path in map(Path, paths_for(stem)) if is_there(path)]
        stem.with_suffix(".runs").write_text("".join(f"{folder}\n" for folder in best_runs(found)))
