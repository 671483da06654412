"""InfoGAN, a generator whose codes a critic must be able to tell from its images: Chen et al. 2016.

The generator's gradients are taken and applied before the critic's graph is built, so that neither steps on weights
which the other's backward pass still needs.
"""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from tcvae_cli.estimators.densities import NORMAL, log_density
from tcvae_cli.models.adam import Adam
from tcvae_cli.models.distributed import my_share
from tcvae_cli.models.infogan import NOISE_VARIABLES, InfoGan, build_infogan
from tcvae_cli.models.model import Model
from tcvae_cli.models.precision import autocast, to_device
from tcvae_cli.objectives.record import Objective
from tcvae_cli.objectives.settings import ArchitectureName, Settings, at_least
from tcvae_cli.objectives.state import Data, State, descend

CRITIC_RATE, ADVERSARIAL_BETAS = 2e-4, (0.5, 0.999)  # Chen et al. 2016, appendix C
FIRST_INSTANCE_NOISE = 0.5  # standard deviation in grey levels; falls linearly to 0 at the last step. Ours to choose


def start(settings: Settings, model: Model, device: torch.device) -> State:
    """Return the state before the first step, with an optimiser for the generator and one for the critic."""
    assert isinstance(model, InfoGan)
    generator, critic = model.generator.parameters(), model.critic.parameters()
    optimizers = {
        "optimizer": Adam(generator, settings.learning_rate, ADVERSARIAL_BETAS),
        "adversary_optimizer": Adam(critic, CRITIC_RATE, ADVERSARIAL_BETAS),
    }
    return State(model, optimizers, torch.Generator().manual_seed(settings.seed))


def step(state: State, batches: Sequence[Tensor], data: Data, settings: Settings) -> dict[str, Tensor]:
    """Take a step of the generator and one of the critic.

    The critic tells real images from generated ones and names their codes, the generator helps with the second and
    hinders the first. The codes' log-likelihood, weighed by beta, bounds their mutual information with the image.
    Images of both kinds get noise that is annealed (Sonderby et al. 2017).
    """
    (batch,), model = batches, state.model
    assert isinstance(model, InfoGan)
    rows, share = len(batch), my_share(len(batch))
    level = FIRST_INSTANCE_NOISE * at_least(1 - (state.now - 1) / settings.steps, 0.0)

    def normal(*shape: int) -> Tensor:
        return to_device(state.noise.standard(NORMAL, (rows, *shape))[share], data.device)

    def judge(images: Tensor, blur: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        with autocast(settings.precision, data.device):
            real, mean, log_std = model.critic(images + level * blur)
        return real, mean, log_std

    codes, noise = normal(settings.latents), normal(NOISE_VARIABLES)
    with autocast(settings.precision, data.device):
        generated = torch.sigmoid(model.generate(codes, noise))
    real_blur, generated_blur = normal(*data.images.input_shape), normal(*data.images.input_shape)
    fooled, mean, log_std = judge(generated, generated_blur)
    code_log_likelihood = log_density(codes, mean, log_std, NORMAL).sum(1)
    generator_loss = F.softplus(-fooled) - settings.beta * code_log_likelihood
    descend(state.optimizers["optimizer"], generator_loss, rows)

    real, _, _ = judge(data.images.batch(batch[share], data.device), real_blur)
    fake, mean, log_std = judge(generated.detach(), generated_blur)
    code_log_likelihood = log_density(codes, mean, log_std, NORMAL).sum(1)
    critic_loss = F.softplus(-real) + F.softplus(fake)
    descend(state.optimizers["adversary_optimizer"], critic_loss - settings.beta * code_log_likelihood, rows)
    return {
        "loss": generator_loss,
        "critic_loss": critic_loss,
        "code_log_likelihood": code_log_likelihood,
        "real_told": (real > 0).float(),
        "generated_told": (fake < 0).float(),
    }


def progress(report: Mapping[str, float]) -> str:
    """Return how well the critic does, in words."""
    return f"log Q(c|x) {report['code_log_likelihood']:.2f}, real told {report['real_told']:.0%}"


OBJECTIVE = Objective(
    name="infogan",
    takes=frozenset({"beta"}),
    own_defaults={"architecture": ArchitectureName.CONV},
    build=lambda settings, input_shape: build_infogan(settings.latents, input_shape, settings.seed),
    start=start,
    step=step,
    sentence=lambda settings: (
        f"minimise the generator's loss - {settings.beta:g} E[log Q(c|x)]   ({NOISE_VARIABLES} noise variables)"
    ),
    architectures=(ArchitectureName.CONV,),
    progress=progress,
)
