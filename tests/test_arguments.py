"""What is given in place of codes, runs, data sets, paths and results from Python is refused in one line."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tcvae_cli
from tcvae_cli.files.provenance import printable_json
from tcvae_cli.progress import quiet


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
    (lambda its: tcvae_cli.figures.samples([its.run]), "runs: is a run; give what sample_run returns"),
    (lambda its: tcvae_cli.train(its.data, output=3), f"output: is an int; {FILE}"),
    (lambda its: tcvae_cli.train(its.data, resume=its.run), f"resume: is a run; {FILE}"),
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
    "compare": lambda results: tcvae_cli.compare(results, note=quiet).records(),  # of a single run it says so
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


NOT_NUMBERS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda its: tcvae_cli.mig(its.codes, bins="20"), "bins: is '20'; give a whole number from 2 to 1,000,000"),
    (lambda its: tcvae_cli.mig(its.codes, seed="a"), "seed: is 'a'; give a whole number from 0 to"),
    (lambda its: tcvae_cli.mig(its.codes, active="a"), "active: is 'a'; give a share"),
    (lambda its: tcvae_cli.mig(its.codes, tolerance="a"), "tolerance: is 'a'; give a number of nats above 0"),
    (lambda its: tcvae_cli.decompose(its.codes, samples="1000"), "samples: is '1000'; give a whole number from 100"),
    (lambda its: tcvae_cli.score(its.codes, "sap", train=2.5), "train: is 2.5; give a whole number from 1"),
    (lambda its: tcvae_cli.encode(its.run, its.data, seed=None), "seed: is None; give a whole number"),
    (lambda its: tcvae_cli.walk(its.run, frames=2.5), "frames: is 2.5; give a whole number from 2 to 100"),
    (lambda its: tcvae_cli.walk(its.run, extent="3"), "extent: is '3'; give a number above 0, or both ends"),
    (lambda its: tcvae_cli.walk(its.run, extent=(1, 2, 3)), "extent: is (1, 2, 3); give a number above 0, or both"),
    (lambda its: tcvae_cli.walk(its.run, extent=-3), "extent: is from 3 to -3; give the smaller end first"),
    (lambda its: subset(its, sample=1.5), "sample: is 1.5; give a whole number of 1 or more"),
    (lambda its: subset(its, keep_every={"shape": "2"}), "keep_every: 2 is not a whole number above 0"),
    (lambda its: subset(its, where="shape=1"), "where: is a text; give a dict with the name of each factor"),
    (lambda its: subset(its, where={"shape": None}), "where: shape has no class None"),
    (lambda its: subset(its, bias="A", factors="posX,posY"), "factors: is 'posX,posY'; give the names of two"),
    (lambda its: tcvae_cli.train(its.data, steps="2"), "steps: is '2'; give a whole number from 1"),
    (lambda its: tcvae_cli.train(its.data, steps=2.5), "steps: is 2.5; give a whole number from 1"),
    (lambda its: tcvae_cli.train(its.data, seed="a"), "seed: is 'a'; give a whole number from 0"),
    (lambda its: tcvae_cli.train(its.data, memory=0), "memory: is 0; give a size such as 500M or 4G"),
    (
        lambda its: tcvae_cli.train(its.data, precision="float16"),
        "precision: is 'float16'; did you mean bfloat16? There are auto, float32, bfloat16",
    ),
]


def subset(its: SimpleNamespace, **asked: Any) -> Path:
    """Write a part of the data set, and return its path."""
    output = Path(its.data.path).parent / "part.h5"
    tcvae_cli.subset(its.data, output=output, **asked)
    return output


@pytest.mark.parametrize(("use", "message"), NOT_NUMBERS, ids=[message for _, message in NOT_NUMBERS])
def test_what_is_no_such_number_is_named(given: SimpleNamespace, use: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(tcvae_cli.ArgumentError) as error:
        use(given)
    assert str(error.value).startswith(message)


def test_a_number_of_any_type_is_taken(given: SimpleNamespace) -> None:
    settings: dict[str, Any] = {"batch_size": 64, "precision": "float32", "device": "cpu"}
    whole, plain = (tcvae_cli.train(given.data, steps=steps, **settings) for steps in (2.0, 2))
    in_bytes = tcvae_cli.train(given.data, steps=np.int64(2), memory=4_000_000_000, **settings)
    assert whole.settings == plain.settings == in_bytes.settings
    short, long = (tcvae_cli.walk(given.run, extent=extent, frames=2) for extent in (3, (-3, 3)))
    assert np.array_equal(short.frames, long.frames)
    assert tcvae_cli.sample_run(given.run, data=given.data, extent=3).extent == (-3, 3)
    parts = [subset(given, where={"shape": shape}).read_bytes() for shape in (1, np.int64(1), "1", np.array([1]))]
    assert parts == parts[:1] * 4
    sampled = [
        tcvae_cli.mig(given.codes, method="monte-carlo", samples=n, seed=s) for n, s in ((9, 1), np.array([9, 1]))
    ]
    assert printable_json(sampled[0].record()) == printable_json(sampled[1].record())
