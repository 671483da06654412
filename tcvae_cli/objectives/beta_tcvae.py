"""The beta-TCVAE, which divides the KL in three and weighs each part: eq. 4 of Chen et al. 2018."""

from collections.abc import Sequence

from torch import Tensor

from tcvae_cli.estimators.mixtures import Mixture, exact, minibatch_stratified, minibatch_weighted
from tcvae_cli.estimators.objective import penalty, split_kl
from tcvae_cli.models.distributed import my_share
from tcvae_cli.models.precision import to_device
from tcvae_cli.objectives import elbo
from tcvae_cli.objectives.record import Objective
from tcvae_cli.objectives.settings import EstimatorName, Settings
from tcvae_cli.objectives.state import Data, State, descend


def mixture(drawn: elbo.Draw, batch: Tensor, state: State, data: Data, settings: Settings) -> Mixture:
    """Return log q(z) and log q(z_j) of this process's z by the estimator of the settings."""
    share, rows, family = my_share(batch.shape[-1]), len(data.images), state.model.family
    if settings.estimator == EstimatorName.EXACT:
        return exact(drawn.z, drawn.mean, drawn.log_std, data.probability, family=family)
    if settings.estimator == EstimatorName.MSS:
        return minibatch_stratified(drawn.z, drawn.mean, drawn.log_std, rows, family=family, first=share.start)
    own = None if data.probability is None else data.probability[to_device(batch[share], data.device)]
    return minibatch_weighted(drawn.z, drawn.mean, drawn.log_std, rows, family=family, probability=own)


def step(state: State, batches: Sequence[Tensor], data: Data, settings: Settings) -> dict[str, Tensor]:
    """Take a step on eq. 4, its mixtures estimated from the batch, or exactly over all images."""
    (batch,) = batches
    over_all = settings.estimator == EstimatorName.EXACT
    drawn = elbo.draw(state, batch, data, settings, all_components=over_all)
    split = split_kl(drawn.log_qz_given_n, mixture(drawn, batch, state, data, settings), drawn.log_pz)
    loss = penalty(split, *state.weights(settings)) - drawn.log_likelihood
    descend(state.optimizers["optimizer"], loss, batch.shape[-1])
    prefix = "" if over_all else "minibatch_"
    return {
        "log_likelihood": drawn.log_likelihood,
        f"{prefix}index_code_mi": split.index_code_mi,
        f"{prefix}total_correlation": split.total_correlation,
        f"{prefix}dimension_wise_kl": split.dimension_wise_kl,
        "kl": split.kl,
        "elbo": drawn.log_likelihood - split.kl,
        "loss": loss,
    }


def sentence(settings: Settings) -> str:
    """Return eq. 4 with its weights."""
    terms = f"{settings.alpha:g} MI(z; n) - {settings.beta:g} TC(z) - {settings.gamma:g} dimension-wise KL"
    detail = f"TC by {str(settings.estimator).upper()}, batch {settings.batch_size}"
    if settings.estimator == EstimatorName.EXACT:
        detail = "TC over all images"
    return elbo.sentence(settings, terms, detail)


OBJECTIVE = Objective(
    name="beta-tcvae",
    takes=elbo.TAKES | {"alpha", "beta", "gamma", "estimator", "lambda_anneal"},
    own_defaults={"estimator": EstimatorName.MWS},
    build=elbo.build,
    start=elbo.start,
    step=step,
    sentence=sentence,
)
