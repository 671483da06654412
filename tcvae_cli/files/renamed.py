"""What other programs call the tensors of codes, and what makes ours of theirs."""

import re
from collections.abc import Collection, Iterable

MOST_LETTERS = 40  # of a name that is told
SIGNS = re.compile(r"[^a-z0-9]")
AROUND = re.compile(r"^(latents?|posterior|encoder|qz|q|z)|z$")
RECIPES = (  # what is made of which tensor
    ("mean", "`{}`", ("mean", "means", "mu", "mus", "loc")),
    ("log_std", "`{}`", ("logstd", "logstddev", "logsigma", "logscale")),
    ("log_std", "half of `{}`", ("logvar", "logvariance", "logsigma2", "logsigmasq")),
    ("log_std", "the logarithm of `{}`", ("std", "stddev", "sigma", "scale")),
    ("factor_classes", "`{}`", ("factors", "labels", "label", "classes", "targets", "target", "y")),
    ("log_std", "half the logarithm of `{}`", ("var", "variance", "sigma2", "sigmasq")),
)


def renaming(missing: Collection[str], names: Iterable[str]) -> str:
    """Return how to make the MISSING tensors of codes from the tensors of these NAMES, "" if none seems to fit.

    >>> renaming(["mean", "log_std"], ["z_mean", "z_logvar"])
    'store `z_mean` as `mean`, and half of `z_logvar` as `log_std`'
    """
    theirs: dict[str, str] = {}
    for name in names:
        if len(name) <= MOST_LETTERS:
            theirs.setdefault(AROUND.sub("", SIGNS.sub("", name.lower())), name)
    found: dict[str, str] = {}
    for ours, recipe, words in RECIPES:
        for word in words:
            if ours in missing and word in theirs:
                found.setdefault(ours, recipe.format(theirs[word]))
    return "store " + ", and ".join(f"{made} as `{ours}`" for ours, made in found.items()) if found else ""
