"""The images by which runs are compared: of large data sets a part, which a seed draws."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError
from tcvae_cli.verbs.inputs import same_probability

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class Sample:
    """All images, each by its p(n), or as many as were asked for, drawn by p(n)."""

    rows: int  # of the data set
    probability: Array | None  # of all of them, None where they are equally likely
    chosen: Array  # the numbers of those that are compared

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

    def weights(self) -> "Tensor | None":
        """Return p(n) of the images, None where all count the same, as those do that were drawn by it."""
        import torch

        if self.probability is None or len(self.chosen) < self.rows:
            return None
        given = torch.from_numpy(self.probability).double()
        return given / given.sum()
