"""The training objective: eq. 4 of Chen et al. 2018, and what it reduces to."""

from dataclasses import dataclass

from torch import Tensor

from tcvae_cli.estimators.densities import normal_log_density, standard_normal_log_density
from tcvae_cli.estimators.mixtures import minibatch_stratified, minibatch_weighted

ESTIMATORS = {"mws": minibatch_weighted, "mss": minibatch_stratified}


@dataclass(frozen=True)
class Terms:
    """Single-sample terms of the ELBO, each (batch,), in nats. Minibatch values: biased, see mixtures.py."""

    index_code_mi: Tensor  # log q(z|n) - log q(z)
    total_correlation: Tensor  # log q(z) - sum_j log q(z_j)
    dimension_wise_kl: Tensor  # sum_j log q(z_j) - log p(z)

    @property
    def kl(self) -> Tensor:
        """log q(z|n) - log p(z), whatever estimated the two mixtures."""
        return self.index_code_mi + self.total_correlation + self.dimension_wise_kl


def minibatch_terms(z: Tensor, mean: Tensor, log_std: Tensor, data_set_size: int, estimator: str = "mws") -> Terms:
    """Decompose log q(z|n) - log p(z) for z[i] drawn from image i. All (batch, latent)."""
    log_qz, log_qzj = ESTIMATORS[estimator](z, mean, log_std, data_set_size)
    log_qz_given_n = normal_log_density(z, mean, log_std).sum(1)
    log_prod_qzj = log_qzj.sum(1)
    return Terms(
        index_code_mi=log_qz_given_n - log_qz,
        total_correlation=log_qz - log_prod_qzj,
        dimension_wise_kl=log_prod_qzj - standard_normal_log_density(z).sum(1),
    )


def penalty(terms: Terms, alpha: float, beta: float, gamma: float) -> Tensor:
    """alpha MI + beta TC + gamma dimension-wise KL, eq. 4, (batch,). At alpha = beta = gamma = 1 it is the KL."""
    return alpha * terms.index_code_mi + beta * terms.total_correlation + gamma * terms.dimension_wise_kl
