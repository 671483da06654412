"""A training step and the estimator in it, against the textbook in the same process."""

import math
import statistics
from collections.abc import Callable

import numpy as np
import textbook
import torch
import torch.nn.functional as F  # noqa: N812
from pairs import Row, paired, seconds
from torch import Tensor, nn

from tcvae_cli.estimators.mixtures import minibatch_weighted
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.objectives import load_objective
from tcvae_cli.objectives.state import Data
from tcvae_cli.training.images import Images, layout_of
from tcvae_cli.training.sampler import batches_from
from tcvae_cli.training.state import new_state

CPU = torch.device("cpu")
LATENTS = 10


def some_images(path: str, rows: int) -> Images:
    """Return consecutive images of a data set, packed."""
    with open_data_set(path) as data:
        layout = layout_of(data)
        start = data.description.rows // 3
        return Images(np.ascontiguousarray(layout.pack(data.rows(slice(start, start + rows)), path)), layout)


def our_step(images: Images, architecture: str, precision: str, batch: int) -> tuple[Callable[[], object], nn.Module]:
    """Return a function that takes one step of beta-TCVAE, batches included, and the model that it trains."""
    objective = load_objective("beta-tcvae")
    settings = objective.settings(
        architecture=architecture, latents=LATENTS, batch_size=batch, steps=10**6, precision=precision
    )
    data, state = Data(images, None, CPU), new_state(settings, images.layout.input_shape, CPU)
    state.model.train()
    batches = batches_from(0, images, settings, None)
    return lambda: objective.step(state, [next(batches)], data, settings), state.model


def step_row(images: Images, architecture: str, precision: str, batch: int, pairs: int) -> Row:
    """Measure one step of beta-TCVAE beside the textbook's."""
    step, model = our_step(images, architecture, precision, batch)
    theirs = textbook.Training(architecture, batch, LATENTS, images.batch(slice(0, 4 * batch), CPU))

    def least() -> float:
        dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
        return batch * operations(model, images.layout.input_shape) / rate(dtype)

    return paired(f"training step, {architecture}, B {batch:,}, {precision}", step, theirs.step, pairs, least)


def operations(model: nn.Module, image: tuple[int, int, int]) -> int:
    """Return how many operations the products of forward and backward take for one image."""
    found = 0

    def count(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal found
        weight = module.weight
        assert isinstance(weight, Tensor)
        places = 1 if isinstance(module, nn.Linear) else min(inputs[0].shape[2], output.shape[2]) ** 2
        products = 3 if inputs[0].requires_grad else 2  # outputs, weight gradients, and those of the inputs
        found += 2 * weight.numel() * places * products

    kinds = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
    hooks = [module.register_forward_hook(count) for module in model.modules() if isinstance(module, kinds)]
    mean, log_std = model.posterior(torch.zeros(2, *image))  # type: ignore[operator]
    model.logits(mean + log_std)  # type: ignore[operator]
    for hook in hooks:
        hook.remove()
    return found


def rate(dtype: torch.dtype, size: int = 2048) -> float:
    """Return the operations per second of the best of several matrix products."""
    left, right = torch.randn(2, size, size).to(dtype)
    return 2 * size**3 / min(seconds(lambda: F.linear(left, right)) for _ in range(12))


def posterior(batch: int, latents: int) -> list[Tensor]:
    """Return z, mean and log_std, spread as those of a trained model."""
    generator = torch.Generator().manual_seed(0)
    mean, spread, noise = torch.randn(3, batch, latents, generator=generator)
    log_std = 0.3 * spread - 2
    return [mean + log_std.exp() * noise, mean, log_std]


def with_gradients(form: Callable[..., tuple[Tensor, Tensor]], parameters: list[Tensor]) -> None:
    """Compute a mixture of posteriors and its gradients."""
    joint, marginals = form(*(tensor.detach().requires_grad_() for tensor in parameters), textbook.N)
    (joint - marginals.sum(1)).mean().backward()


def mixture_row(batch: int, pairs: int) -> Row:
    """Measure log q(z) and log q(z_j), forward and backward."""
    parameters = posterior(batch, LATENTS)
    return paired(
        f"TC estimator with gradients, B {batch:,}, D {LATENTS}, float32",
        lambda: with_gradients(minibatch_weighted, parameters),
        lambda: with_gradients(textbook.mixture, parameters),
        pairs,
    )


def monte_carlo_seconds(rows: int, samples: int) -> float:
    """Return the seconds of the paper's MIG at that size, from three of its blocks of 10 samples.

    The work is a marginal and four factors, each N S D.
    """
    z, mean, log_std = posterior(rows, LATENTS)

    def block() -> Tensor:
        return torch.logsumexp(textbook.log_normal(z[:10, None], mean[None], log_std[None]), dim=1)

    return statistics.median(seconds(block) for _ in range(3)) * math.ceil(samples / 10) * 5
