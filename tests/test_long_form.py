"""Results in long form: every number of a result in a row of its own, and formats in which a name is only a name."""

import csv
import io
import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tcvae_cli as tcvae
from helpers.result_lines import mig_line, tc_line
from tcvae_cli.cli.flags import Format
from tcvae_cli.cli.long_text import as_letters
from tcvae_cli.cli.tables import print_results
from tcvae_cli.progress import quiet
from tcvae_cli.results.long_form import COLUMNS, long_rows
from tcvae_cli.results.meanings import arrow

COMMAND = '\x1b[31m[red]\tx\ny \u202e,"|_$\\&{}#%^~<a>'


def codes() -> tcvae.Codes:
    """Return codes of 24 images, whose first latent tells the first factor; a label is missing, and a latent dead."""
    classes = np.indices((4, 6)).reshape(2, -1).T
    mean = np.stack([classes[:, 0] * 2.0, classes[:, 1] // 3 * 4.0, np.zeros(24)], axis=1)
    classes[-1, 1] = -1
    return tcvae.Codes.of(mean, np.full((24, 3), -2.0), classes)


def records() -> list[dict[str, Any]]:
    """Return a result of every kind that has numbers."""
    first = codes()
    migs = [mig_line("vae", 1, seed, 0.1 + seed / 50) for seed in range(5)]
    migs += [mig_line("beta-tcvae", 6, seed, 0.3 + seed / 50) for seed in range(5)]
    results = [
        tcvae.mig(first, note=quiet),
        tcvae.decompose(first),
        tcvae.match(first, codes()),
        *tcvae.scores([first, codes()], ["kim-mnih", "sap-r2", "modularity", "irs", "udr"], note=quiet),
    ]
    compared = tcvae.compare([*migs, *(tc_line(line, 0.5, -9.0) for line in migs)], published="dsprites", note=quiet)
    return [*(result.record() for result in results), *compared.records()]


def numbers_of(value: Any, key: str = "") -> Iterator[float]:
    """Yield every number of a result but those that say how a run was made and which latents are active."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("schema", "settings", "seed", "other", "latent", "active_latents"):
                yield from numbers_of(inner, name)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from numbers_of(inner, key)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def test_every_number_of_a_result_has_a_row() -> None:
    for record in records():
        rows = list(long_rows(record, "of.codes"))
        found = Counter(row["value"] for row in rows if row["key"] != "active_latents")
        assert found == Counter(numbers_of(record)), record["kind"]
        assert {tuple(row) for row in rows} == {COLUMNS}
        names = [tuple(row[name] for name in COLUMNS if name not in ("value", "unit")) for row in rows]
        assert len(set(names)) == len(names), record["kind"]


def test_rows_say_what_a_number_is_of() -> None:
    mig = {
        (row["key"], row["factor"], row["latent"]): row for row in long_rows(tcvae.mig(codes(), note=quiet).record())
    }
    assert mig["mutual_information", "factor_0", "z0"]["value"] == pytest.approx(math.log(4))
    assert mig["mutual_information", "factor_0", "z0"]["unit"] == "nats"
    assert [mig["rows_used", factor, ""]["value"] for factor in ("factor_0", "factor_1")] == [24, 23]
    (score,) = tcvae.scores([codes()], ["irs"], note=quiet)
    assert [row["latent"] for row in long_rows(score.record()) if row["key"] == "parts.irs_per_latent"] == ["z0", "z1"]
    compared = tcvae.compare([tc_line(mig_line("vae", 1, 0, 0.1), 0.5, -9.0)], note=quiet).records()[0]
    (mean,) = (row for row in long_rows(compared) if row["key"] == "mean")
    assert (mean["measure"], mean["setting"], mean["unit"]) == ("total_correlation", "VAE", "nats")


def test_only_the_ends_of_an_interval_are_low_and_high() -> None:
    record = {"kind": "score", "interval": [0.1, 0.3], "parts": {"likeness": [1.0, 0.5]}}
    keys = {row["value"]: row["key"] for row in long_rows(record)}
    ends = {0.1: "interval.low", 0.3: "interval.high"}
    assert keys == {**ends, 1.0: "parts.likeness.0", 0.5: "parts.likeness.1"}  # of two codes


def test_arrows_point_at_the_better_number() -> None:
    quantities = ("mig", "dci parts.completeness", "dci", "total_correlation", "jemmig", "analytic_kl", "parts.chance")
    assert list(map(arrow, quantities)) == ["↑", "↑", "↑", "↓", "↓", "", ""]


def written(chosen: Format, capsys: pytest.CaptureFixture[str]) -> str:
    record = {"kind": COMMAND, "factors": [COMMAND, "b"], "gap_per_factor": [1 / 3, 1e-12], "latents": 2}
    print_results([record], chosen, lambda: None, [COMMAND])
    text = capsys.readouterr().out
    assert all(letter.isprintable() for letter in text.replace("\n", "").replace("\t", ""))
    return text


def test_a_cell_of_tsv_and_csv_is_one_cell(capsys: pytest.CaptureFixture[str]) -> None:
    for chosen, separator in ((Format.TSV, "\t"), (Format.CSV, ",")):
        text = written(chosen, capsys)
        quoting = csv.QUOTE_NONE if chosen is Format.TSV else csv.QUOTE_MINIMAL
        head, *rows = csv.reader(io.StringIO(text), delimiter=separator, quoting=quoting)
        assert tuple(head) == COLUMNS
        assert [len(row) for row in rows] == [len(COLUMNS)] * 3
        assert [float(row[COLUMNS.index("value")]) for row in rows] == [1 / 3, 1e-12, 2]
        assert rows[0][0].startswith("\\x1b[31m[red]\\tx\\ny")


def test_names_are_only_letters_in_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    head, line, *rows = written(Format.MARKDOWN, capsys).splitlines()
    assert head == "| kind | run | key | factor | value | unit |"
    assert line == "|---|---|---|---|---:|---|"
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [7, 7, 7]
    assert "gap\\_per\\_factor" in rows[0]
    assert "\\<a\\>" in rows[0]
    assert "| 0.333333 |" in rows[0]


def test_names_are_only_letters_in_latex(capsys: pytest.CaptureFixture[str]) -> None:
    kind, run, begin, *rows, end = written(Format.LATEX, capsys).splitlines()
    assert kind.startswith("% kind: \\x1b[31m[red]\\tx\\ny")  # a comment, in which a letter is a letter
    assert run.startswith("% run: ")
    assert (begin, end) == ("\\begin{tabular}{llrl}", "\\end{tabular}")
    bodies = [row.removesuffix(" \\\\") for row in rows if row != "\\hline"]
    assert [body.split(" & ")[-2] for body in bodies] == ["value", "$0.333333$", r"$1 \times 10^{-12}$", "$2$"]
    plain = [re.sub(r"\\(text[a-z]+\{\}|[#$%&_{}])|\{[][*]\}|\$[^$]*\$", "", body) for body in bodies]
    assert [body.count(" & ") for body in plain] == [3, 3, 3, 3]
    assert not any(re.search(r"[\\#$%_{}~^<>|[*]|&(?! )", body) for body in plain)


@pytest.mark.parametrize(
    ("text", "in_latex"),
    [
        ("a---b ''c'' d,,", "a-{}-{}-b '{}'c'{}' d,{},"),  # no dash, no quotation marks
        ("*[x]`", r"{*}{[}x{]}\textasciigrave{}"),
        ("θ ≤ −∞", r"$\theta$ $\leq$ $-$$\infty$"),
        ("e\u0301ø", "éø"),  # as file names of macOS have it
    ],
)
def test_letters_that_latex_would_change_or_not_know(text: str, in_latex: str) -> None:
    assert as_letters(text) == in_latex


def test_what_is_the_same_in_all_rows_stands_above_a_table_of_latex(capsys: pytest.CaptureFixture[str]) -> None:
    compared = tcvae.compare([mig_line(name, 1, 0, 0.25) for name in ("vae", "beta-tcvae")], note=quiet)
    print_results(compared.records(), Format.LATEX, lambda: None)
    comments = [line for line in capsys.readouterr().out.splitlines() if line.startswith("%")]
    assert comments == ["% kind: compare", "% data_set: dsprites (rendered)", "% measure: mig", "% estimator: exact"]


def test_json_is_the_default_of_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    print_results([{"kind": "mig", "mig": 0.5}], None, lambda: None)
    assert json.loads(capsys.readouterr().out) == {"kind": "mig", "mig": 0.5}
