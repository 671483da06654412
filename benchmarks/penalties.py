"""Compare what a minibatch's estimate of the total correlation penalises with the total correlation itself.

    python benchmarks/penalties.py CODES [--batch 64 512] [--epochs 20]

CODES are those of a trained run (tcvae encode). Images are drawn as in training, each with a z of its own. The first
table has, for the gradient by z of log q(z) - sum_j log q(z_j), its mean cosine with that of the exact mixture of all
images, the size of the difference over that of the exact gradient, and the share of the own image in q(z).

The second has the gradient of the mean of an estimate by the means and log_std of all posteriors: which weights of the
exact index-code MI and the exact total correlation come nearest to it, by least squares, and what share of its square
they explain. That is what the estimate penalises, noise apart: exact TC would have the weights 0 and 1.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

import tcvae_cli as tcvae
from tcvae_cli.estimators import exact, log_density, minibatch_stratified, minibatch_weighted, sample

ESTIMATORS = {"mws": minibatch_weighted, "mss": minibatch_stratified}


@dataclass(frozen=True)
class Batch:
    """Images of a batch, which of all they are, and a z of each: the posteriors' parameters ask for gradients."""

    rows: Tensor  # (batch,)
    mean: Tensor  # (data, latent)
    log_std: Tensor
    z: Tensor  # (batch, latent)

    def mixture(self, estimator: str) -> tuple[Tensor, Tensor]:
        """Return log q(z) (batch,) and log q(z_j) (batch, latent) by an estimator."""
        if estimator == "exact":
            return exact(self.z, self.mean, self.log_std)
        return ESTIMATORS[estimator](self.z, self.mean[self.rows], self.log_std[self.rows], len(self.mean))

    def terms(self, estimator: str) -> tuple[Tensor, Tensor]:
        """Return the index-code MI and the total correlation of each z, (batch,) each, in nats."""
        own = log_density(self.z, self.mean[self.rows], self.log_std[self.rows]).sum(1)
        joint, marginals = self.mixture(estimator)
        return own - joint, joint - marginals.sum(1)


def batches(mean: Tensor, log_std: Tensor, size: int, epochs: int) -> Iterator[Batch]:
    """Yield the batches of EPOCHS, each of which has every image once but for the last few."""
    generator = torch.Generator().manual_seed(0)
    for _ in range(epochs):
        for rows in torch.randperm(len(mean), generator=generator).split(size):
            if len(rows) == size:
                own, width = mean.clone().requires_grad_(), log_std.clone().requires_grad_()
                yield Batch(rows, own, width, sample(own[rows], width[rows], generator))


def by_z(found: list[Batch], estimator: str) -> tuple[float, float, float]:
    """Return the mean cosine and the relative error of the gradient of TC by z, and the own image's share in q(z)."""
    slopes, shares = dict[str, Tensor](), list[Tensor]()
    for one in ("exact", estimator):
        slopes[one] = torch.cat([torch.autograd.grad(batch.terms(one)[1].sum(), batch.z)[0] for batch in found])
    for batch in found:
        information, _ = batch.terms(estimator)  # ln q(z|n) / q(z): with weight 1/(N B) or 1/N of the own image
        size = len(batch.rows) if estimator == "mws" else 1
        shares.append(information.exp() / (len(batch.mean) * size))
    true, own = slopes["exact"], slopes[estimator]
    cosine = torch.nn.functional.cosine_similarity(own, true).mean()
    return float(cosine), float((own - true).norm() / true.norm()), float(torch.cat(shares).mean().detach())


def by_posteriors(found: list[Batch], estimator: str) -> tuple[Tensor, Tensor]:
    """Return the gradients of the mean MI and TC by mean and log_std of all images: (2 data latent,) each."""
    total = [torch.zeros(1), torch.zeros(1)]
    for batch in found:
        for place, term in enumerate(batch.terms(estimator)):
            parts = torch.autograd.grad(term.mean(), (batch.mean, batch.log_std), retain_graph=True)
            total[place] = total[place] + torch.cat([part.flatten() for part in parts]) / len(found)
    return total[0], total[1]


def explained(slope: Tensor, parts: tuple[Tensor, Tensor]) -> tuple[float, float, float]:
    """Return the weights of the PARTS that come nearest to SLOPE, and the share of its square that they explain."""
    basis = torch.stack(parts, 1)
    weights = torch.linalg.lstsq(basis, slope[:, None]).solution[:, 0]
    rest = (slope - basis @ weights).square().sum() / slope.square().sum()
    return (*weights.tolist(), float(1 - rest))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("codes", metavar="CODES")
    parser.add_argument("--batch", type=int, nargs="+", default=[64])
    parser.add_argument("--epochs", type=int, default=20)
    given = parser.parse_args()
    codes = tcvae.load(given.codes)
    mean, log_std = (torch.from_numpy(one).double() for one in (codes.mean, codes.log_std))
    print("| B | estimator | cosine | relative error | own image |", "|---:|---|---:|---:|---:|", sep="\n")
    second = ["| B | gradient of | weight of MI | weight of TC | explained |", "|---:|---|---:|---:|---:|"]
    for size in given.batch:
        found = list(batches(mean, log_std, size, given.epochs))
        parts = by_posteriors(found, "exact")
        for estimator in ("exact", *ESTIMATORS):
            cells = " | ".join(f"{one:.2f}" for one in by_z(found[: 1 + len(mean) // size], estimator))
            print(f"| {size} | {estimator} | {cells} |")
        for estimator in ESTIMATORS:
            for name, slope in zip(("MI", "TC"), by_posteriors(found, estimator), strict=True):
                cells = " | ".join(f"{one:.2f}" for one in explained(slope, parts))
                second.append(f"| {size} | {name} by {estimator} | {cells} |")
    print("", *second, sep="\n")


if __name__ == "__main__":
    main()
