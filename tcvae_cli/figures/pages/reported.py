"""What the page of a run shows; `tcvae_cli.verbs.report` fills it in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tcvae_cli.arrays import Array
from tcvae_cli.figures.pages.weights import Layer
from tcvae_cli.figures.plots.portrait import Portrait
from tcvae_cli.results.naming import factor_told
from tcvae_cli.results.setting import Setting


@dataclass(frozen=True, eq=False)
class Gallery:
    """Some images of the data set by their rows, with what the run makes of them."""

    rows: tuple[int, ...]
    originals: Array  # (image, height, width[, 3]) in [0, 1]
    reconstructions: Array
    codes: Array  # (image, latent): their mean codes, taken to the base of the prior


@dataclass(frozen=True, eq=False)
class Reported:
    """One run. None stands for what is not known of it; MISSING says why, in sentences."""

    title: str
    setting: Setting
    about: str
    facts: Sequence[tuple[str, str]]  # settings and provenance
    order: tuple[int, ...]  # of the latents, the most informative first
    kl: tuple[float, ...] | None  # of each latent in nats
    active: tuple[int, ...] | None
    family: str  # of the base of the prior: "normal" or "laplace"
    flow: Sequence[Array] | None  # u, w, b (latent, step) of a flow prior
    values: tuple[float, ...]  # that each latent walks through
    walks: Array  # (place in order, value, height, width[, 3])
    layers: Sequence[Layer] | None  # of a decoder that the page can run
    gallery: Gallery | None
    basis: str  # on how many images it was measured, a sentence
    terms: Mapping[str, Any]  # of the ELBO, in nats
    gap: Mapping[str, Any] | None  # the line of `mig`
    scores: Sequence[tuple[str, float]]
    portrait: Portrait | None
    curves: Mapping[str, Sequence[tuple[float, float]]]  # step and value of what the training log tells
    missing: Sequence[str]
    too_large: bool = False  # a decoder that could run in the page, if that were to be larger

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Height, width and channels of an image."""
        shape = self.walks.shape[2:]
        return shape if len(shape) == 3 else (*shape, 1)

    @property
    def shares(self) -> list[list[float]] | None:
        """Return I(z; v) / H(v) (factor, latent)."""
        if self.gap is None:
            return None
        pairs = zip(self.gap["mutual_information"], self.gap["factor_entropy"], strict=True)
        return [[nats / entropy for nats in row] for row, entropy in pairs]

    def tells(self, latent: int) -> str:
        """Return the factor that a latent tells most of, "" if it tells less than a twentieth of any."""
        if (shares := self.shares) is None or self.gap is None:
            return ""
        return factor_told(self.gap["factors"], shares, latent)

    @property
    def used(self) -> list[int]:
        """Return the latents that are active, in order; all where that is not known."""
        return [latent for latent in self.order if self.active is None or latent in self.active]

    @property
    def unused(self) -> list[int]:
        """Return the other latents."""
        return [latent for latent in self.order if latent not in self.used]
