"""What was asked of a training: stored in the run, and shown once at its start."""

from dataclasses import asdict, dataclass
from typing import Any, get_type_hints

TITLES = {
    "vae": "VAE",
    "beta-vae": "beta-VAE",
    "beta-tcvae": "beta-TCVAE",
    "factorvae": "FactorVAE",
    "infogan": "InfoGAN",
}
FIRST_LAMBDA = 0.95
CHOICES = {
    "objective": tuple(TITLES),
    "estimator": (None, "mws", "mss", "exact"),
    "architecture": ("mlp", "conv"),
    "precision": ("float32", "bfloat16"),
    "posterior": ("normal", "laplace"),
    "prior": ("normal", "laplace", "flow"),
    "likelihood": ("bernoulli", "gaussian"),
}
LEAST = {"latents": 1, "batch_size": 2, "steps": 1, "beta_anneal": 1, "lambda_anneal": 1, "shuffle_rows": 1}
MOST = {"latents": 4096, "seed": 2**31, "steps": 2**62, "batch_size": 2**62, "shuffle_rows": 2**62}


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
    posterior: str = "normal"
    prior: str = "normal"
    beta_anneal: int | None = None
    lambda_anneal: int | None = None
    likelihood: str = "bernoulli"
    shuffle_rows: int | None = None  # rows shuffled together; all of them unless the data set exceeds the memory

    def wrong(self) -> str | None:
        """The name of a setting that is of another type or out of range; None where all could have been asked for."""
        for name, hint in get_type_hints(Settings).items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, hint | int if hint is float else hint):
                return name
            if name in CHOICES and value not in CHOICES[name]:
                return name
            if isinstance(value, int | float) and not LEAST.get(name, 0) <= value <= MOST.get(name, 1e300):
                return name
        return None

    def header(self) -> dict[str, Any]:
        """As stored in a run."""
        return asdict(self)

    def weights(self, step: int) -> tuple[float, float, float]:
        """alpha, beta and gamma of eq. 4 at a step, counted from 1.

        Annealing is that of the authors' code: beta rises linearly from 0 over `beta_anneal` steps, and gamma is scaled
        by 1 - lambda, where lambda falls from 0.95 to 0 by 1 over `lambda_anneal` steps.
        """
        beta, gamma = self.beta, self.gamma
        if self.beta_anneal is not None:
            beta = min(beta, beta * step / self.beta_anneal)
        if self.lambda_anneal is not None:
            gamma *= 1 - max(0.0, FIRST_LAMBDA - step / self.lambda_anneal)
        return self.alpha, beta, gamma

    def kl_weight(self, step: int) -> float:
        """What the undivided KL is multiplied by: FactorVAE's beta is of its discriminator's TC alone."""
        return 1.0 if self.objective == "factorvae" else self.weights(step)[1]

    def expanded(self) -> str:
        """The objective written out, in the paper's terms."""
        if self.objective == "infogan":
            return f"minimise the generator's loss - {self.beta:g} E[log Q(c|x)]   (5 noise variables)"
        annealed = "".join(
            f", {name} annealed over {steps} steps"
            for name, steps in (("beta", self.beta_anneal), ("lambda", self.lambda_anneal))
            if steps is not None
        )
        families = (
            "" if self.posterior == self.prior == "normal" else f", {self.posterior} posterior, {self.prior} prior"
        )
        if self.objective == "vae":
            text, detail = "KL(q(z|n) || p(z))", ""
        elif self.objective == "beta-vae":
            text, detail = f"{self.beta:g} KL(q(z|n) || p(z))", ""
        elif self.objective == "factorvae":
            text = f"KL(q(z|n) || p(z)) - {self.beta:g} TC(z)"
            detail = "TC by the discriminator"
        else:
            text = f"{self.alpha:g} MI(z; n) - {self.beta:g} TC(z) - {self.gamma:g} dimension-wise KL"
            minibatch = f"TC by {(self.estimator or '').upper()}, batch {self.batch_size}"
            detail = "TC over all images" if self.estimator == "exact" else minibatch
        note = (detail + annealed + families).removeprefix(", ")
        return f"maximise E[log p(x|z)] - {text}" + (f"   ({note})" if note else "")
