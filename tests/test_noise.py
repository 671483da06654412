"""Noise by counter: the published vectors of Philox, moments, orders, and what it may depend on."""

import pytest
import torch
from scipy import stats
from torch import Tensor

from tcvae_cli.estimators.densities import FAMILIES, LAPLACE, NORMAL, Family
from tcvae_cli.kernels import unusable, usable
from tcvae_cli.models.discriminator import latent_orders
from tcvae_cli.models.noise import CounterNoise, GeneratorNoise, philox


def noise(*seeds: int, step: int = 3) -> CounterNoise:
    return CounterNoise(torch.tensor(seeds), torch.tensor(step))


# The known answers of Random123 (Salmon et al. 2011), kat_vectors: counter, key, result.
@pytest.mark.parametrize(
    ("counter", "key", "result"),
    [
        ("00000000 " * 4, "00000000 " * 2, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff " * 4, "ffffffff " * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)
def test_philox_gives_the_published_words(counter: str, key: str, result: str) -> None:
    def words(text: str) -> tuple[Tensor, ...]:
        return tuple(torch.tensor(int(word, 16)) for word in text.split())

    left, right = words(key)
    assert [f"{int(word):08x}" for word in philox(words(counter), (left, right))] == result.split()


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_draws_follow_the_standard_member(family: Family) -> None:
    drawn = noise(5).standard(family, (20_000, 3))[0]
    assert drawn.shape == (20_000, 3)
    assert drawn.dtype == torch.float32
    law = stats.norm() if family is NORMAL else stats.laplace(scale=0.5**0.5)
    assert stats.kstest(drawn.flatten().numpy(), law.cdf).pvalue > 0.01
    assert torch.corrcoef(drawn.T).triu(1).abs().max() < 0.03


def test_a_member_draws_the_same_whatever_is_beside_it() -> None:
    alone, beside, single = noise(7), noise(3, 7, 2**31), CounterNoise(torch.tensor(7), torch.tensor(3))
    for family in (NORMAL, LAPLACE, NORMAL):
        drawn = beside.standard(family, (5, 3))
        assert torch.equal(alone.standard(family, (5, 3))[0], drawn[1])
        assert torch.equal(single.standard(family, (5, 3)), drawn[1])
    assert torch.equal(alone.orders(9, 2)[0], beside.orders(9, 2)[1])


def test_every_seed_step_and_draw_has_its_own_noise() -> None:
    step = torch.tensor(0)
    found = CounterNoise(torch.tensor([0, 1, 1 + 2**32]), step)
    draws = []
    for number in (0, 1, 2**32):
        step.fill_(number)
        found.begin()
        draws += [found.standard(NORMAL, (4,)), found.standard(NORMAL, (4,))]
    assert len(torch.cat(draws).flatten().unique()) == 3 * 3 * 2 * 4
    found.begin()
    assert torch.equal(found.standard(NORMAL, (4,)), draws[4])


def test_orders_are_permutations_of_every_latent() -> None:
    orders = noise(1, 2).orders(500, 3)
    assert orders.shape == (2, 500, 3)
    assert torch.equal(orders.sort(dim=1).values, torch.arange(500)[None, :, None].expand(2, -1, 3))
    assert len(orders.transpose(1, 2).reshape(6, 500).unique(dim=0)) == 6
    firsts = CounterNoise(torch.arange(4000), torch.tensor(0)).orders(4, 1)[:, 0, 0]
    assert stats.chisquare(firsts.bincount().numpy()).pvalue > 0.01


def test_kernels_are_for_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    assert not usable(torch.zeros(1))
    assert unusable(torch.device("cpu")) == "the kernels are for CUDA"


def test_a_generator_draws_as_before() -> None:
    found, again = GeneratorNoise(torch.Generator().manual_seed(4)), torch.Generator().manual_seed(4)
    assert torch.equal(found.standard(NORMAL, (3, 2)), torch.randn((3, 2), generator=again))
    assert torch.equal(found.orders(5, 2), latent_orders(5, 2, again))
