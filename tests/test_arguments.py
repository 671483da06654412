"""What is given in place of codes, runs, data sets, paths and results from Python is refused in one line."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tcvae_cli


@pytest.fixture(scope="module")
def given(workshop: Path) -> SimpleNamespace:
    """Return a run, codes, a data set, an array and a result of mig."""
    codes = tcvae_cli.load(workshop / "run_codes.safetensors")
    return SimpleNamespace(
        run=tcvae_cli.load(workshop / "run.safetensors", device="cpu"),
        codes=codes,
        data=tcvae_cli.open_data_set(workshop / "tiny.h5"),
        array=np.zeros((3, 64, 64)),
        result=tcvae_cli.mig(codes),
    )


CODES, RUN = "give codes, which encode and Codes.of make", "give a run, which train makes"
DATA, FILE = "give a data set, which prepare makes", "give the path of a file"
RESULTS = "give results, which verbs return and read_results reads"
WRONG: list[tuple[Callable[[Any], Any], str]] = [
    (lambda its: tcvae_cli.mig(its.run), f"codes: is a run; {CODES}"),
    (lambda its: tcvae_cli.mig(its.array), f"codes: is an array; {CODES}"),
    (lambda its: tcvae_cli.mig(None), f"codes: is None; {CODES}"),
    (lambda its: tcvae_cli.score(its.run, "sap"), f"codes: is a run; {CODES}"),
    (lambda its: tcvae_cli.decompose(its.data), f"codes: is a data set; {CODES}"),
    (lambda its: tcvae_cli.portraits([its.run]), f"codes: is a run; {CODES}"),
    (lambda its: tcvae_cli.match(its.run, its.codes), f"first: is a run; {CODES}"),
    (lambda its: tcvae_cli.match(its.codes, its.run), f"second: is a run; {CODES}"),
    (lambda its: tcvae_cli.match_walks(its.run, its.codes), f"other: is codes; {RUN}"),
    (lambda its: tcvae_cli.load(None), f"path: is None; {FILE}"),
    (lambda its: tcvae_cli.encode(None), f"run: is None; {RUN}"),
    (lambda its: tcvae_cli.walk(its.codes), f"run: is codes; {RUN}"),
    (lambda its: tcvae_cli.encode(its.run, its.array), f"data: is an array; {DATA}"),
    (lambda its: tcvae_cli.train(its.array), f"data: is an array; {DATA}"),
    (lambda its: tcvae_cli.train(["tiny.h5"]), f"data: is a list; {DATA}"),
    (lambda its: tcvae_cli.open_data_set(its.array), f"path: is an array; {FILE}"),
    (lambda its: tcvae_cli.subset(its.array, output="part.h5", sample=2), f"data: is an array; {DATA}"),
    (lambda its: tcvae_cli.subset("tiny.h5", output=None, sample=2), f"output: is None; {FILE}"),
    (lambda its: tcvae_cli.mig(its.codes, factors=its.array), f"factors: is an array; {DATA}"),
    (lambda its: tcvae_cli.describe(its.run), f"file: is a run; {FILE}"),
    (lambda its: tcvae_cli.save(its.codes, None), f"path: is None; {FILE}"),
    (lambda its: tcvae_cli.save(its.array, "saved"), "thing: is an array; give a run, codes or a walk"),
    (lambda its: tcvae_cli.read_results(None), f"path: is None; {FILE}"),
    (lambda its: tcvae_cli.compare(its.codes), f"results: is codes; {RESULTS}"),
    (lambda its: tcvae_cli.compare([its.result, None]), f"results: is None; {RESULTS}"),
    (lambda its: tcvae_cli.figures.box(its.run), f"results: is a run; {RESULTS}"),
]


@pytest.mark.parametrize(("use", "message"), WRONG, ids=[message for _, message in WRONG])
def test_what_a_verb_does_not_take_is_named(given: SimpleNamespace, use: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(tcvae_cli.ArgumentError) as error:
        use(given)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def drawn(draw: Callable[[Any], Any], what: object) -> bytes:
    """Return a figure of something as PNG."""
    return tcvae_cli.figures.figure_bytes(lambda: draw(what), "png")


ONE_OR_SEVERAL: dict[str, Callable[[Any], Any]] = {
    "compare": lambda results: tcvae_cli.compare(results).records(),
    "box": lambda results: drawn(tcvae_cli.figures.box, results),
    "information": lambda results: drawn(tcvae_cli.figures.information, results),
}


@pytest.mark.parametrize("name", ONE_OR_SEVERAL)
def test_one_result_is_a_list_of_one_and_so_is_a_generator(given: SimpleNamespace, name: str) -> None:
    use, result = ONE_OR_SEVERAL[name], given.result
    assert use(result) == use(result.record()) == use(one for one in [result]) == use([result])


def test_one_run_is_drawn_like_a_list_of_one(given: SimpleNamespace) -> None:
    sampled, portraits = tcvae_cli.sample_run(given.run, data=given.data), tcvae_cli.portraits([given.codes])
    for draw, one in ((tcvae_cli.figures.samples, sampled), (tcvae_cli.figures.latents, portraits[0])):
        assert drawn(draw, one) == drawn(draw, iter([one]))
