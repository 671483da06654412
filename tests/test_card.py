"""`show --format card`: the card of a run for a hub of models."""

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers.command import call
from tcvae_cli.files.runs import read_run, write_run
from tcvae_cli.verbs.card import literal, model_card

ROOT = Path(__file__).parents[1]
Verb = Callable[..., tuple[int, bytes, str]]
markdown = pytest.importorskip("markdown_it", reason="needs markdown-it-py, which comes with the extra figures")


def front(card: str) -> list[str]:
    """Return what a hub reads of a card, line by line: keys, and texts as JSON writes them, which is YAML too."""
    start, matter, _ = card.split("---\n", 2)
    assert start == ""
    lines = matter.splitlines()
    for line in lines:
        assert re.fullmatch(r'# [a-z: ]+|[- ]*[a-z_-]+:?( [\w.-]+| MIG, exact over all images| ".*")?|- ".*"', line)
        if (text := re.search('".*"', line)) is not None:
            assert isinstance(json.loads(text[0]), str)
    return lines


@pytest.fixture
def measured(tcvae: Verb, workshop: Path, tmp_path: Path) -> Path:
    """Return a run with its exact MIG beside it."""
    (tmp_path / "run.safetensors").write_bytes((workshop / "run.safetensors").read_bytes())
    (tmp_path / "mig.json").write_bytes(tcvae("mig", "run_codes.safetensors", "--factors", "tiny.h5")[1])
    return tmp_path / "run.safetensors"


def test_a_card_says_how_the_run_was_trained(tcvae: Verb) -> None:
    status, output, errors = tcvae("show", "run.safetensors", "--format", "card")
    card = output.decode()
    assert (status, errors) == (0, "")
    (command,) = re.findall(r"^tcvae train .*$", card, re.M)
    assert "/" not in command
    again = [*shlex.split(command)[1:-1], "again.safetensors"]
    assert call(*again)[0] == 0
    assert Path("again.safetensors").read_bytes() == Path("run.safetensors").read_bytes()
    assert "model-index:" not in front(card)
    assert "It took 4 steps." in card
    assert "These numbers are those at the end of the training, over 192 images of the data set." in card


def test_numbers_beside_the_run_are_for_hubs_too(measured: Path) -> None:
    gap = json.loads((measured.parent / "mig.json").read_text())
    card = model_card(measured)
    assert front(card)[-7:] == [
        "    dataset:",
        '      type: "tiny-dsprites"',
        '      name: "tiny-dsprites, 192 images"',
        "    metrics:",
        "    - type: mig",
        "      name: MIG, exact over all images",
        f"      value: {gap['mig']:.4f}",
    ]
    assert f"| MIG (exact) | {gap['mig']:.4f} |" in card
    assert "MIG and the gaps are exact, over all images of the data set. The other numbers are those at" in card
    for factor, its in zip(gap["factors"], gap["gap_per_factor"], strict=True):
        assert f"| gap of {factor} | {its:.4f} |" in card


def test_a_card_says_how_far_and_by_how_many_processes(workshop: Path, tmp_path: Path) -> None:
    """Of a run without factors, which a checkpoint of two processes holds."""
    stored, path = read_run(workshop / "run.safetensors"), tmp_path / "part.safetensors"
    data = replace(stored.header.data, factor_names=(), factor_sizes=(), scored_factors=())
    write_run(str(path), replace(stored.header, data=data, step=3, final=None, processes=2), stored.tensors)
    card = model_card(path)
    assert "It is not finished: 3 of 4 steps are done. Each batch was shared by 2 processes, under torchrun." in card
    assert "\ntcvae encode part.safetensors | tcvae estimate-tc > estimate-tc.json\n" in card


def test_a_part_of_a_data_set_is_not_taken_for_the_whole(measured: Path) -> None:
    stored = read_run(measured)
    part = replace(stored.header.data, name="dsprites", provenance="rendered; part of sha256:12: where shape=heart")
    write_run(str(measured), replace(stored.header, data=part), stored.tensors)
    card = model_card(measured)
    words = f"dSprites, {part.rows:,} of 737,280 images"
    assert '      type: "dsprites-part"' in front(card)
    assert f'      name: "{words}"' in front(card)
    assert re.search(rf"^# .*, trained on {words}$", card, re.M)


HOSTILE = '"]\n---\n# ![x](http://evil.example/a.png) <script>alert(1)</script> `'


def test_names_in_a_run_are_text(measured: Path, tmp_path: Path) -> None:
    stored = read_run(measured)
    data = replace(stored.header.data, name=HOSTILE, provenance=HOSTILE, path=f"x/{HOSTILE}", digest=HOSTILE)
    write_run(str(tmp_path / "hostile.safetensors"), replace(stored.header, data=data), stored.tensors)
    card = model_card(tmp_path / "hostile.safetensors")
    assert "library_name: tcvae" in front(card)
    page = markdown.MarkdownIt("gfm-like", {"linkify": False}).render(card.split("---\n", 2)[2])
    assert not re.search(r"<script|<img|<a [^>]*evil", page)
    assert page.count("<h1>") == 1
    assert page.count("<pre>") == card.count("```") // 2


def test_what_a_card_tells_to_run_is_of_its_file(
    workshop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "-it's `mine`.safetensors"
    (tmp_path / name).write_bytes((workshop / "run.safetensors").read_bytes())
    monkeypatch.chdir(tmp_path)
    card = model_card(f"./{name}")
    commands = [shlex.split(line) for line in re.findall("^tcvae .*$", card, re.M)]
    assert {f"./{name}"} == {word for words in commands for word in words if word.endswith(".safetensors")}
    assert call(*commands[1][1:])[0] == 0
    (code,) = re.findall(r"```python\n(.*?)```", card, re.S)
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["reconstruction"].shape == names["images"].shape


def test_letters_of_markdown_are_shown_as_they_are() -> None:
    text = "a|b *c* [d](e) <f> `g` \\ www.h.i k@l #m & $n$"
    assert markdown.MarkdownIt("gfm-like", {"linkify": False}).enable("table").render(literal(text)) == (
        "<p>a|b *c* [d](e) &lt;f&gt; `g` \\ www.h.i k@l #m &amp; $n$</p>\n"
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("part of sha256:17102ecb…: where my_shape=heart!", "part of sha256:17102ecb…: where my_shape=heart!"),
        ("http://a :smile: _b_ a._c_", r"http\://a \:smile: \_b\_ a.\_c\_"),
    ],
)
def test_only_what_is_of_markdown_is_escaped(text: str, written: str) -> None:
    assert literal(text) == written


def test_a_card_is_of_a_run(tcvae: Verb) -> None:
    status, _, errors = tcvae("show", "run_codes.safetensors", "--format", "card")
    assert (status, errors.count("\n")) == (1, 1)
    assert "is a codes file, not a run file" in errors
    assert tcvae("show", "tiny.h5", "--format", "card", "--contact-sheet", "a.png")[0] == 2


def test_what_is_cited_is_what_the_citation_file_says(workshop: Path) -> None:
    cited = (ROOT / "CITATION.cff").read_text()
    card = model_card(workshop / "run.safetensors")
    family, given = (re.findall(rf"{name}-names: (.*)", cited) for name in ("family", "given"))
    assert " and ".join(f"{last}, {first}" for last, first in zip(family, given, strict=True)) in card
    for key in ("title", "version", "year", "collection-title", "url", "- name"):
        for said in re.findall(rf"^ *{key}: (.*)$", cited, re.M):
            assert said.strip('"') in card
