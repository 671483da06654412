"""What the numbers of results mean by their keys: their unit, and which way is better (docs/measures.md)."""

from tcvae_cli.results.estimators import MEASURES

NATS = {
    *("rmig", "jemmig", "factor_entropy", "marginal_entropy", "conditional_entropy", "mutual_information"),
    *("quadrature_error", "index_code_mi", "total_correlation", "dimension_wise_kl", "analytic_kl", "elbo"),
    *("sum_minus_analytic_kl", "sampled_kl", "sampled_kl_standard_error", "joint_entropy", "kl_per_latent"),
    *("gaussian_total_correlation_of_means", "log_likelihood", "kl", "other_kl", "standard_error_per_term"),
}
COUNTS = {
    "rows": "images",
    "rows_used": "images",
    "images": "images",
    "batch_size": "images",
    "samples": "samples",
    "step": "steps",
    "steps": "steps",
    "latents": "latents",
    "active_latents": "latents",
    "effective_latents": "latents",
    "count": "runs",
    "runs": "runs",
}
OF_NATS = ("estimate-tc", "rank")  # kinds of results whose standard error is one of nats
HIGHER = {
    *("mig", "mig_sup", "rmig", "gap", "score", "elbo", "log_likelihood", "r2"),
    *("completeness", "informativeness", "info_e", "info_c", "overlap", "multiple_encoding"),
    *MEASURES,
}
LOWER = {"jemmig", "total_correlation", "gaussian_total_correlation_of_means", "mean_rank"}
LEGEND = "↑ higher is better, ↓ lower is better"


def unit_of(kind: str, key: str) -> str:
    """Return the unit of the number under a KEY of a result of a KIND: "nats", a thing that is counted, or ""."""
    last = key.rpartition(".")[2]
    if last in NATS or (last == "standard_error" and kind in OF_NATS):
        return "nats"
    return COUNTS.get(last, "")


def arrow(quantity: str) -> str:
    """Return "↑" if more of a QUANTITY, a key or what `compare` calls it, is better, "↓" if less is, else ""."""
    last = quantity.rpartition(" ")[2].removeprefix("parts.").removesuffix("_per_factor").removesuffix("_per_latent")
    return "↑" if last in HIGHER else "↓" if last in LOWER else ""
