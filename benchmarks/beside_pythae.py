"""A training step beside that of another program: python benchmarks/beside_pythae.py DATA, DATA being dSprites.

It needs `pip install pythae`. Both train a beta-TCVAE with the paper's MLP on the same images on the same threads;
pythae's has its own model, loss and data loader, and Adam as its trainer uses it.
"""

import argparse
from collections.abc import Iterator

import textbook
import torch
from pairs import HEAD, paired
from pythae.data.datasets import BaseDataset
from pythae.models import BetaTCVAE, BetaTCVAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from steps import CPU, LATENTS, our_step, some_images
from torch import Tensor, nn

BETA = 6.0


class Encoder(BaseEncoder):
    """The paper's encoder, as pythae takes it."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = textbook.mlp(LATENTS)[0]

    def forward(self, images: Tensor) -> ModelOutput:
        mean, log_variance = self.layers(images).chunk(2, dim=1)
        return ModelOutput(embedding=mean, log_covariance=log_variance)


class Decoder(BaseDecoder):
    """The paper's decoder, as pythae takes it: means of pixels instead of logits."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(textbook.mlp(LATENTS)[1], nn.Sigmoid())

    def forward(self, z: Tensor) -> ModelOutput:
        return ModelOutput(reconstruction=self.layers(z))


class Theirs:
    """pythae's training, one step at a time."""

    def __init__(self, images: Tensor, batch: int) -> None:
        config = BetaTCVAEConfig(
            input_dim=(1, 64, 64), latent_dim=LATENTS, beta=BETA, use_mss=False, reconstruction_loss="bce"
        )
        self.model = BetaTCVAE(config, Encoder(), Decoder()).train()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        data = BaseDataset(images, torch.zeros(len(images)))
        self.loader = torch.utils.data.DataLoader(data, batch_size=batch, shuffle=True, drop_last=True)
        self.batches = self.endless()

    def endless(self) -> Iterator[dict[str, Tensor]]:
        """Yield batches, epoch after epoch."""
        while True:
            yield from self.loader

    def step(self) -> None:
        """Take a step as pythae's trainer does."""
        output = self.model(next(self.batches), dataset_size=textbook.N)
        self.optimizer.zero_grad()
        output.loss.backward()
        self.optimizer.step()


def main() -> None:
    """Print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", help="a prepared dSprites")
    arguments.add_argument("--pairs", type=int, default=5, help="how often each is timed")
    given = arguments.parse_args()
    print(HEAD.replace("textbook", "pythae"))
    for batch in (512, 2048):
        images = some_images(given.data, 4 * batch)
        theirs = Theirs(images.batch(slice(0, 4 * batch), CPU), batch)
        for precision in ("float32", "bfloat16"):
            ours, _ = our_step(images, "mlp", precision, batch)
            what = f"training step, mlp, B {batch:,}, {precision} (pythae: float32)"
            print(paired(what, ours, theirs.step, given.pairs).line(), flush=True)


if __name__ == "__main__":
    main()
