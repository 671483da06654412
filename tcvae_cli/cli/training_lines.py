"""What `tcvae train -v` prints of a training: a line in columns after every few steps."""

from collections.abc import Callable, Mapping

from tcvae_cli.cli.messages import say

HEADINGS = {  # of the terms that are printed, in this order; "batch" marks estimates from the minibatch
    "elbo": "ELBO",
    "log_likelihood": "log p(x|z)",
    "kl": "KL",
    "minibatch_index_code_mi": "batch MI",
    "minibatch_total_correlation": "batch TC",
    "minibatch_dimension_wise_kl": "batch dwKL",
}
LEAST = 8  # letters of a column
EVERY = 20  # lines between two lines of headings


def in_columns(tell: Callable[[str], None] = say) -> Callable[[int, Mapping[str, float]], None]:
    """Return a function that prints the terms after a step in columns, under their headings."""
    printed = 0

    def report(step: int, terms: Mapping[str, float]) -> None:
        nonlocal printed
        names = [*(name for name in HEADINGS if name in terms), *(name for name in terms if name not in HEADINGS)]
        headings = [HEADINGS.get(name, name.replace("_", " ")) for name in names]
        if printed % EVERY == 0:
            tell(aligned("step", headings, headings))
        tell(aligned(f"{step:,}", [short(terms[name]) for name in names], headings))
        printed += 1

    return report


def aligned(first: str, cells: list[str], headings: list[str]) -> str:
    """Return cells flush right, each as wide as its heading."""
    wide = [max(LEAST, len(heading)) for heading in headings]
    return "  ".join([f"{first:>9}", *(f"{cell:>{width}}" for cell, width in zip(cells, wide, strict=True))])


def short(value: float) -> str:
    """Return a number in at most eight letters: two digits behind the point, or two that are not 0."""
    if value == 0 or 0.01 <= abs(value) < 10_000:
        return f"{value:.2f}"
    return f"{value:.2e}" if abs(value) >= 10_000 else f"{value:.1e}"
