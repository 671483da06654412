"""InfoGAN (Chen et al. 2016) with normal codes, convolutional, used as an encoder and a decoder like a VAE.

The Q network gives the posterior of the codes; the generator is the decoder. 5 noise variables beside the codes carry
what the codes do not; encoding knows nothing of them and decoding holds them at 0.
"""

import itertools

import torch
from torch import Tensor, nn

from tcvae_cli.estimators.densities import NORMAL
from tcvae_cli.models.model import Model
from tcvae_cli.models.networks import CONV_WIDTHS, Float32Linear, check_input, conv_decoder, split_posterior
from tcvae_cli.models.priors import StandardPrior

NOISE_VARIABLES = 5
SLOPE = 0.1  # of the leaky rectifiers


class Critic(nn.Module):
    """The discriminator and, on the same features, the Q network. No batch norm: real and drawn images differ."""

    def __init__(self, channels: int, side: int, codes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise((channels, *CONV_WIDTHS[side])):
            layers += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.LeakyReLU(SLOPE)]
        self.features = nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 4 * 4, 512), nn.LeakyReLU(SLOPE))
        self.real = nn.Linear(512, 1)
        self.codes = nn.Sequential(nn.Linear(512, 128), nn.LeakyReLU(SLOPE), Float32Linear(128, 2 * codes))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the logit that an image is real (batch,), and mean and log_std (batch, code) of its codes, float32."""
        features = self.features(images)
        mean, log_std = split_posterior(self.codes(features))
        return self.real(features).float().squeeze(1), mean, log_std


class InfoGan(Model):
    """Generator and critic. The Q network is the encoder, the generator the decoder; there is no likelihood."""

    has_likelihood = False

    def __init__(self, channels: int, side: int, codes: int) -> None:
        super().__init__()
        self.generator = conv_decoder(codes + NOISE_VARIABLES, channels, side)
        self.critic = Critic(channels, side, codes)
        self.family, self.prior = NORMAL, StandardPrior(NORMAL)

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log_std of Q(c|x), each (batch, code) float32."""
        _, mean, log_std = self.critic(images)
        return mean, log_std

    def logits(self, codes: Tensor) -> Tensor:
        """Return the logits of the generated images with the noise variables at 0, float32."""
        return self.generate(codes, codes.new_zeros(len(codes), NOISE_VARIABLES))

    def generate(self, codes: Tensor, noise: Tensor) -> Tensor:
        """Return the logits of the images of codes (batch, code) and noise (batch, NOISE_VARIABLES), float32."""
        return self.generator(torch.cat([codes, noise], dim=1)).float()  # type: ignore[no-any-return]


def build_infogan(codes: int, input_shape: tuple[int, int, int], seed: int) -> InfoGan:
    """Return a freshly initialised InfoGAN, the same for the same seed.

    input_shape: (channels, side, side) of the images. ValueError if it cannot take such images.
    """
    check_input("conv", input_shape)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return InfoGan(input_shape[0], input_shape[1], codes).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
