"""Entropies, MIG and the decomposition: against brute-force integration, closed forms and their identities."""

import json
import math
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from tcvae_cli.estimators.decomposition import decompose
from tcvae_cli.estimators.densities import LAPLACE, differential_entropy
from tcvae_cli.estimators.draws import sample_aggregate
from tcvae_cli.estimators.joint_density import joint_log_density
from tcvae_cli.estimators.latent_entropies import (
    exact_entropies,
    factor_entropies,
    group_columns,
    monte_carlo_entropies,
)
from tcvae_cli.estimators.mig import InformationGap, information_gap
from tcvae_cli.estimators.mixtures import exact
from tcvae_cli.estimators.posterior import Posterior
from tcvae_cli.estimators.threads import map_in_threads

NAMES = (
    "axis_aligned",
    "rotated_45_degrees",
    "biased_sampling",
    "a_value_never_sampled",
    "random_posterior",
    "collapsed",
    "narrow_and_wide",
    "dependent_2d",
)


def gap_of(posterior: Posterior, classes: torch.Tensor) -> InformationGap:
    factor_entropy = factor_entropies(*group_columns(classes), posterior.probability)
    return information_gap(*exact_entropies(posterior, classes), factor_entropy)


def small_posterior(seed: int, rows: int = 24, latents: int = 3) -> tuple[Posterior, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    mean, spread = torch.randn(2, rows, latents, generator=generator, dtype=torch.float64)
    classes = torch.stack([torch.arange(rows) % 3, torch.arange(rows) // 3 % 4], dim=1)
    return Posterior.from_tensors(mean + classes[:, :1], 0.7 * spread - 1.5), classes


@pytest.mark.parametrize("name", NAMES)
def test_reference_posteriors(shared: Path, name: str) -> None:
    expected = json.loads((shared / "vectors/expected.json").read_text())["posteriors"][name]
    stored = load_file(shared / f"vectors/{name}.safetensors")
    posterior = Posterior.from_tensors(stored["mean"], stored["log_std"], stored.get("probability"))
    gap = gap_of(posterior, stored["factor_classes"])
    for key in (
        "marginal_entropy",
        "conditional_entropy",
        "factor_entropy",
        "mutual_information",
        "gap_per_factor",
        "mig",
    ):
        wanted = torch.tensor(expected[key], dtype=torch.float64)
        torch.testing.assert_close(getattr(gap, key), wanted, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", ["collapsed", "dependent_2d"])
def test_reference_decompositions(shared: Path, name: str) -> None:
    expected = json.loads((shared / "vectors/expected.json").read_text())["posteriors"][name]
    stored = load_file(shared / f"vectors/{name}.safetensors")
    found = decompose(
        Posterior.from_tensors(stored["mean"], stored["log_std"]), 20_000, torch.Generator().manual_seed(1)
    )
    for key in ("index_code_mi", "total_correlation", "joint_entropy"):
        assert getattr(found, key) == pytest.approx(expected[key], abs=4 * found.standard_error + 1e-9)
    for key in ("dimension_wise_kl", "analytic_kl"):
        assert getattr(found, key) == pytest.approx(expected[key], abs=1e-6)


@pytest.mark.parametrize("std", [1e-6, 1e-3, 1.0, 1e3])
def test_one_normal_has_its_closed_form_entropy(std: float) -> None:
    log_std = torch.full((1, 1), math.log(std), dtype=torch.float64)
    posterior = Posterior.from_tensors(torch.full((1, 1), 5.0, dtype=torch.float64), log_std)
    marginal, _ = exact_entropies(posterior, torch.zeros(1, 1, dtype=torch.int64))
    assert float(marginal) == pytest.approx(float(differential_entropy(log_std)), abs=1e-8)


@pytest.mark.parametrize("std", [1e-2, 1e-8, 2e-9])
@pytest.mark.parametrize("mean", [[1e6], [1e6, 1e6], [1e6, -1e6, 0.0], [1e6, 1e6 - 1]])
def test_a_narrow_posterior_far_off_has_its_closed_form_entropy(mean: list[float], std: float) -> None:
    """H of one, and ln of how many places there are."""
    means = torch.tensor(mean, dtype=torch.float64)[:, None]
    log_std = torch.full_like(means, math.log(std))
    marginal, _ = exact_entropies(Posterior.from_tensors(means, log_std), torch.zeros(len(mean), 1, dtype=torch.int64))
    wanted = float(differential_entropy(log_std[0])) + math.log(len(set(mean)))
    assert float(marginal) == pytest.approx(wanted, abs=1e-8)


def test_the_cusps_of_a_mixture_are_integrated_as_finely_as_promised() -> None:
    """A narrow Laplace density that all but few images share, wide ones around it; by mpmath, in 30 digits."""
    mean, log_std, weight = (
        torch.tensor(numbers, dtype=torch.float64)
        for numbers in (
            [0.00329537, -0.04005888, -0.02045924],
            [-2.63531185, -1.26540935, -1.32816666],
            [0.99512, 0.0026, 0.00228],
        )
    )
    posterior = Posterior.from_tensors(mean[:, None], log_std[:, None], weight, LAPLACE)
    marginal, _ = exact_entropies(posterior, torch.zeros(3, 1, dtype=torch.int64))
    assert float(marginal) == pytest.approx(-1.27589098248784, abs=1e-8)


def test_far_apart_components_add_the_entropy_of_the_choice() -> None:
    """Widths from 1e-5 to 10 and an outlier at 1e6: H = sum_n p_n H_n + ln 5 when nothing overlaps."""
    mean = torch.tensor([[-500.0], [0.0], [300.0], [1000.0], [1e6]], dtype=torch.float64)
    log_std = torch.tensor([[1e-5], [10.0], [0.1], [1.0], [0.05]], dtype=torch.float64).log()
    posterior, classes = Posterior.from_tensors(mean, log_std), torch.arange(5)[:, None]
    marginal, conditional = exact_entropies(posterior, classes)
    assert float(marginal) == pytest.approx(float(differential_entropy(log_std).mean()) + math.log(5), abs=1e-8)
    assert float(conditional) == pytest.approx(float(differential_entropy(log_std).mean()), abs=1e-8)


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.floats(0.01, 100), st.floats(-50, 50))
def test_mig_is_invariant(seed: int, scale: float, shift: float) -> None:
    posterior, classes = small_posterior(seed)
    mig = gap_of(posterior, classes).mig
    latents = torch.tensor([2, 0, 1])
    rows = torch.randperm(24, generator=torch.Generator().manual_seed(seed))
    dead = torch.zeros(24, 1, dtype=torch.float64)
    changed = {
        "latents permuted": (posterior.mean[:, latents], posterior.log_std[:, latents], classes),
        "rows permuted": (posterior.mean[rows], posterior.log_std[rows], classes[rows]),
        "signs flipped": (-posterior.mean, posterior.log_std, classes),
        "rescaled, shifted": (scale * posterior.mean + shift, posterior.log_std + math.log(scale), classes),
        "data duplicated": (posterior.mean.repeat(2, 1), posterior.log_std.repeat(2, 1), classes.repeat(2, 1)),
        "dead latent": (torch.cat([posterior.mean, dead], 1), torch.cat([posterior.log_std, dead], 1), classes),
    }
    for what, (mean, log_std, labels) in changed.items():
        assert float(gap_of(Posterior.from_tensors(mean, log_std), labels).mig) == pytest.approx(
            float(mig), abs=1e-7
        ), what


def test_monte_carlo_agrees_with_exact() -> None:
    posterior, classes = small_posterior(3, rows=2400)
    wanted, wanted_conditional = exact_entropies(posterior, classes)
    found = monte_carlo_entropies(posterior, classes, 2400, torch.Generator().manual_seed(0))
    for k, (marginal, error, conditional, its_error) in enumerate(found):
        assert (abs(marginal - wanted) < 4 * error).all()
        assert (abs(conditional - wanted_conditional[k]) < 4 * its_error).all()


def test_joint_log_density_is_the_exact_mixture() -> None:
    posterior, _ = small_posterior(5)
    z, rows = sample_aggregate(posterior, 50, torch.Generator().manual_seed(0))
    wanted, _ = exact(z, posterior.mean, posterior.log_std)
    torch.testing.assert_close(joint_log_density(z, rows, posterior), wanted, rtol=0, atol=1e-5)


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_the_terms_sum_to_the_mean_kl(seed: int) -> None:
    posterior, _ = small_posterior(seed)
    found = decompose(posterior, 500, torch.Generator().manual_seed(seed))
    total = found.index_code_mi + found.total_correlation + found.dimension_wise_kl
    assert total == pytest.approx(found.analytic_kl, rel=1e-7)
    assert found.index_code_mi <= math.log(24) + 1e-6 + 4 * found.standard_error
    assert found.total_correlation >= -4 * found.standard_error
    assert found.sampled_kl == pytest.approx(found.analytic_kl, abs=6 * found.sampled_kl_standard_error)


def test_independent_latents_have_no_total_correlation() -> None:
    grid = torch.cartesian_prod(*[torch.linspace(-2, 2, 8, dtype=torch.float64)] * 3)
    found = decompose(Posterior.from_tensors(grid, torch.full_like(grid, -2.0)), 4000, torch.Generator().manual_seed(0))
    assert found.total_correlation == pytest.approx(0, abs=4 * found.standard_error + 1e-6)


def test_information_gap_by_hand() -> None:
    gap = information_gap(torch.tensor([1.0, 2.0]), torch.tensor([[0.5, 2.5], [1.0, 0.5]]), torch.tensor([1.0, 2.0]))
    assert gap.mutual_information.tolist() == [[0.5, 0.0], [0.0, 1.5]]
    assert gap.winner.tolist() == [0, 1]
    assert gap.runner_up.tolist() == [1, 0]
    assert gap.gap_per_factor.tolist() == [0.5, 0.75]
    assert float(gap.mig) == 0.625


def test_a_single_latent_wins_against_nothing() -> None:
    gap = information_gap(torch.tensor([1.0]), torch.tensor([[0.25]]), torch.tensor([1.0]))
    assert float(gap.mig) == 0.75
    assert gap.runner_up is None


@pytest.mark.parametrize("log_std", [-3.0, -12.0, -15.0, -20.0])
def test_narrow_posteriors_lose_no_digits(log_std: float) -> None:
    """Two far points on the diagonal: MI = TC = ln 2 however narrow they are."""
    mean = torch.tensor([[3.0, 3.0], [-3.0, -3.0]], dtype=torch.float64)
    found = decompose(
        Posterior.from_tensors(mean, torch.full_like(mean, log_std)), 1000, torch.Generator().manual_seed(0)
    )
    assert found.index_code_mi == pytest.approx(math.log(2), abs=1e-6 + 4 * found.standard_error)
    assert found.total_correlation == pytest.approx(math.log(2), abs=1e-6 + 4 * found.standard_error)


@settings(max_examples=5)
@given(st.integers(0, 10_000), st.floats(0.1, 10))
def test_tc_and_mi_are_invariant_within_their_errors(seed: int, scale: float) -> None:
    """Latents permuted, signs, a latent rescaled and shifted, rows permuted, the data twice, a dead latent."""
    posterior, _ = small_posterior(seed)
    rows = torch.randperm(24, generator=torch.Generator().manual_seed(seed))
    units = torch.tensor([scale, 1, 1], dtype=torch.float64)
    dead = torch.zeros(24, 1, dtype=torch.float64)
    mean, log_std = posterior.mean, posterior.log_std
    base = decompose(posterior, 2000, torch.Generator().manual_seed(0))
    changed = {
        "latents permuted": (mean[:, [2, 0, 1]], log_std[:, [2, 0, 1]]),
        "signs flipped": (-mean, log_std),
        "a latent rescaled and shifted": (mean * units + units, log_std + units.log()),
        "rows permuted": (mean[rows], log_std[rows]),
        "data twice": (mean.repeat(2, 1), log_std.repeat(2, 1)),
        "dead latent": (torch.cat([mean, dead], 1), torch.cat([log_std, dead], 1)),
    }
    for what, (other, its_log_std) in changed.items():
        found = decompose(Posterior.from_tensors(other, its_log_std), 2000, torch.Generator().manual_seed(1))
        error = 5 * math.hypot(base.standard_error, found.standard_error) + 1e-7
        assert found.total_correlation == pytest.approx(base.total_correlation, abs=error), what
        assert found.index_code_mi == pytest.approx(base.index_code_mi, abs=error), what


def test_results_do_not_depend_on_the_number_of_threads(torch_threads: None) -> None:
    posterior, classes = small_posterior(2, rows=600)
    found = []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        parts = decompose(posterior, 700, torch.Generator().manual_seed(0))
        found.append((*exact_entropies(posterior, classes), parts.marginal_entropy, torch.tensor(parts.joint_entropy)))
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_torch_has_its_threads_back_whatever_happens() -> None:
    before = torch.get_num_threads()
    assert map_in_threads(lambda item: (item, torch.get_num_threads()), [5, 6], most=1) == [(5, 1), (6, 1)]
    with pytest.raises(ZeroDivisionError):
        map_in_threads(lambda item: 1 / item, [0, 1])
    assert torch.get_num_threads() == before
