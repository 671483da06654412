"""Logs of trainings as files: what is read of them, what is refused, and how they go on when a training does."""

import csv
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.command import call
from helpers.waiting import PATIENCE
from tcvae_cli import TcvaeError, describe, figures, read_results
from tcvae_cli.files.headers import DataHeader, LogHeader
from tcvae_cli.files.logs import log_in, log_so_far, read_log
from tcvae_cli.training.log import log_file
from tcvae_cli.verbs.described import Fact

HEADER = LogHeader({"objective": "vae", "steps": 300}, DataHeader("d.h5", "sha256:0", "toys", 7, (64, 64)))
LINES = [{"step": 100, "elbo": -3.5}, {"step": 200, "elbo": -2.0, "exact": {"mig": 0.25, "images": None}}]


def content(*records: Any) -> bytes:
    """Return lines of JSON."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def test_a_log_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with log_file(str(path), HEADER, 0) as write:
        for line in (*LINES, {"step": 300, "elbo": float("nan")}):  # which JSON does not have
            write(line)
    log = read_log(path)
    assert (log.header, log.steps, log.terms) == (HEADER, (100, 200), ("elbo", "exact.mig"))
    assert log.series("elbo") == ([100, 200], [-3.5, -2.0])
    assert log.series("exact.mig") == ([200], [0.25])
    assert log.series("kl") == ([], [])


def test_a_training_that_goes_on_keeps_the_lines_of_the_steps_done(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(content(HEADER.record(), *LINES) + b'{"step":30')
    longer = LogHeader({"objective": "vae", "steps": 400}, HEADER.data)
    with log_file(str(path), longer, 100) as write:
        write({"step": 200, "elbo": -1.0})
    log = read_log(path)
    assert (log.header, log.steps, log.series("elbo")[1]) == (longer, (100, 200), [-3.5, -1.0])


@pytest.mark.parametrize("log", [content(*LINES), content(*LINES) + b'{"step":30', b"\xef\xbb\xbf" + content(*LINES)])
def test_older_logs_and_those_that_are_being_written_are_read(log: bytes) -> None:
    assert log_in(log, "log.jsonl").header is None
    assert log_in(log, "log.jsonl").steps == (100, 200)


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (b"no json\n", "line 1: is not JSON"),
        (b"\x89HDF\r\n\x1a\n" + bytes(600), "log.jsonl: is an HDF5 file, not a log of a training"),
        (b"[1]\n", "line 1: is not an object"),
        (b'{"step":1,"step":2}\n', "has the key 'step' twice"),
        (b'{"step":1,"elbo":NaN}\n', "holds NaN"),
        (b'{"step":100', "has no line of a log"),
        (content({"elbo": 1.0}), "has no step"),
        (content({"step": -1}), "line 1: has no step"),
        (content(HEADER.record(), *LINES, HEADER.record()), "line 4: begins another log"),
        (content({"step": 1, "elbo": -1e200}), "beyond 1e+100"),
        (content({"step": 1, "elbo": "much"}), "is not a number"),
        (content({"step": 1, "elbo": True}), "is not a number"),
        (content({"step": 1, "elbo" * 20: 1.0}), "key is too long"),
        (content({"step": 1, **{f"{k}": 1.0 for k in range(1_001)}}), "more than 1,000 numbers"),
        (content({"kind": "mig", "schema": 2, "mig": 0.5}), "holds results, no log"),
        (content({"kind": "run", "schema": 2}), "is a run file"),
        (content({"kind": "log", "schema": 99}), "upgrade tcvae"),
        (content({"kind": "log", "schema": 1, "settings": []}), "is not an object"),
        (content({"kind": "log", "schema": 1, "settings": {"objective": "a" * 999}}), "999"),
    ],
)
def test_what_is_no_log_is_refused_in_one_line(log: bytes, said: str) -> None:
    with pytest.raises(TcvaeError) as refused:
        log_in(log, "log.jsonl")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_log_is_described_and_is_no_result(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(content(HEADER.record(), *LINES))
    facts = {fact.name: fact.value for fact in describe(path).facts}
    assert facts["lines"] == "2, up to step 200 of 300"
    assert facts["last"] == "elbo -2, exact.mig 0.25"
    path.write_bytes(content(HEADER.record(), *LINES, {"step": 300, "kl": 1.5}))
    assert describe(path).facts[-1].value == "elbo -2, exact.mig 0.25, kl 1.5"
    assert facts["settings"] == "objective vae, steps 300"
    with pytest.raises(TcvaeError, match="is of a log"):
        read_results(path)


def test_a_log_with_no_lines_yet_is_described(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(content(HEADER.record()))
    assert describe(path).facts[-1] == Fact("lines", "none yet")


def a_log(path: Path, objective: str, until: int, seed: int = 0) -> Path:
    """Write a log of 300 steps that has lines up to one of them."""
    header = LogHeader({"objective": objective, "beta": 4.0, "steps": 300, "seed": seed}, HEADER.data)
    lines = [{"step": step, "elbo": -1e6 / step**2 - seed, "loss": 1.0} for step in range(10, until + 1, 10)]
    path.write_bytes(content(header.record(), *lines))
    return path


def test_a_figure_has_a_panel_for_each_term_and_a_line_for_each_log(tmp_path: Path) -> None:
    logs = [
        read_log(a_log(tmp_path / "a", "beta-vae", 300)),
        read_log(a_log(tmp_path / "b", "beta-vae", 300, seed=1)),
        log_in(content(HEADER.record(), *LINES), "c"),
        log_in(content(*LINES), "d"),
    ]
    figure = figures.log(logs)
    assert [panel.get_title(loc="left") for panel in figure.axes] == ["ELBO (nats)", "MIG, exact"]
    lines = figure.axes[0].get_lines()
    assert [list(line.get_ydata()) for line in lines] == [one.series("elbo")[1] for one in logs]
    assert lines[0].get_color() == lines[1].get_color() != lines[2].get_color()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["beta-VAE, β = 4", "VAE", "d"]
    low, high = figure.axes[0].get_ylim()
    assert -10_000 < low < -1e6 / 40**2  # not -10,000, of the first steps, which are cut off
    assert high > -1
    assert [panel.get_title(loc="left") for panel in figures.log(logs, ["loss"]).axes] == ["loss (nats)"]


def test_what_cannot_be_drawn_of_logs(tmp_path: Path) -> None:
    log = log_in(content(HEADER.record(), *LINES), "c")
    for logs, terms, said in (
        ([], None, "a figure shows 1 to 100"),
        ([log] * 101, None, "a figure shows 1 to 100"),
        ([log], ["elb"], "no log has 'elb'; did you mean elbo\\? There are elbo, exact.mig"),
        ([log_in(content(HEADER.record()), "c")], None, "has no line yet"),
        ([log_in(content({"step": 1, **{f"t{k}": 1 for k in range(25)}}), "c")], None, "have 25 terms"),
    ):
        with pytest.raises(TcvaeError, match=said):
            figures.log(logs, terms)


def test_a_log_has_ended_at_the_step_that_its_header_asks_for(tmp_path: Path) -> None:
    assert [read_log(a_log(tmp_path / "log", "vae", until)).has_ended for until in (290, 300)] == [False, True]
    for steps in ("300", None, -1):
        header = LogHeader({"objective": "vae", "steps": steps}, HEADER.data)
        assert not log_in(content(header.record(), {"step": 300}), "log.jsonl").has_ended
    assert not log_in(content({"step": 300}), "log.jsonl").has_ended


def test_a_log_that_has_no_whole_line_yet_is_waited_for(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert log_so_far(log) is None
    for content_so_far in (b"", content(HEADER.record())[:-1]):
        log.write_bytes(content_so_far)
        assert log_so_far(log) is None
        with pytest.raises(TcvaeError):
            read_log(log)
    log.write_bytes(content(HEADER.record()))
    assert log_so_far(log) == read_log(log)
    log.write_bytes(b"no log\n")
    with pytest.raises(TcvaeError, match="line 1: is not JSON"):
        log_so_far(log)


def test_the_first_step_alone_is_drawn() -> None:
    figures.log([log_in(content({"step": 0, "elbo": -1e99}), "log.jsonl")])


def test_a_picture_follows_a_log_until_its_training_ends(tcvae: Callable[..., Any], tmp_path: Path) -> None:
    log, picture = tmp_path / "log.jsonl", tmp_path / "log.svg"

    log.touch()  # a training makes the file before its first line

    def goes_on() -> None:
        time.sleep(0.2)
        a_log(log, "vae", 0)
        time.sleep(0.2)
        a_log(log, "vae", 100)
        deadline = time.monotonic() + PATIENCE
        while not picture.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        a_log(log, "vae", 300)

    training = threading.Thread(target=goes_on)
    training.start()
    status, _, errors = tcvae("plot", "log", str(log), "--follow", "-o", str(picture))
    training.join()
    assert (status, "Traceback" in errors) == (0, False)
    whole = tmp_path / "whole.svg"
    assert tcvae("plot", "log", str(log), "-o", str(whole))[0] == 0
    assert picture.read_bytes() == whole.read_bytes()
    status, _, errors = tcvae("plot", "log", "--follow", "-o", str(picture))
    assert (status, "name the files of the logs" in errors) == (2, True)


def test_a_log_is_shown_as_rows_and_as_one_object(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(content(HEADER.record(), *LINES, {"step": 300, "kl": 0.1}))
    status, table, _ = call("show", str(path), "--format", "csv")
    assert status == 0
    head, *rows = csv.reader(table.decode().splitlines())
    shown = [{key: float(cell) for key, cell in zip(head, row, strict=True) if cell} for row in rows]
    log = read_log(path)
    assert shown == [{"step": step, **line} for step, line in zip(log.steps, log.lines, strict=True)]
    found = json.loads(call("show", str(path), "--format", "json")[1])
    assert found["lines"] == shown
    assert {key: its for key, its in found.items() if key != "lines"} == json.loads(json.dumps(HEADER.record()))
