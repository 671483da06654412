"""A step of the objectives that train against an adversary: FactorVAE and InfoGAN.

In both, the model's gradients are taken and applied before the adversary's graph is built, so neither steps on weights
that the other's backward pass still needs.
"""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from tcvae_cli.estimators.densities import NORMAL, log_density
from tcvae_cli.models.discriminator import Discriminator, latent_orders
from tcvae_cli.models.distributed import add_up_gradients, gathered, my_share
from tcvae_cli.models.infogan import NOISE_VARIABLES, InfoGan
from tcvae_cli.models.model import Model
from tcvae_cli.models.precision import autocast, to_device
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.training.state import State
from tcvae_cli.training.variational import Data, vae_loss

FIRST_INSTANCE_NOISE = 0.5  # standard deviation in grey levels; falls linearly to 0 at the last step. Ours to choose


def descend(optimizer: torch.optim.Adam, loss: Tensor, batch_rows: int) -> None:
    """One step on the mean over the whole batch of LOSS (share,), whose gradients may be of other weights too."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    optimizer.zero_grad(set_to_none=True)
    (loss.sum() / batch_rows).backward(inputs=parameters)
    add_up_gradients(parameters)
    optimizer.step()


def factorvae_step(
    state: State,
    vae: Model,
    discriminator: Discriminator,
    batches: tuple[Tensor, Tensor],
    data: Data,
    settings: Settings,
) -> dict[str, Tensor]:
    """Kim & Mnih 2018, algorithm 2: ELBO - beta TC by the density ratio, then the discriminator on a second batch."""
    assert state.adversary_optimizer is not None
    first, second = batches
    loss, terms, drawn = vae_loss(vae, first, data, settings, state.step, state.generator)
    with autocast(settings.precision, data.device):
        log_ratio = discriminator.log_ratio(drawn.z)
    weight = settings.weights(state.step + 1)[1]
    loss = loss + weight * log_ratio
    descend(state.optimizer, loss, len(first))

    share = my_share(len(second))
    with torch.no_grad(), autocast(settings.precision, data.device):
        mean, log_std = vae.posterior(data.images.batch(second[share], data.device))
    noise = vae.family.draw((len(second), settings.latents), state.generator, torch.float32)[share]
    z = gathered(mean + log_std.exp() * to_device(noise, data.device), len(second))
    orders = to_device(latent_orders(len(second), settings.latents, state.generator), data.device)
    permuted = z.gather(0, orders)[share]
    with autocast(settings.precision, data.device):
        told_apart = discriminator.loss(drawn.z.detach(), permuted)
    descend(state.adversary_optimizer, told_apart, len(first))
    return {
        **terms,
        "loss": loss,
        "discriminator_total_correlation": log_ratio,
        "discriminator_loss": told_apart,
    }


def infogan_step(state: State, model: InfoGan, batch: Tensor, data: Data, settings: Settings) -> dict[str, Tensor]:
    """Chen et al. 2016: the critic tells real images from generated ones and names their codes, the generator helps
    with the second and hinders the first. The codes' log-likelihood, weighed by beta, bounds their mutual information
    with the image. Images of both kinds get noise that is annealed (Sonderby et al. 2017)."""
    assert state.adversary_optimizer is not None
    rows, share = len(batch), my_share(len(batch))
    level = FIRST_INSTANCE_NOISE * max(0.0, 1 - state.step / settings.steps)

    def normal(*shape: int) -> Tensor:
        return to_device(torch.randn((rows, *shape), generator=state.generator)[share], data.device)

    def judge(images: Tensor, blur: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        with autocast(settings.precision, data.device):
            real, mean, log_std = model.critic(images + level * blur)
        return real, mean, log_std

    codes, noise = normal(settings.latents), normal(NOISE_VARIABLES)
    with autocast(settings.precision, data.device):
        generated = torch.sigmoid(model.generate(codes, noise))
    real_blur, generated_blur = normal(*data.images.layout.shape), normal(*data.images.layout.shape)
    fooled, mean, log_std = judge(generated, generated_blur)
    code_log_likelihood = log_density(codes, mean, log_std, NORMAL).sum(1)
    generator_loss = F.softplus(-fooled) - settings.beta * code_log_likelihood
    descend(state.optimizer, generator_loss, rows)

    real, _, _ = judge(data.images.batch(batch[share], data.device), real_blur)
    fake, mean, log_std = judge(generated.detach(), generated_blur)
    code_log_likelihood = log_density(codes, mean, log_std, NORMAL).sum(1)
    critic_loss = F.softplus(-real) + F.softplus(fake)
    descend(state.adversary_optimizer, critic_loss - settings.beta * code_log_likelihood, rows)
    return {
        "loss": generator_loss,
        "critic_loss": critic_loss,
        "code_log_likelihood": code_log_likelihood,
        "real_told": (real > 0).float(),
        "generated_told": (fake < 0).float(),
    }
