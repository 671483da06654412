"""What was asked of a training: stored in the run, and shown once at its start."""

from dataclasses import asdict, dataclass
from typing import Any

TITLES = {"vae": "VAE", "beta-vae": "beta-VAE", "beta-tcvae": "beta-TCVAE"}


@dataclass(frozen=True)
class Settings:
    """All that shapes the weights beside the data set, in the order in which it is stored."""

    objective: str
    alpha: float
    beta: float
    gamma: float
    estimator: str | None
    architecture: str
    latents: int
    batch_size: int
    learning_rate: float
    steps: int
    seed: int
    precision: str

    def header(self) -> dict[str, Any]:
        """As stored in a run."""
        return asdict(self)

    def expanded(self) -> str:
        """The objective written out, in the paper's terms."""
        if self.objective == "vae":
            return "maximise E[log p(x|z)] - KL(q(z|n) || p(z))"
        if self.objective == "beta-vae":
            return f"maximise E[log p(x|z)] - {self.beta:g} KL(q(z|n) || p(z))"
        return (
            f"maximise E[log p(x|z)] - {self.alpha:g} MI(z; n) - {self.beta:g} TC(z) "
            f"- {self.gamma:g} dimension-wise KL   (TC by {(self.estimator or '').upper()}, batch {self.batch_size})"
        )
