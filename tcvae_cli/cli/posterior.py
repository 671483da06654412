"""Codes as the estimators take them: what every measuring verb does first."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcvae_cli.estimators.posterior import Posterior
    from tcvae_cli.estimators.priors import Prior
    from tcvae_cli.files.codes import Codes


def posterior_of(codes: "Codes") -> "Posterior":
    """q(z|n) of every image, with p(n) summing to 1 exactly."""
    import torch

    from tcvae_cli.estimators.densities import FAMILIES
    from tcvae_cli.estimators.posterior import Posterior

    probability = None
    if codes.probability is not None:
        probability = torch.from_numpy(codes.probability).double()
        probability = probability / probability.sum()
    mean, log_std = torch.from_numpy(codes.mean), torch.from_numpy(codes.log_std)
    return Posterior.of(mean, log_std, probability, FAMILIES[codes.posterior])


def prior_of(codes: "Codes") -> "Prior":
    """p(z)."""
    import torch

    from tcvae_cli.estimators.densities import FAMILIES
    from tcvae_cli.estimators.flow import Flow
    from tcvae_cli.estimators.priors import flow_prior, standard_prior

    if codes.prior == "flow" and codes.flow is not None:
        return flow_prior(Flow(*map(torch.from_numpy, codes.flow)))
    return standard_prior(FAMILIES[codes.prior])
