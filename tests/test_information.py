"""MIG's methods, relatives and limits: by hand, against each other, and with labels missing."""

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy, laplace, norm
from sklearn.metrics import mutual_info_score

import tcvae_cli
from helpers.tiny import tiny_rows, write_tiny
from tcvae_cli.estimators.activity import active_latents
from tcvae_cli.estimators.bins import binned_entropies
from tcvae_cli.estimators.densities import LAPLACE, NORMAL, Family
from tcvae_cli.estimators.gaussian import gaussian_total_correlation
from tcvae_cli.estimators.histogram import histogram_entropies
from tcvae_cli.estimators.information import (
    MISSING,
    attainable,
    by_histogram,
    by_quadrature,
    by_sampling,
    entropies,
    standard_error,
)
from tcvae_cli.estimators.latent_entropies import numbered
from tcvae_cli.estimators.mig import InformationGap, information_gap
from tcvae_cli.estimators.posterior import Posterior
from tcvae_cli.estimators.variants import RESOLUTION, jemmig, mig_sup, rmig
from tcvae_cli.files.codes import Codes
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.files.distinct import number_images
from tcvae_cli.files.provenance import canonical_json

Verb = Callable[..., Any]
EXACT, BINNED = by_quadrature(), by_histogram(20)
GRID = torch.cartesian_prod(torch.arange(4), torch.arange(6), torch.arange(2))


def gap_of(posterior: Posterior, classes: torch.Tensor, method: Any = EXACT) -> InformationGap:
    found = entropies(posterior, classes, method)
    return information_gap(found.marginal, found.conditional, found.factor)


def posterior_of(mean: torch.Tensor, std: float = 0.05) -> Posterior:
    return Posterior.from_tensors(mean.double(), torch.full(mean.shape, math.log(std), dtype=torch.float64))


def code() -> torch.Tensor:
    """Return codes: z0 tells factor 0 exactly, z1 factor 1, z2 nothing; factor 2 is told by none."""
    return torch.stack([2 * GRID[:, 0] - 3, 1 - GRID[:, 1], 0 * GRID[:, 0]], dim=1).double()


@pytest.mark.parametrize("tolerance", [1e-6, 1e-9])
def test_a_tolerance_bounds_the_error(tolerance: float) -> None:
    generator = torch.Generator().manual_seed(3)
    mean, spread = torch.randn(2, 48, 3, generator=generator, dtype=torch.float64)
    posterior = Posterior.from_tensors(mean, 2 * spread - 2)
    narrowest = entropies(posterior, GRID, by_quadrature(1e-15))
    found = entropies(posterior, GRID, by_quadrature(tolerance))
    for name in ("marginal", "conditional"):
        claimed = getattr(found, f"{name}_error")
        assert claimed.max() < tolerance
        torch.testing.assert_close(getattr(found, name), getattr(narrowest, name), rtol=0, atol=tolerance)


def test_a_tolerance_on_the_command_line(tcvae: Verb, tmp_path: Path) -> None:
    mean = code().float().numpy()
    arrays = {"mean": mean, "log_std": np.full_like(mean, -3), "factor_classes": GRID.numpy()}
    safetensors.numpy.save_file(arrays, tmp_path / "codes")
    plain, refined = (
        json.loads(tcvae("mig", str(tmp_path / "codes"), *flags)[1]) for flags in ((), ("--tolerance", "1e-9"))
    )
    assert plain["quadrature_error"] is None
    assert 0 < refined["quadrature_error"] < 1e-9
    assert refined["mig"] == pytest.approx(plain["mig"], abs=1e-8)
    for flags, said in ((("--tolerance", "0"), "above 0"), (("--tolerance", "1e-9", "--method", "histogram"), "exact")):
        status, _, errors = tcvae("mig", str(tmp_path / "codes"), *flags)
        assert status == 2
        assert said in errors
    assert "more than asked for" in tcvae("mig", str(tmp_path / "codes"), "--tolerance", "1e-18")[2]


@pytest.mark.parametrize("values", [[5], [7, 3, 3, 9] * 20, [-4, 2**60, -4, 0]], ids=["one", "few", "far apart"])
def test_classes_are_numbered_in_order(values: list[int]) -> None:
    different, index = numbered(torch.tensor(values))
    assert different.tolist() == sorted(set(values))
    assert different[index].tolist() == values


def test_variants_of_a_known_code() -> None:
    gap = gap_of(posterior_of(code()), GRID)
    assert gap.gap_per_factor.tolist() == pytest.approx([1, 1, 0], abs=1e-6)
    assert float(mig_sup(gap, torch.tensor([True, True, False]))) == pytest.approx(1, abs=1e-6)
    assert float(mig_sup(gap, torch.tensor([True, True, True]))) == pytest.approx(2 / 3, abs=1e-6)
    assert float(rmig(gap)) == pytest.approx((math.log(4) + math.log(6)) / 3, abs=1e-6)
    binned = torch.tensor([[0.5, 9, 9], [9, 0.25, 9], [3, 4, 2]])  # factor 2 is told by none, so all are equal winners
    wanted = (0.5 + 0.25 + 2 + math.log(4) + math.log(6) + math.log(2)) / 3 - float(rmig(gap))
    assert float(jemmig(gap, binned)) == pytest.approx(wanted, abs=1e-6)


def placed_anywhere(posterior: Posterior, latent: int, labels: torch.Tensor, places: int) -> float:
    """Return the entropy of bins given the labels, by their masses, averaged over some places to begin."""
    width = RESOLUTION
    law = norm if posterior.family is NORMAL else laplace
    mean, std = posterior.mean[:, latent].numpy(), posterior.log_std[:, latent].exp().numpy()
    scale = std * (1 if posterior.family is NORMAL else math.sqrt(0.5))
    ends = np.arange(math.floor((mean - 40 * std).min() / width) - 1, (mean + 40 * std).max() / width + 2)
    found = []
    for begin in (np.arange(places) + 0.5) / places:
        mass = np.diff(law.cdf((ends[None] + begin) * width, mean[:, None], scale[:, None]))
        weighed = mass * posterior.probability.numpy()[:, None]
        groups = [weighed[labels.numpy() == value].sum(0) for value in labels.unique()]
        found.append(sum(part.sum() * entropy(part) for part in groups))
    return float(np.mean(found))


@pytest.mark.parametrize("family", [NORMAL, LAPLACE], ids=["normal", "laplace"])
@pytest.mark.parametrize(("std", "places"), [(5e-3, 80), (0.02, 40), (0.08, 20), (0.5, 5)])
def test_entropies_of_bins_are_those_of_their_masses(family: Family, std: float, places: int) -> None:
    generator = torch.Generator().manual_seed(1)
    mean, spread = torch.randn(2, 24, 2, generator=generator, dtype=torch.float64)
    weight = torch.rand(24, generator=generator, dtype=torch.float64)
    posterior = Posterior.from_tensors(mean, math.log(std) + spread / 2, weight / weight.sum(), family)
    wanted = torch.tensor([[True, False], [False, True]])
    found = binned_entropies(posterior, GRID[::2, :2], wanted, RESOLUTION)
    for factor in range(2):
        brute = placed_anywhere(posterior, factor, GRID[::2, factor], places)
        assert float(found[factor, factor]) == pytest.approx(brute, abs=5e-4)  # of so many places
    assert torch.isinf(found[~wanted]).all()


def binned(mean: list[float], std: list[float]) -> float:
    """Return the entropy of the bins of one latent among all images."""
    means, widths = (torch.tensor(numbers, dtype=torch.float64)[:, None] for numbers in (mean, std))
    posterior, alike = Posterior.from_tensors(means, widths.log()), torch.zeros(len(mean), 1, dtype=torch.int64)
    return float(binned_entropies(posterior, alike, alike[:1] == 0, RESOLUTION))


def test_bins_of_points_and_of_wide_densities() -> None:
    """A point is in one bin wherever that begins; two half a bin apart are in two of them half of the time."""
    assert binned([5.0], [1e-8]) == pytest.approx(0, abs=1e-6)
    assert binned([0.3, 0.3, 0.3], [1e-8] * 3) == pytest.approx(0, abs=1e-6)
    assert binned([0.0, RESOLUTION / 2], [1e-8] * 2) == pytest.approx(math.log(2) / 2, abs=1e-6)
    assert binned([-1e6, 0, 1e6], [1e-8] * 3) == pytest.approx(math.log(3), abs=1e-6)
    for std in (10.0, 1e9):
        assert binned([0.0, 0.0], [std] * 2) == pytest.approx(NORMAL.entropy + math.log(std / RESOLUTION), abs=1e-5)
    assert binned([0.0, 1e13], [1.0, 1.0]) == math.inf


def test_bins_of_many_values_are_those_of_few_at_a_time() -> None:
    generator = torch.Generator().manual_seed(1)
    mean = torch.randn(400, 1, generator=generator, dtype=torch.float64)
    posterior, labels = posterior_of(mean, 0.02), torch.arange(400)[:, None] % 150
    (found,) = binned_entropies(posterior, labels, torch.ones(1, 1, dtype=torch.bool), RESOLUTION)
    groups = [mean[labels == value].tolist() for value in range(150)]
    alone = [len(group) / 400 * binned(group, [0.02] * len(group)) for group in groups]
    assert float(found) == pytest.approx(sum(alone), abs=1e-9)


def test_jemmig_of_narrow_codes_does_not_depend_on_where_they_stand(tcvae: Verb, tmp_path: Path) -> None:
    """Narrow against the bins, H(z|v) is 0, and JEMMIG is the mean of H(v) - I; codes too far apart have none."""
    found = []
    for offset, order in ((0.0, [0, 1]), (0.013, [1, 0])):
        codes = Codes.of((code() + offset)[:, order], torch.full((48, 2), -14.0).double(), GRID[:, :2])
        found.append(tcvae_cli.mig(codes).jemmig)
    assert found == pytest.approx([0, 0], abs=1e-4)
    arrays = {"mean": 1e13 * code(), "log_std": torch.zeros(48, 3).double(), "factor_classes": GRID}
    safetensors.torch.save_file(arrays, tmp_path / "codes")
    assert json.loads(tcvae("mig", str(tmp_path / "codes"))[1])["jemmig"] is None
    table = tcvae("mig", str(tmp_path / "codes"), "--format", "table")[1].decode()
    assert re.search("JEMMIG↓ +- +nats", table)


def test_a_factor_in_two_halves_has_the_known_gap() -> None:
    """z0 is factor 0's upper bit, z1 its lower: each ln 2 of ln 4, so no gap. MIG-sup sees nothing wrong."""
    bits = torch.stack([GRID[:, 0] // 2, GRID[:, 0] % 2], dim=1).double()
    gap = gap_of(posterior_of(bits), GRID[:, :2])
    assert gap.mutual_information[0].tolist() == pytest.approx([math.log(2)] * 2, abs=1e-6)
    assert float(gap.gap_per_factor[0]) == pytest.approx(0, abs=1e-6)
    assert float(mig_sup(gap, torch.tensor([True, True]))) == pytest.approx(0.5, abs=1e-6)


def test_rotation_costs_and_a_leak_into_a_dead_latent_does_not() -> None:
    straight = gap_of(posterior_of(code()), GRID[:, :2])
    turned = code()
    turned[:, :2] = turned[:, :2] @ torch.tensor([[0.8, -0.6], [0.6, 0.8]]).double()
    assert float(gap_of(posterior_of(turned), GRID[:, :2]).mig) < 0.5 * float(straight.mig)
    log_std = torch.tensor([0.05, 0.05, 1.0]).log().expand(48, 3).double()
    leaking = Posterior.from_tensors(code() + 1e-3 * GRID[:, [0]] * torch.tensor([0, 0, 1]), log_std)
    assert gap_of(leaking, GRID[:, :2]).winner.tolist() == [0, 1]
    assert float(gap_of(leaking, GRID[:, :2]).mig) > 0.97
    assert active_latents(leaking.mean, leaking.log_std, leaking.probability).tolist() == [True, True, False]


@pytest.mark.parametrize("seed", range(3))
def test_the_histograms_mig_is_the_public_definition_on_a_grid_too(tcvae: Verb, tmp_path: Path, seed: int) -> None:
    """float32 means on a grid lie on the edges of bins. By numpy.histogram, numpy.digitize and sklearn alone."""
    generator = np.random.default_rng(seed)
    classes = np.stack([generator.integers(size, size=2000) for size in (5, 8)], axis=1)
    level = 8 * np.column_stack([classes, classes.sum(1)]) + (4 * generator.normal(size=(2000, 3))).round()
    level = np.clip(level, 0, 40) / 40  # two levels a bin, and each second one on an edge
    mean = (level * generator.uniform(0.1, 3, size=3) + generator.normal(size=3)).astype(np.float32)
    tensors = {"mean": mean, "log_std": mean * 0 - 2, "factor_classes": classes}
    safetensors.numpy.save_file(tensors, tmp_path / "codes")
    binned = [np.digitize(column, np.histogram(column, 20)[1][:-1]) for column in mean.T]
    told = [sorted(mutual_info_score(factor, column) for column in binned) for factor in classes.T]
    gaps = [(row[-1] - row[-2]) / mutual_info_score(f, f) for row, f in zip(told, classes.T, strict=True)]
    found = json.loads(tcvae("mig", str(tmp_path / "codes"), "--method", "histogram")[1])
    assert found["mig"] == pytest.approx(np.mean(gaps), abs=1e-9)


def test_one_outlier_changes_mig_by_little_but_the_histogram_by_much() -> None:
    rows = GRID.repeat(20, 1)
    mean = code().repeat(20, 1)
    before = {method: float(gap_of(posterior_of(mean), rows[:, :2], method).mig) for method in METHODS}
    mean[0] = 1e4
    after = {method: float(gap_of(posterior_of(mean), rows[:, :2], method).mig) for method in METHODS}
    assert after[EXACT] == pytest.approx(before[EXACT], abs=0.01)
    assert after[BINNED] < 0.05 < 0.97 < before[BINNED]


METHODS = (EXACT, BINNED)


@settings(max_examples=10)
@given(st.integers(0, 10_000), st.floats(0.1, 10), st.floats(-50, 50))
def test_relatives_are_invariant_too(seed: int, scale: float, shift: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    mean = code() + 0.5 * torch.randn(48, 3, generator=generator, dtype=torch.float64)
    base, rows = gap_of(posterior_of(mean), GRID), torch.randperm(48, generator=generator)
    active = torch.ones(3, dtype=torch.bool)
    changed = {
        "latents": (mean[:, [2, 0, 1]], 0.05, GRID),
        "signs": (-mean, 0.05, GRID),
        "units": (scale * mean + shift, 0.05 * scale, GRID),
        "rows": (mean[rows], 0.05, GRID[rows]),
        "twice": (mean.repeat(2, 1), 0.05, GRID.repeat(2, 1)),
    }
    for what, (other, std, labels) in changed.items():
        gap = gap_of(posterior_of(other, std), labels)
        for relative in (lambda g: mig_sup(g, active), rmig):
            assert float(relative(gap)) == pytest.approx(float(relative(base)), abs=1e-7), what


def test_missing_labels_are_as_if_the_rows_were_not_there() -> None:
    generator = torch.Generator().manual_seed(0)
    posterior = posterior_of(code() + 0.5 * torch.randn(48, 3, generator=generator, dtype=torch.float64))
    missing = torch.rand(48, generator=generator) < 0.3
    labels = GRID.clone()
    labels[missing, 1] = MISSING
    for method in (*METHODS, by_sampling(48, 0)):
        found = entropies(posterior, labels, method)
        kept = Posterior.from_tensors(posterior.mean[~missing], posterior.log_std[~missing])
        alone = entropies(kept, GRID[~missing][:, [1]], method)
        for name in ("marginal", "conditional", "factor"):
            torch.testing.assert_close(getattr(found, name)[1], getattr(alone, name)[0])
    whole = entropies(posterior, GRID, EXACT)
    found = entropies(posterior, labels, EXACT)
    for k in (0, 2):
        torch.testing.assert_close(found.conditional[k], whole.conditional[k])


def test_the_papers_procedure_is_within_its_standard_error() -> None:
    generator = torch.Generator().manual_seed(1)
    rows = GRID.repeat(60, 1)
    mean = code().repeat(60, 1) + 0.3 * torch.randn(len(rows), 3, generator=generator, dtype=torch.float64)
    exact = gap_of(posterior_of(mean, 0.5), rows[:, :2])
    for seed in range(5):
        found = entropies(posterior_of(mean, 0.5), rows[:, :2], by_sampling(400, seed))
        gap = information_gap(found.marginal, found.conditional, found.factor)
        error = standard_error(found, gap.winner, gap.runner_up)
        assert 0 < error < 0.05
        assert float(gap.mig) == pytest.approx(float(exact.mig), abs=4 * error)


@pytest.mark.parametrize("method", [by_sampling(40, 0), EXACT, BINNED], ids=["sampling", "exact", "binned"])
def test_progress_is_told_of_all_the_work(method: Any) -> None:
    labels = GRID.clone()
    labels[0, 0] = MISSING
    told: list[float] = []
    entropies(posterior_of(code()), labels, method, told.append)
    assert sum(told) == pytest.approx(2 * 3)
    if method is not BINNED:
        assert len(told) > 5


def test_a_ceiling_below_one_where_two_values_share_a_picture() -> None:
    """Values 0 and 3 of four look alike: H(v|x) = (1/2) ln 2 of ln 4."""
    values = torch.arange(4).repeat(3)
    pictures = torch.where(values == 3, 0, values)
    ceiling = attainable(pictures, torch.stack([values, values // 2], dim=1), torch.full((12,), 1 / 12).double())
    assert ceiling.tolist() == pytest.approx([0.75, 0.5])
    weight = torch.rand(22, generator=torch.Generator().manual_seed(22), dtype=torch.float64)
    weight[-1] = 1e-18  # of a value too rare for a difference of sums
    rows = torch.arange(22)
    (ceiling,) = attainable(rows // 2, (rows == 21).long()[:, None], weight / weight.sum())
    assert 0 <= float(ceiling) <= 1


def test_equal_images_get_equal_numbers(tmp_path: Path) -> None:
    write_tiny(tmp_path / "tiny.h5")
    with open_data_set(str(tmp_path / "tiny.h5")) as data:
        numbers = number_images(data)
    images = tiny_rows()[0].reshape(192, -1)
    _, wanted = np.unique(images, axis=0, return_inverse=True)
    assert len(np.unique(np.stack([numbers, wanted]), axis=1).T) == len(np.unique(numbers)) == len(np.unique(wanted))


def test_mig_prints_its_relatives_and_the_ceiling(tcvae: Verb) -> None:
    status, line, errors = tcvae("mig", "run_codes.safetensors", "--factors", "tiny.h5", "--ceiling")
    assert (status, errors) == (0, "")
    record = json.loads(line)
    assert [len(row) for row in record["mutual_information"]] == [10] * 4
    assert len(record["ceiling"]) == 4
    assert all(gap <= limit <= 1 for gap, limit in zip(record["gap_per_factor"], record["ceiling"], strict=True))
    assert record["rmig"] == pytest.approx(np.mean(np.multiply(record["gap_per_factor"], record["factor_entropy"])))
    binned = json.loads(tcvae("mig", "codes.safetensors", "--method", "histogram", "--bins", "30")[1])
    assert binned["estimator"].startswith("histogram")
    assert binned["bins"] == 30
    sampled = json.loads(tcvae("mig", "codes.safetensors", "--method", "monte-carlo", "--samples", "20")[1])
    assert sampled["standard_error"] > 0
    assert (
        b"at most" in tcvae("mig", "run_codes.safetensors", "--factors", "tiny.h5", "--ceiling", "--format", "table")[1]
    )


@pytest.mark.parametrize(
    ("means", "said"),
    [
        ("perfect", []),
        ("one latent of two factors", ["latent 0 tells most of factor_0 and factor_1,"]),
        ("two latents of them, rotated", []),  # neither wins by much
        ("the second factor faint", []),
    ],
)
def test_a_latent_that_wins_several_factors_is_named(means: str, said: list[str]) -> None:
    first, second = GRID[:, 0].double(), GRID[:, 1].double()
    columns = {
        "perfect": [first, second],
        "one latent of two factors": [first + 4 * second, 0 * first],
        "two latents of them, rotated": [first + second, first - second],
        "the second factor faint": [first + 0.02 * second, 0 * first],
    }[means]
    mean = torch.stack(columns, 1).float().numpy()
    codes = Codes(mean=mean, log_std=np.full_like(mean, -2.5), factor_classes=GRID[:, :2].numpy())
    notes: list[str] = []
    found = tcvae_cli.mig(codes, note=notes.append)
    assert [note[: len(start)] for note, start in zip(notes, said, strict=True)] == said
    assert found.notes == (tuple(notes) or None)
    assert all(f"mig_sup ({found.mig_sup:.3f}) does" in note for note in notes)


def test_mig_of_codes_with_missing_labels(tcvae: Verb, tmp_path: Path) -> None:
    tensors = safetensors.numpy.load_file("codes.safetensors")
    tensors["factor_classes"] = tensors["factor_classes"].copy()
    tensors["factor_classes"][:5, 0] = MISSING
    safetensors.numpy.save_file(tensors, tmp_path / "codes")
    record = json.loads(tcvae("mig", str(tmp_path / "codes"))[1])
    assert len(record["marginal_entropy"]) == 2  # one row per factor
    assert record["factor_entropy"][0] == pytest.approx(
        -(np.array([7, 12, 12, 12]) / 43 @ np.log(np.array([7, 12, 12, 12]) / 43))
    )
    tensors["factor_classes"][:, 0] = MISSING
    safetensors.numpy.save_file(tensors, tmp_path / "codes")
    status, _, errors = tcvae("mig", str(tmp_path / "codes"))
    assert (status, errors.count("\n")) == (1, 1)
    assert "factor_0 has no labels" in errors


@pytest.mark.parametrize("verb", [("mig",), ("score", "--measure", "sap")])
def test_a_data_set_whose_scored_factors_are_all_fixed_is_refused(tcvae: Verb, tmp_path: Path, verb: Any) -> None:
    fixed = [f"--where={factor}=0" for factor in ("scale", "orientation", "posX", "posY")]
    assert tcvae("subset", "tiny.h5", *fixed, "-o", str(tmp_path / "fixed.h5"))[0] == 0
    mean = np.arange(6, dtype=np.float32).reshape(3, 2)
    safetensors.numpy.save_file({"mean": mean, "log_std": -mean}, tmp_path / "codes")
    files = (str(tmp_path / "codes"), "--factors", str(tmp_path / "fixed.h5"))
    status, _, errors = tcvae(*verb, *files)
    assert (status, errors.count("\n")) == (1, 1)
    assert "scores none of its factors" in errors
    assert "factor shape has a class of its own for each of 3 images" in tcvae(*verb, *files, "--factor", "shape")[2]


@pytest.mark.parametrize(
    "flags", [("--samples", "50"), ("--bins", "9"), ("--method", "histogram", "--seed", "1"), ("--ceiling",)]
)
def test_flags_that_would_do_nothing_are_refused(tcvae: Verb, flags: tuple[str, ...]) -> None:
    status, output, errors = tcvae("mig", "codes.safetensors", *flags)
    assert (status, output, errors.count("\n")) == (2, b"", 1)


@pytest.mark.parametrize(
    "words",
    [
        ("mig", "--method", "monte-carlo", "--samples", "1000000000"),
        ("mig", "--method", "histogram", "--bins", "1000000000"),
        ("estimate-tc", "--samples", "1000000000"),
    ],
)
def test_more_than_memory_or_a_life_allows_is_refused(tcvae: Verb, words: tuple[str, ...]) -> None:
    status, output, errors = tcvae(*words, "codes.safetensors")
    assert (status, output) == (2, b"")
    assert errors == f"tcvae: invalid value for '{words[-2]}': must be at most 1000000; see tcvae {words[0]} --help\n"


def test_many_values_in_many_bins_take_memory_for_the_images_only() -> None:
    """Every image has a value and a bin of its own: 40 GB if each value had all bins."""
    mean, classes = torch.arange(5000.0)[:, None], torch.arange(5000)[:, None]
    weight = torch.full((5000,), 1 / 5000, dtype=torch.float64)
    marginal, conditional = histogram_entropies(mean, classes, weight, 1_000_000)
    assert float(marginal) == pytest.approx(math.log(5000))
    assert float(conditional) == pytest.approx(0, abs=1e-9)


def test_gaussian_total_correlation_of_means_by_hand() -> None:
    """Two means of correlation rho and a constant one: -1/2 ln(1 - rho^2)."""
    first, second = GRID[:, 0].double(), GRID[:, 1].double()
    mean = torch.stack([first, first + second, torch.ones(48).double()], dim=1)
    rho = first.var() / (first.var() * (first.var() + second.var())).sqrt()
    weight = torch.full((48,), 1 / 48, dtype=torch.float64)
    found = gaussian_total_correlation(mean, weight)
    assert float(found) == pytest.approx(-0.5 * math.log(1 - float(rho) ** 2))
    assert float(gaussian_total_correlation(-3 * mean + 5, weight)) == pytest.approx(float(found))
    assert math.isinf(float(gaussian_total_correlation(mean[:, [0, 0]], weight)))
    assert float(gaussian_total_correlation(mean[:, 2:], weight)) == 0


def test_estimate_tc_against_the_number_of_samples(tcvae: Verb) -> None:
    flags = ("--samples", "200", "--samples", "800")
    few, more = (json.loads(line) for line in tcvae("estimate-tc", "run_codes.safetensors", *flags)[1].splitlines())
    assert (few["samples"], more["samples"]) == (200, 800)
    assert few["gaussian_total_correlation_of_means"] == more["gaussian_total_correlation_of_means"] >= 0
    assert tcvae("estimate-tc", "run_codes.safetensors", "--samples", "800")[1] == json_line(more)
    status, output, errors = tcvae("estimate-tc", "run_codes.safetensors", "--batch-size", "64")
    assert (status, output, errors.count("\n")) == (2, b"", 1)


def json_line(record: dict[str, Any]) -> bytes:
    return (canonical_json(record) + "\n").encode()


@pytest.mark.parametrize("verb", [("mig",), ("estimate-tc", "--samples", "100"), ("score", "--measure", "irs")])
def test_a_width_that_float64_cannot_tell_is_noted(tcvae: Verb, tmp_path: Path, verb: tuple[str, ...]) -> None:
    mean = code() * 1e6
    arrays = {"mean": mean.numpy(), "log_std": np.full(mean.shape, -15.0), "factor_classes": GRID.numpy()[:, :2]}
    for log_std, said in ((-15.0, ""), (-25.0, "are below 9e-16 of the largest mean")):
        arrays["log_std"][0] = log_std
        safetensors.numpy.save_file({name: np.ascontiguousarray(a) for name, a in arrays.items()}, tmp_path / "codes")
        status, _, errors = tcvae(*verb, str(tmp_path / "codes"))
        assert status == 0
        assert said in errors
        assert errors.count("\n") == bool(said)
