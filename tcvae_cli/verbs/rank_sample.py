"""The images that all runs are of, and those by which they are compared: of large data sets a part, by a seed."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tcvae_cli.arrays import MISSING, Array
from tcvae_cli.errors import TcvaeError
from tcvae_cli.verbs.inputs import same_probability

if TYPE_CHECKING:
    from torch import Tensor


Labels = tuple[Array, Array | None]  # classes (N, K), -1 where one is not known, and values, NaN where there is none


@dataclass(frozen=True, eq=False)
class Sample:
    """All images, each by its p(n), or as many as were asked for, drawn by p(n)."""

    rows: int  # of the data set
    probability: Array | None  # of all of them, None where they are equally likely
    chosen: Array  # the numbers of those that are compared
    labels: Labels | None = None  # of all of them, by the first run that has some

    @classmethod
    def drawn(cls, rows: int, probability: Array | None, images: int, seed: int) -> "Sample":
        """Draw IMAGES, each at most once unless some are likelier than others; all where there are no more."""
        if rows <= images:
            return cls(rows, probability, np.arange(rows))
        random = np.random.default_rng(seed)
        if probability is None:
            return cls(rows, None, np.sort(random.permutation(rows)[:images]))
        likely = probability.astype(np.float64)
        return cls(rows, probability, np.sort(random.choice(rows, images, p=likely / likely.sum())))

    def check(self, rows: int, probability: Array | None, where: str) -> None:
        """Refuse a run on other images than these. TcvaeError that calls it by WHERE it is."""
        if rows != self.rows:
            fault = f"is of {rows:,} images, and the runs before it of {self.rows:,}"
            raise TcvaeError(where, fault, "encode one data set with every run")
        if not same_probability(self.probability, probability):
            fault = "has another probability of the images than the runs before it"
            raise TcvaeError(where, fault, "encode one data set with every run")

    def labelled(self, labels: Labels | None, where: str) -> "Sample":
        """Return the images with the labels that a run gives them, if they had none. TcvaeError if it gives others."""
        if self.labels is None or labels is None:
            return self if labels is None else replace(self, labels=labels)
        if fault := difference(self.labels, labels):
            raise TcvaeError(where, f"{fault}: it is not of the same images", "rank the runs of each data set apart")
        return self

    def weights(self) -> "Tensor | None":
        """Return p(n) of the images, None where all count the same, as those do that were drawn by it."""
        import torch

        if self.probability is None or len(self.chosen) < self.rows:
            return None
        given = torch.from_numpy(self.probability).double()
        return given / given.sum()


def difference(first: Labels, other: Labels) -> str | None:
    """Return in what OTHER labels of as many images differ from the FIRST, where both know them; None if in nothing."""
    (classes, values), (own_classes, own_values) = first, other
    if classes.shape != own_classes.shape:
        return f"has labels of {own_classes.shape[1]} factors, and the runs before it of {classes.shape[1]}"
    if ((classes != own_classes) & (classes != MISSING) & (own_classes != MISSING)).any():
        return "has other factor classes than the runs before it"
    if values is not None and own_values is not None:
        known = ~(np.isnan(values) | np.isnan(own_values))
        if not np.allclose(values[known], own_values[known], rtol=1e-5, atol=1e-8):
            return "has other factor values than the runs before it"
    return None
