"""`tcvae rank`: an order of runs without labels, and how far each criterion goes along with MIG."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import rankdata, spearmanr

import tcvae_cli
from tcvae_cli import Codes, TcvaeError, rank
from tcvae_cli.cli.headings import short_names
from tcvae_cli.estimators.activity import effective_latents
from tcvae_cli.files.provenance import printable_json
from tcvae_cli.progress import quiet
from tcvae_cli.results.agreement import agreement, mean_ranks
from tcvae_cli.results.estimates import FISHER, estimate
from tcvae_cli.results.statistics import spearman
from tcvae_cli.results.table import Table
from tcvae_cli.verbs.rank_sample import Sample

Verb = Callable[..., Any]
CLASSES = np.indices((4, 5, 6)).reshape(3, -1).T  # 120 images
OWN = (CLASSES - CLASSES.mean(0)) / CLASSES.std(0)
TURN = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]


def codes_of(mean: np.ndarray, seed: int, **others: Any) -> Codes:
    """Return codes of some means, a little noisy, as they are after a training by another seed."""
    noise = 0.05 * np.random.default_rng(seed).normal(size=mean.shape)
    return Codes.of(mean + noise, np.full(mean.shape, -2.0), factors=CLASSES, **others)


def clean_and_mixed() -> list[Codes]:
    """Return four codes that are one factor a latent, in any order and sign, and two whose latents are turned."""
    orders = ([0, 1, 2], [2, 0, 1], [1, 0, 2], [2, 1, 0])
    clean = [codes_of(OWN[:, order] * (-1) ** number, number) for number, order in enumerate(orders)]
    return [codes_of(OWN @ TURN, 4), *clean, codes_of(OWN @ TURN.T, 5)]


def test_runs_that_agree_come_first_and_have_the_higher_mig() -> None:
    said: list[str] = []
    given = clean_and_mixed()
    found = rank(given, device="cpu", note=said.append)
    assert {one.codes for one in found[4:]} == {"codes 1", "codes 6"}
    assert min(one.mig or 0 for one in found[:4]) > 0.9 > 0.7 > max(one.mig or 1 for one in found[4:])
    assert [one.place for one in found] == sorted(one.place for one in found)
    assert found[0].agreement["udr"].correlation == pytest.approx(
        spearmanr([one.udr for one in found], [one.mig for one in found]).statistic
    )
    assert found[0].agreement["total_correlation"].correlation == pytest.approx(
        -spearmanr([one.total_correlation for one in found], [one.mig for one in found]).statistic
    )
    assert found[0].compared == "all"
    assert said == ["the ELBO is left out of the mean rank: not all runs have one"]
    assert found[0].notes == tuple(said)


def test_udr_is_that_of_score_and_the_rest_that_of_its_own_verbs() -> None:
    given = clean_and_mixed()[:3]
    found = sorted(rank(given, device="cpu", note=quiet), key=lambda one: one.codes)
    assert [one.udr for one in found] == [one.score for one in tcvae_cli.scores(given, "udr")]
    terms, gap = tcvae_cli.decompose(given[0], device="cpu"), tcvae_cli.mig(given[0], device="cpu")
    assert (found[0].total_correlation, found[0].mig) == (terms.total_correlation, gap.mig)
    assert found[0].active_latents == gap.active_latents
    assert [one.agreement["udr"].correlation for one in found] == [None] * 3  # of fewer than 5 runs none is claimed


def test_the_mean_rank_is_that_of_ranks_with_equal_ones_in_the_middle() -> None:
    udr, tc, elbo = [0.5, 0.9, 0.5], [1.0, 3.0, 2.0], [-7.0, -5.0, -5.0]
    ranks, mean = mean_ranks({"udr": udr, "total_correlation": tc, "elbo": elbo})
    assert {name: own.tolist() for name, own in ranks.items()} == {
        "udr": [2.5, 1, 2.5],
        "total_correlation": [1, 3, 2],
        "elbo": [3, 1.5, 1.5],
    }
    assert mean == pytest.approx(np.mean([rankdata(np.negative(udr)), rankdata(tc), rankdata(np.negative(elbo))], 0))


def test_an_interval_leaves_out_a_seed_with_all_its_runs() -> None:
    random = np.random.default_rng(1)
    values, others, seeds = random.normal(size=12), random.normal(size=12), [*range(6), *range(6)]
    found = agreement(values, others.tolist(), seeds)
    pairs = np.stack([values, others], 1).reshape(2, 6, 2).transpose(1, 0, 2)  # (seed, setting, number)
    wanted = estimate(lambda groups: spearman(*groups[0].reshape(-1, 2).T), [pairs.tolist()], scale=FISHER)
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((wanted.value, wanted.low, wanted.high))
    alone = agreement(values, others.tolist(), list(range(12)))
    assert alone is not None
    assert alone.value == found.value
    assert alone.low != found.low
    few = agreement(values, others.tolist(), [0, 1, 2, 3] * 3)
    assert few is not None
    assert np.isnan(few.low)
    assert agreement(values[:4], others[:4].tolist(), [0, 1, 2, 3]) is None


@pytest.mark.parametrize(("kl", "number"), [([3, 3, 0], 2), ([5], 1), ([0, 0], 0), ([3, 0.1, 0.1], 1.3193159169)])
def test_effective_latents_are_as_many_as_share_the_kl_evenly(kl: list[float], number: float) -> None:
    assert effective_latents(torch.tensor(kl)) == pytest.approx(number)


def test_some_of_the_images_are_drawn_by_the_seed() -> None:
    given = clean_and_mixed()[:3]
    some, again, other = (rank(given, images=40, seed=seed, device="cpu", note=quiet) for seed in (1, 1, 2))
    assert {one.images for one in some} == {40}
    (group,) = Table([one.record() for one in some], quiet).groups("udr")  # a criterion has an estimator of its own
    assert (group.estimator, group.estimator_sentence) == ("spearman", "median likeness, Spearman")
    assert [one.record() for one in some] == [one.record() for one in again]
    assert [one.udr for one in some] != [one.udr for one in other]
    rows = np.sort(np.random.default_rng(1).permutation(120)[:40])
    part = [Codes.of(one.mean[rows], one.log_std[rows]) for one in given]
    assert sorted(one.udr for one in some) == sorted(one.score for one in tcvae_cli.scores(part, "udr"))


def test_images_count_by_how_likely_they_are() -> None:
    """Where only some are ever drawn, the others count for nothing, with all images and with a part of them."""
    likely = np.where(CLASSES[:, 0] < 2, 1 / 60, 0.0)
    given = [codes_of(np.where(likely[:, None] > 0, OWN, 9), seed, probability=likely) for seed in range(2)]
    part = [Codes.of(one.mean[:60], one.log_std[:60]) for one in given]
    wanted = [one.score for one in tcvae_cli.scores(part, "udr")]
    assert [one.udr for one in rank(given, device="cpu", note=quiet)] == pytest.approx(wanted)
    assert Sample.drawn(120, likely, 100, 0).chosen.max() < 60


@pytest.fixture(scope="module")
def swept(workshop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two runs with their results, and of two that are not finished."""
    folder = tmp_path_factory.mktemp("swept")
    for seed in (0, 1):
        place = folder / "vae" / f"seed_{seed}"
        place.mkdir(parents=True)
        path = str(place / "run.safetensors")
        run = tcvae_cli.train(
            workshop / "small.h5",
            "vae",
            architecture="conv",
            latents=3,
            steps=2,
            batch_size=64,
            seed=seed,
            device="cpu",
            output=path,
        )
        codes = tcvae_cli.encode(run)
        for name, result in {"mig": tcvae_cli.mig(codes), "estimate-tc": tcvae_cli.decompose(codes)}.items():
            (place / f"{name}.json").write_text(printable_json(result.record()) + "\n")
    for seed in (2, 3):
        (folder / "vae" / f"seed_{seed}").mkdir()
    (folder / "vae" / "seed_3" / "checkpoint").write_bytes(b"a run that trains")
    (folder / "vae" / "seed_2" / "run.safetensors").write_bytes(
        (folder / "vae/seed_0/run.safetensors").read_bytes()[:99]
    )
    return folder


def test_a_folder_of_a_sweep_is_the_same_as_the_codes_of_its_runs(swept: Path) -> None:
    said: list[str] = []
    found = rank([swept], device="cpu", active=0, note=said.append)
    paths = [str(swept / f"vae/seed_{seed}/run.safetensors") for seed in (0, 1)]
    assert sorted(one.codes for one in found) == paths
    assert said[0] == f"left out of {swept}: 2 of 4 runs, which are not finished"
    assert found[0].compared == "setting"
    codes = [tcvae_cli.encode(path, device="cpu") for path in paths]
    for given in (codes, [paths[0], codes[1]], [tcvae_cli.load(path, device="cpu") for path in paths]):
        other = rank(given, device="cpu", active=0, note=quiet)
        assert [one.mig for one in other] == pytest.approx([one.mig for one in found], abs=1e-6)
        assert [one.elbo for one in other] == [one.elbo for one in found]
        assert [one.udr for one in other] == pytest.approx([one.udr for one in found], abs=1e-3)


def test_only_results_of_the_run_itself_are_taken_from_beside_it(swept: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(swept, tmp_path / "copy")
    place = folder / "vae" / "seed_0" / "estimate-tc.json"
    line = json.loads(place.read_text())

    def total_correlation(**changes: object) -> float:
        place.write_text(json.dumps(line | changes))
        return {one.codes: one for one in rank([folder], device="cpu", note=quiet)}[
            str(folder / "vae/seed_0/run.safetensors")
        ].total_correlation

    assert total_correlation(total_correlation=99.0) == 99
    true = line["total_correlation"]
    for changes in (
        {"estimator": "mws"},
        {"data_digest": "sha256:0"},
        {"settings": line["settings"] | {"seed": 7}},
        {"kl_per_latent": "many"},
    ):
        assert total_correlation(total_correlation=99.0, **changes) == pytest.approx(true), changes


def test_what_cannot_be_ranked_is_refused_in_one_line(tcvae: Verb, swept: Path, tmp_path: Path) -> None:
    one, run = "run_codes.safetensors", str(swept / "vae/seed_0/run.safetensors")
    for given, status, fault in (
        ([], 2, "CODES: nothing is given, and ranking takes two or more; name two files of codes or runs at least, of"),
        ([one], 2, "CODES: there is only one run, and ranking takes two or more; name two files of codes or runs at"),
        (["-"], 2, "CODES: there is only one run, and ranking takes two or more; name two files of codes or runs at"),
        ([one, one], 1, "run_codes.safetensors: is given twice; give each run once"),
        ([one, "run.safetensors"], 1, "run.safetensors: is the same run as run_codes.safetensors; give each run once"),
        ([one, "codes.safetensors"], 1, "codes.safetensors: is of 48 images, and the runs before it of 192; encode"),
        ([one, run], 1, f"{run}: is not of the same images as {one}; rank the runs of each data set apart"),
        ([str(tmp_path)], 1, f"{tmp_path}: holds no finished run, which would be called run.safetensors; give the"),
        ([one, "tiny.h5"], 1, "tiny.h5: is"),
        ([one, "nowhere"], 1, "nowhere: no such file or directory; give the path of codes, a run (safetensors) or the"),
        ([one, "codes.safetensors", "--data", "tiny.h5"], 2, "--data: is for runs, and only codes are given; leave"),
        ([one, "-", "--factors", "-"], 2, "--factors: stdin already gives the codes"),
    ):
        found, content, errors = tcvae("rank", *given)
        assert (found, content, errors.count("\n")) == (status, b"", 1), given
        assert errors.startswith(f"tcvae: {fault}"), errors


def test_codes_whose_labels_disagree_are_of_different_images() -> None:
    values = CLASSES / 7
    first = Codes.of(OWN, OWN * 0, factors=CLASSES, values=values)
    for labels, fault in (
        ({"factors": CLASSES[::-1]}, "has other factor classes than the runs before it"),
        ({"factors": CLASSES[:, :2]}, "has labels of 2 factors, and the runs before it of 3"),
        ({"factors": CLASSES, "values": values + 1}, "has other factor values than the runs before it"),
    ):
        unlabelled = Codes.of(OWN + 1, OWN * 0)
        with pytest.raises(TcvaeError, match=rf"{fault}: it is not of the same images; rank the runs"):
            rank([unlabelled, first, Codes.of(OWN, OWN * 0, **labels)], device="cpu", note=quiet)
    partly = np.where(CLASSES == 0, -1, CLASSES)
    said: list[str] = []
    assert len(rank([first, Codes.of(OWN, OWN * 0, factors=partly)], device="cpu", note=said.append)) == 2
    assert not any("could not be checked" in sentence for sentence in said)
    rank([first, unlabelled], device="cpu", note=said.append)
    assert sum("could not be checked" in sentence for sentence in said) == 1


def test_what_is_said_of_one_run_names_it_and_stands_in_its_line_only() -> None:
    both = np.stack([OWN[:, 0] + 10 * OWN[:, 1], OWN[:, 2]], 1)  # its first latent tells two factors
    said: list[str] = []
    found = {one.codes: one for one in rank([codes_of(OWN, 0), codes_of(both, 1)], device="cpu", note=said.append)}
    (own,) = [sentence for sentence in said if "mixes factors" in sentence]
    assert own.startswith("codes 2: latent 0 tells most of factor_0 and factor_1")
    assert own.removeprefix("codes 2: ") in (found["codes 2"].notes or ())
    assert not any("mixes factors" in sentence for sentence in found["codes 1"].notes or ())


def test_runs_without_an_active_latent_are_told_of() -> None:
    said: list[str] = []
    empty = [Codes.of(OWN * 0, OWN * 0) for _ in range(2)]
    found = rank(empty, device="cpu", note=said.append)
    assert "no run has an active latent: the order says nothing" in said
    assert [one.effective_latents for one in found] == [None, None]
    found = rank([*empty, Codes.of(OWN, OWN * 0 - 2)], device="cpu", note=said.append)
    assert "2 of 3 runs have no active latent: a low total correlation is no merit there" in said
    assert "effective_latents" not in found[0].agreement


def test_names_in_the_table_are_what_differs_broken_at_folders() -> None:
    runs = ["a/beta-tcvae/beta_6/batch-size_512/seed_0", "a/beta-vae/beta_6.25/batch-size_512/seed_1"]
    assert short_names([f"{run}/run.safetensors" for run in runs]) == [
        "beta-tcvae/beta_6/\nseed_0",
        "beta-vae/beta_6.25/\nseed_1",
    ]
    assert short_names(["a/vae/seed_0", "a/vae/beta_1/seed_0"]) == ["seed_0", "beta_1/seed_0"]
    assert short_names(["/one.codes", "two.codes"]) == ["/one.codes", "two.codes"]


def test_the_line_and_the_table(tcvae: Verb, swept: Path) -> None:
    status, content, errors = tcvae("rank", str(swept), "--format", "json")
    lines = [json.loads(line) for line in content.splitlines()]
    assert (status, [line["place"] for line in lines]) in ((0, [1, 2]), (0, [1.5, 1.5]))
    assert lines[0]["ranks"].keys() == {"udr", "total_correlation", "elbo"}
    assert lines[0]["settings"]["objective"] == "vae"
    assert errors.splitlines()[-1] == "note: fewer than 5 runs: no correlation with MIG"
    table = tcvae("rank", str(swept), "--format", "table")[1].decode()
    assert [table.count(f"\nseed_{seed} ") for seed in (0, 1)] == [1, 1]
    assert "How far" not in table
