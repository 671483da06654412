"""The paper's estimators, as pure functions of tensors: the surface that other people's training loops may import.

Shapes are (batch, latent), `log_std` is ln of the standard deviation, and everything is in nats. docs/plug-in.md has a
worked example. What is not named here may change without notice.
"""

from tcvae_cli.estimators.activity import active_latents, mean_share
from tcvae_cli.estimators.bins import binned_entropies
from tcvae_cli.estimators.decomposition import Decomposition, decompose
from tcvae_cli.estimators.densities import LAPLACE, NORMAL, Family, kl, log_density, sample, standard_log_density
from tcvae_cli.estimators.flow import Flow
from tcvae_cli.estimators.information import (
    Entropies,
    by_histogram,
    by_quadrature,
    by_sampling,
    mutual_information_gap,
)
from tcvae_cli.estimators.latent_entropies import exact_entropies, monte_carlo_entropies
from tcvae_cli.estimators.matching import Pair, correlations, matched
from tcvae_cli.estimators.mig import InformationGap, information_gap
from tcvae_cli.estimators.mixtures import exact, minibatch_stratified, minibatch_weighted
from tcvae_cli.estimators.objective import Terms, minibatch_terms, penalty
from tcvae_cli.estimators.posterior import Posterior
from tcvae_cli.estimators.prior import Prior, flow_prior, standard_prior
from tcvae_cli.estimators.variants import jemmig, mig_sup, rmig

__all__ = [
    "LAPLACE",
    "NORMAL",
    "Decomposition",
    "Entropies",
    "Family",
    "Flow",
    "InformationGap",
    "Pair",
    "Posterior",
    "Prior",
    "Terms",
    "active_latents",
    "binned_entropies",
    "by_histogram",
    "by_quadrature",
    "by_sampling",
    "correlations",
    "decompose",
    "exact",
    "exact_entropies",
    "flow_prior",
    "information_gap",
    "jemmig",
    "kl",
    "log_density",
    "matched",
    "mean_share",
    "mig_sup",
    "minibatch_stratified",
    "minibatch_terms",
    "minibatch_weighted",
    "monte_carlo_entropies",
    "mutual_information_gap",
    "penalty",
    "rmig",
    "sample",
    "standard_log_density",
    "standard_prior",
]
