"""Everything that changes during training, and how it is before the first step."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from tcvae_cli.models.discriminator import Discriminator
from tcvae_cli.models.infogan import InfoGan, build_infogan
from tcvae_cli.models.model import Model
from tcvae_cli.models.vae import build_vae
from tcvae_cli.objectives.settings import Settings

DISCRIMINATOR_RATE, DISCRIMINATOR_BETAS = 1e-4, (0.5, 0.9)  # Kim & Mnih 2018, appendix A
CRITIC_RATE, ADVERSARIAL_BETAS = 2e-4, (0.5, 0.999)  # Chen et al. 2016, appendix C


@dataclass
class State:
    """The model, and for two of the objectives an adversary with an optimiser of its own."""

    model: Model
    optimizer: torch.optim.Adam
    generator: torch.Generator  # of the noise; on the CPU whatever the device, so that all devices see the same
    adversary: nn.Module | None = None  # FactorVAE's discriminator, or the critic that is part of an InfoGan
    adversary_optimizer: torch.optim.Adam | None = None
    step: int = 0
    sums: dict[str, Tensor] = field(default_factory=dict)  # of each term since the last log line, of this process
    summed: int = 0  # steps since then

    def optimizers(self) -> dict[str, torch.optim.Adam]:
        """By the prefix that their moments have in a checkpoint."""
        both = {"optimizer": self.optimizer, "adversary_optimizer": self.adversary_optimizer}
        return {name: optimizer for name, optimizer in both.items() if optimizer is not None}


def build_model(settings: Settings, image: tuple[int, int, int]) -> Model:
    """The freshly initialised model of the settings, on the CPU."""
    if settings.objective == "infogan":
        return build_infogan(settings.latents, image, settings.seed)
    families = settings.posterior, settings.prior, settings.likelihood
    return build_vae(settings.architecture, settings.latents, image, settings.seed, *families)


def new_state(settings: Settings, image: tuple[int, int, int], device: torch.device) -> State:
    """The state before the first step."""
    model = build_model(settings, image).to(device)
    generator = torch.Generator().manual_seed(settings.seed)
    if isinstance(model, InfoGan):
        optimizer = torch.optim.Adam(
            model.generator.parameters(), lr=settings.learning_rate, betas=ADVERSARIAL_BETAS, fused=True
        )
        critic_optimizer = torch.optim.Adam(
            model.critic.parameters(), lr=CRITIC_RATE, betas=ADVERSARIAL_BETAS, fused=True
        )
        return State(model, optimizer, generator, model.critic, critic_optimizer)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, fused=True)
    if settings.objective != "factorvae":
        return State(model, optimizer, generator)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        discriminator = Discriminator(settings.latents).to(device)
    return State(
        model,
        optimizer,
        generator,
        discriminator,
        torch.optim.Adam(discriminator.parameters(), lr=DISCRIMINATOR_RATE, betas=DISCRIMINATOR_BETAS, fused=True),
    )
