"""`tcvae plot strips`, `plot samples` and `match`: two runs beside each other by the latents that say the same."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch

import tcvae_cli
from helpers.command import call
from tcvae_cli.cli.walk_flags import extent_of
from tcvae_cli.errors import ArgumentError, UsageError
from tcvae_cli.figures.looks import look
from tcvae_cli.figures.plots.samples import title_of
from tcvae_cli.figures.plots.strips import strips
from tcvae_cli.figures.sheets import places, sheet
from tcvae_cli.figures.style import figure_bytes
from tcvae_cli.files.codes import Codes, read_codes
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.files.runs import read_run, write_run
from tcvae_cli.verbs.decoding import evenly_spaced
from tcvae_cli.verbs.match import match
from tcvae_cli.verbs.match_walks import informative_pairs, match_walks
from tcvae_cli.verbs.shared_images import Reading, sampled_images

Verb = Callable[..., tuple[int, bytes, str]]
ORDER, SIGN = [3, 0, 5, 1, 4, 2, 9, 6, 7, 8], [1, -1, 1, -1, -1, 1, 1, -1, 1, 1]


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory, workshop: Path) -> Path:
    """Return the run of the workshop with its latents in another order, some with the other sign."""
    run = read_run(str(workshop / "run.safetensors"))
    data = dataclasses.replace(run.header.data, path=str(workshop / "tiny.h5"))
    header = dataclasses.replace(run.header, settings={**run.header.settings, "seed": 7}, data=data)
    tensors = dict(run.tensors)
    last = [name for name in tensors if name.startswith("encoder.")][-2:]
    weight, bias = (tensors[name].copy() for name in sorted(last, key=lambda name: -tensors[name].ndim))
    half, sign = len(bias) // 2, np.array(SIGN, dtype=np.float32)
    for tensor in (weight, bias):
        tensor[:half] = (tensor[:half][ORDER].T * sign).T
        tensor[half:] = tensor[half:][ORDER]
    for name, tensor in zip(sorted(last, key=lambda name: -tensors[name].ndim), (weight, bias), strict=True):
        tensors[name] = tensor
    first = next(name for name in tensors if name.startswith("decoder.") and tensors[name].ndim == 2)
    tensors[first] = np.ascontiguousarray(tensors[first][:, ORDER] * sign)
    folder = tmp_path_factory.mktemp("turned")
    write_run(str(folder / "turned.safetensors"), header, tensors)
    assert call("encode", str(folder / "turned.safetensors"), "-o", str(folder / "codes.safetensors"))[0] == 0
    return folder


def test_match_finds_a_known_permutation_and_its_signs(tcvae: Verb, turned: Path) -> None:
    status, out, errors = tcvae("match", "run_codes.safetensors", str(turned / "codes.safetensors"), "--format", "json")
    assert status == 0, errors
    record = json.loads(out)
    assert (record["kind"], record["other"]["settings"]["seed"], record["settings"]["seed"]) == ("match", 7, 0)
    assert {(p["latent"], p["other"]): np.sign(p["correlation"]) for p in record["pairs"]} == {
        (j, place): SIGN[place] for place, j in enumerate(ORDER)
    }
    assert min(abs(pair["correlation"]) for pair in record["pairs"]) > 0.999
    for pair in record["pairs"]:
        assert pair["kl"] == pytest.approx(pair["other_kl"], rel=1e-4)
    table = tcvae("match", "run_codes.safetensors", str(turned / "codes.safetensors"), "--format", "table")[1].decode()
    assert "Latents that match best" in table


def test_match_in_python_gives_the_printed_line(tcvae: Verb, turned: Path) -> None:
    paths = ("run_codes.safetensors", str(turned / "codes.safetensors"))
    first, second = map(read_codes, paths)
    for active, flags in ((0.01, ()), (0.0, ("--active", "0"))):
        found = match(first, paths[1], active=active)
        assert found == match(paths[0], second, active=active)
        printed = json.loads(tcvae("match", *paths, *flags, "--format", "json")[1])
        assert list(printed.items()) == list(json.loads(json.dumps(found.record())).items())
        assert list(printed)[:4] == ["kind", "schema", "estimator", "pairs"]
        assert (printed["schema"], printed["estimator"], printed["active"]) == (2, "correlation", active)
        shares = [share_of(codes) for codes in (first, second)]
        for pair in found.pairs:
            assert pair.active == (shares[0][pair.latent] > active and shares[1][pair.other] > active)
    assert [abs(pair.correlation) for pair in found.pairs] == sorted(
        (abs(pair.correlation) for pair in found.pairs), reverse=True
    )
    with pytest.raises(ArgumentError, match="active: is 2"):
        match(first, second, active=2)


def share_of(codes: Codes) -> np.ndarray:
    """Return Var(mean) / (Var(mean) + E[std^2]) of each latent."""
    spread = codes.mean.astype(float).var(0)
    share: np.ndarray = spread / (spread + np.exp(2 * codes.log_std.astype(float)).mean(0))
    return share


def test_strips_of_a_run_and_itself_turned_are_the_same(tcvae: Verb, turned: Path) -> None:
    paths = ("run.safetensors", str(turned / "turned.safetensors"))
    walks = match_walks(*paths, extent=(-1, 4), frames=3, active=0)  # it is hardly trained
    assert len(walks.pairs) == 10
    assert walks.runs == ("beta-TCVAE, β = 6, seed 0", "beta-TCVAE, β = 6, seed 7")
    assert walks.values.tolist() == [-1, 1.5, 4]
    for pair in walks.pairs:
        np.testing.assert_allclose(pair.first.frames, pair.second.frames, atol=1e-4)
    both = [pair.first.kl + pair.second.kl for pair in walks.pairs]
    assert both == sorted(both, reverse=True)
    assert walks.note.startswith("from the prior mean, matched over 192 images · tiny-dsprites, ")
    from_image = match_walks(*paths, active=0, pairs=2, image=5)
    assert len(from_image.pairs) == 2
    assert from_image.note.startswith("from image 5, matched")
    assert match_walks(*paths, active=0.99).pairs == ()


def test_strips_are_the_same_bytes_twice(tcvae: Verb, turned: Path, tmp_path: Path) -> None:
    paths, made = ("run.safetensors", str(turned / "turned.safetensors")), []
    for name in ("one", "again"):
        output = tmp_path / f"{name}.png"
        flags = ("--range", "-1,4", "--frames", "3", "--active", "0", "--pairs", "3")
        assert tcvae("plot", "strips", *paths, *flags, "-o", str(output))[0] == 0
        made.append(output.read_bytes())
    assert made[0] == made[1]
    walks = match_walks(*paths, extent=(-1, 4), frames=3, active=0, pairs=3)
    assert made[0] == figure_bytes(lambda: strips(walks), "png")
    assert tcvae("plot", "strips", *paths, "--active", "0.99", "-o", str(output))[0] == 0
    assert output.read_bytes() != made[0]


def test_mig_names_the_latents_and_leaves_out_the_others(tcvae: Verb, turned: Path, tmp_path: Path) -> None:
    (tmp_path / "mig").write_bytes(tcvae("mig", "run_codes.safetensors", "--format", "json")[1])
    record = json.loads((tmp_path / "mig").read_text())
    paths = ("run.safetensors", str(turned / "turned.safetensors"))
    walks = match_walks(*paths, mig=str(tmp_path / "mig"), active=0)
    assert {pair.first.latent for pair in walks.pairs} == set(record["winner"])
    for pair in walks.pairs:
        won = [f for f, j in zip(record["factors"], record["winner"], strict=True) if j == pair.first.latent]
        assert pair.name == ", ".join(won)
    status, _, errors = tcvae("plot", "strips", *reversed(paths), "--mig", str(tmp_path / "mig"))
    assert status == 1
    assert f"{tmp_path / 'mig'}: has no result of mig for" in errors


def test_latents_that_hardly_vary_are_left_out() -> None:
    random = torch.randn(200, 3, generator=torch.Generator().manual_seed(0))
    first = Reading(random, torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.9, 0.9, 0.9]))
    second = Reading(
        -random * torch.tensor([1.0, 0.05, 1.0]), torch.tensor([9.0, 0.0, 1.0]), torch.tensor([0.5, 0.003, 0.02])
    )
    pairs = informative_pairs(first, second, 0.01)
    assert [(pair.latent, pair.other, round(pair.correlation)) for pair in pairs] == [(0, 0, -1), (2, 2, -1)]
    assert [pair.latent for pair in informative_pairs(first, second, 0.01, {2: "azimuth"})] == [2]
    assert [pair.latent for pair in informative_pairs(first, second, 0.03)] == [0]


def test_shared_images_are_some_or_all_rows_in_order(workshop: Path) -> None:
    with open_data_set(str(workshop / "tiny.h5")) as data:
        everything = data.rows(slice(None))
        whole = sampled_images(data, 2_000)
        some = sampled_images(data, 20)
        again = sampled_images(data, 20)
    np.testing.assert_array_equal(whole, everything)
    np.testing.assert_array_equal(some, again)
    assert len(some) == 20
    assert all((everything == image).all((1, 2)).any() for image in some)


def test_samples_are_the_same_bytes_and_another_seed_gives_others(tcvae: Verb, tmp_path: Path) -> None:
    made = {}
    for number, seed in enumerate(("0", "0", "1")):
        output = tmp_path / f"{number}.png"
        assert tcvae("plot", "samples", "run.safetensors", "--seed", seed, "-o", str(output))[0] == 0
        made[number] = output.read_bytes()
    assert made[0] == made[1] != made[2]
    pdf = tmp_path / "two.pdf"
    assert tcvae("plot", "samples", "run.safetensors", "run.safetensors", "--range", "3", "-o", str(pdf))[0] == 0
    assert pdf.read_bytes().startswith(b"%PDF")


def test_a_sheet_keeps_every_image_and_puts_gutters_where_they_belong() -> None:
    images = np.random.default_rng(0).random((2, 4, 16, 16))
    page = sheet(images, (1, 2))
    assert page.shape == (33, 65, 3)  # 4 x 16 and one gutter between the pairs
    np.testing.assert_array_equal(page[17:, 33:49, 1], images[1, 2])
    assert (page[16] == 1).all()
    assert places(3, 32, 1) == [0, 34, 68]


@pytest.mark.parametrize(
    ("text", "expected"), [("2", (-2, 2)), ("0,6", (0, 6)), ("-6,0", (-6, 0)), ("1e-3", (-1e-3, 1e-3))]
)
def test_ranges(text: str, expected: tuple[float, float]) -> None:
    assert extent_of(text) == expected


@pytest.mark.parametrize("text", ["", "x", "1,2,3", ",", "1;2"])
def test_what_is_no_range_as_typed(text: str) -> None:
    with pytest.raises(UsageError, match="--range"):
        extent_of(text)


@pytest.mark.parametrize("text", ["0", "-2", "nan", "inf", "6,0", "1,1", "0,nan", "1001"])
def test_ranges_that_no_walk_can_have(text: str) -> None:
    with pytest.raises(ArgumentError, match="extent: is from"):
        evenly_spaced(extent_of(text), 3)


def test_traverse_takes_a_one_sided_range(tcvae: Verb, tmp_path: Path) -> None:
    arrays = str(tmp_path / "walk.safetensors")
    assert tcvae("traverse", "run.safetensors", "--range", "-6,0", "--frames", "3", "-o", arrays)[0] == 0
    assert safetensors.numpy.load_file(arrays)["values"].tolist() == [-6, -3, 0]


@pytest.mark.parametrize(
    ("arguments", "status", "fault"),
    [
        (
            "plot strips run.safetensors run_codes.safetensors",
            1,
            "run_codes.safetensors: is a codes file, not a run file",
        ),
        ("plot strips - -", 2, "stdin already gives the run"),
        ("plot strips run.safetensors run.safetensors --image 999", 2, "there is no image 999"),
        ("plot strips run.safetensors run.safetensors --range 0", 2, "--range: is from 0 to 0"),
        ("plot strips run.safetensors run.safetensors -o x.gif", 2, "cannot draw 'gif'"),
        ("plot strips run.safetensors run.safetensors --data other.h5", 1, "other.h5"),
        ("plot samples run_codes.safetensors", 1, "run_codes.safetensors: is a codes file, not a run file"),
        ("match run_codes.safetensors codes.safetensors", 1, "codes.safetensors: is not of the same images as"),
        ("match codes.safetensors codes.safetensors", 2, "is the same file"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(tcvae: Verb, arguments: str, status: int, fault: str) -> None:
    code, out, errors = tcvae(*arguments.split())
    assert (code, out) == (status, b"")
    assert fault in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize("remembers", [True, False], ids=["run", "checkpoint"])
def test_the_names_of_unused_latents_are_pale_in_samples(tcvae: Verb, remembers: bool) -> None:
    run = tcvae_cli.load("run.safetensors")
    assert run.header.final is not None
    shares = run.header.final["mean_share"]
    assert isinstance(shares, list)
    least, used = sorted(shares)[4:6]
    if not remembers:
        header = dataclasses.replace(run.header, final=None)
        run = dataclasses.replace(run, stored=dataclasses.replace(run.stored, header=header))
    sampled = tcvae_cli.sample_run(run, active=(least + used) / 2)
    names = tcvae_cli.figures.samples(sampled).subfigs[0].axes[-1].get_yticklabels()
    pale = {name.get_text() for name in names if name.get_color() == look().faint}
    assert pale == {f"z{latent}" for latent, share in enumerate(shares) if share <= least}
    assert title_of(sampled).splitlines()[1].startswith("pale: unused, as their mean has at most ")
    assert len(title_of(tcvae_cli.sample_run(run, active=0)).splitlines()) == 1


def test_figures_are_made_without_the_command_line(tcvae: Verb, turned: Path) -> None:
    run = tcvae_cli.load("run.safetensors")
    other = tcvae_cli.load(turned / "turned.safetensors")
    pictures = (
        tcvae_cli.figures.strips(tcvae_cli.match_walks(run, other, active=0, pairs=2)),
        tcvae_cli.figures.samples([tcvae_cli.sample_run(run), tcvae_cli.sample_run(other)]),
        tcvae_cli.figures.latents(tcvae_cli.portraits(["run_codes.safetensors"], active=0)),
    )
    assert [type(picture).__name__ for picture in pictures] == ["Figure"] * 3
    assert all(picture.get_axes() or picture.subfigs for picture in pictures)
