"""The training objective: eq. 4 of Chen et al. 2018, and what it reduces to.

As in mixtures.py, all tensors may have one more axis in front, (members, ...).
"""

from dataclasses import dataclass

from torch import Tensor

from tcvae_cli.estimators.densities import NORMAL, Family, log_density, standard_log_density
from tcvae_cli.estimators.mixtures import Mixture, exact, minibatch_stratified, minibatch_weighted


@dataclass(frozen=True)
class Terms:
    """Single-sample terms of the ELBO, each (samples,), in nats. Minibatch values: biased, see mixtures.py."""

    index_code_mi: Tensor  # log q(z|n) - log q(z)
    total_correlation: Tensor  # log q(z) - sum_j log q(z_j)
    dimension_wise_kl: Tensor  # sum_j log q(z_j) - log p(z)

    @property
    def kl(self) -> Tensor:
        """log q(z|n) - log p(z), whatever estimated the two mixtures: (samples,)."""
        return self.index_code_mi + self.total_correlation + self.dimension_wise_kl


def split_kl(log_qz_given_n: Tensor, mixture: Mixture, log_pz: Tensor) -> Terms:
    """Split log q(z|n) - log p(z) (samples,) by an estimate (log q(z) (samples,), log q(z_j) (samples, latent))."""
    log_qz, log_prod_qzj = mixture[0], mixture[1].sum(-1)
    return Terms(
        index_code_mi=log_qz_given_n - log_qz,
        total_correlation=log_qz - log_prod_qzj,
        dimension_wise_kl=log_prod_qzj - log_pz,
    )


def minibatch_terms(
    z: Tensor,
    mean: Tensor,
    log_std: Tensor,
    data_set_size: int,
    estimator: str = "mws",
    *,
    family: Family = NORMAL,
    log_pz: Tensor | None = None,
    probability: Tensor | None = None,
) -> Terms:
    """Split log q(z|n) - log p(z) for z[i] drawn from q(z|n_i), image i of a minibatch.

    z, mean, log_std: (batch, latent); FAMILY is that of q(z|n). ESTIMATOR is `mws` (eq. 3), `mss` (appendix C.2) or
    `exact`, for which the batch must be the whole data set. log_pz: (batch,), that of the standard member of FAMILY by
    default. probability: (batch,) p(n) of each image, where they are not drawn uniformly without replacement.
    ValueError for a batch that the estimator is undefined on.

    >>> import torch
    >>> z = mean = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    >>> terms = minibatch_terms(z, mean, torch.zeros(2, 2), data_set_size=2, estimator="exact")
    >>> terms.total_correlation  # ln (1 + e^-1)/2 - 2 ln (1 + e^-1/2)/2
    tensor([0.0583, 0.0583])
    >>> torch.allclose(penalty(terms, alpha=1, beta=1, gamma=1), terms.kl)
    True
    """
    if estimator not in ("mws", "mss", "exact"):
        raise ValueError(f"no estimator {estimator!r}: choose mws, mss or exact")
    if estimator == "exact":
        if mean.shape[-2] != data_set_size:
            raise ValueError(f"the exact estimator needs all {data_set_size} images, not {mean.shape[-2]}")
        mixture = exact(z, mean, log_std, probability, family=family)
    elif estimator == "mws":
        mixture = minibatch_weighted(z, mean, log_std, data_set_size, family=family, probability=probability)
    elif probability is None:
        mixture = minibatch_stratified(z, mean, log_std, data_set_size, family=family)
    else:
        raise ValueError("minibatch-stratified sampling assumes images drawn uniformly: use mws")
    if log_pz is None:
        log_pz = standard_log_density(z, family).sum(-1)
    return split_kl(log_density(z, mean, log_std, family).sum(-1), mixture, log_pz)


def penalty(terms: Terms, alpha: float | Tensor, beta: float | Tensor, gamma: float | Tensor) -> Tensor:
    """Return alpha MI + beta TC + gamma dimension-wise KL, eq. 4: (samples,), nats. With all weights 1 it is the KL.

    Members that differ in a weight have it as (members, 1).
    """
    return alpha * terms.index_code_mi + beta * terms.total_correlation + gamma * terms.dimension_wise_kl
