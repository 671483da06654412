"""Match the latents of two runs by what they say of the same images."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tcvae_cli.activity import ACTIVE_SHARE
from tcvae_cli.errors import TcvaeError
from tcvae_cli.machine import start_torch
from tcvae_cli.verbs.checks import check_share
from tcvae_cli.verbs.inputs import AnyPath, codes_in, posterior_of, prior_of, same_probability
from tcvae_cli.verbs.record import Origin, origin_of, start_of_line

if TYPE_CHECKING:
    import torch

    from tcvae_cli.estimators.posterior import Posterior
    from tcvae_cli.files.codes import Codes


@dataclass(frozen=True)
class MatchedPair:
    """A latent of the first run and the one of the other that is assigned to it."""

    latent: int
    other: int
    correlation: float  # Pearson's r of their means over all images, each by its p(n)
    kl: float  # mean KL of the first's, in nats
    other_kl: float
    active: bool  # whether both latents are active


@dataclass(frozen=True)
class Match:
    """The one-to-one matching of two runs' latents, the strongest correlation first."""

    estimator: str
    pairs: tuple[MatchedPair, ...]
    rows: int
    latents: int
    active: float  # the least share of its variance that the mean of an active latent has
    origin: Origin  # of the first codes
    other: Origin

    def record(self) -> dict[str, Any]:
        """Return the line that `tcvae match` prints."""
        return start_of_line("match") | {
            "estimator": self.estimator,
            "pairs": [asdict(pair) for pair in self.pairs],
            "rows": self.rows,
            "latents": self.latents,
            "samples": None,
            "seed": None,
            "active": self.active,
            **self.origin.record(),
            "other": self.other.record(),
        }


@dataclass(frozen=True)
class Latents:
    """What codes tell of their latents: the posterior, the mean KL in nats and whether each is active, (latent,)."""

    posterior: "Posterior"
    kl: "torch.Tensor"
    active: "torch.Tensor"


def match(first: "Codes | AnyPath", second: "Codes | AnyPath", *, active: float = ACTIVE_SHARE) -> Match:
    """Return the one-to-one matching of two runs' latents with the largest sum of |Pearson r| of their means.

    FIRST and SECOND are codes of the same images; where these are not equally likely, r weighs each by its p(n). A
    latent is active if its mean has more than the share ACTIVE of its aggregated variance. The active ones are matched
    among themselves, then those that are left. TcvaeError if the codes are of different images, as far as they tell.
    """
    check_share(active)
    start_torch("cpu")
    from tcvae_cli.estimators.matching import correlations, matched

    one, other = codes_in(first, "first"), codes_in(second, "second")
    check_same_images(one, other)
    its, others = latents_of(one, active), latents_of(other, active)
    likely = None if one.probability is None else its.posterior.probability
    found = correlations(its.posterior.mean, others.posterior.mean, likely)
    pairs = [
        MatchedPair(
            pair.latent,
            pair.other,
            pair.correlation,
            float(its.kl[pair.latent]),
            float(others.kl[pair.other]),
            bool(its.active[pair.latent] and others.active[pair.other]),
        )
        for pair in matched(found, its.active, others.active)
    ]
    return Match(
        estimator="correlation",
        pairs=tuple(sorted(pairs, key=lambda pair: -abs(pair.correlation))),
        rows=len(one.mean),
        latents=one.mean.shape[1],
        active=active,
        origin=origin_of(one),
        other=origin_of(other),
    )


def check_same_images(first: "Codes", second: "Codes") -> None:
    """Refuse two sets of codes that are not of the same images, as far as they say."""
    digests = {one.data.digest for one in (first, second)} - {""}
    if len(digests) > 1 or len(first.mean) != len(second.mean):
        fault = f"is not of the same images as {first.where}"
        raise TcvaeError(second.where, fault, "encode one data set with both runs")
    if not same_probability(first.probability, second.probability):
        fault = f"has another probability of the images than {first.where}"
        raise TcvaeError(second.where, fault, "encode one data set with both runs")


def latents_of(codes: "Codes", active: float) -> Latents:
    """Return the KL of each latent of some codes, and whether it is active."""
    from tcvae_cli.estimators.activity import active_latents
    from tcvae_cli.estimators.decomposition import mean_kl

    posterior = posterior_of(codes)
    carrying = active_latents(posterior.mean, posterior.log_std, posterior.probability, active)
    return Latents(posterior, mean_kl(posterior, prior_of(codes)), carrying)
