"""Ask other programs for their numbers of our small codes, and write them to numbers.tsv, beside this file.

By hand, in a virtual environment of its own, as those programs need older libraries than ours (Python 3.11):

    pip install disent==0.8.0 scikit-learn==1.5.2 'numpy<2' six absl-py
    pip install --no-deps disentanglement_lib==1.5
    python tests/outside/make_numbers.py FOLDER

disentanglement_lib wants TensorFlow 1 and gin to train models; its measures use only gin's decorators, which do nothing
here. FOLDER holds two files that no package has: infomec.py, which is disentangle/metrics/infomec.py of github
kylehkhsu/latent_quantization, and udr.py, which is disentanglement_lib/evaluation/udr/metrics/udr.py of github
google-research/disentanglement_lib, at the commits below. Nothing of these programs is in our repository but what they
found.

To add a number, write a function that returns lines, and name it in `main`; then say in test_other_programs.py which
of ours it stands beside.
"""

import importlib.metadata
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from helpers.outside import EACH, PER_VOTE, SIZES, TEST, TRAIN, VOTES, make_classes, make_means, make_stds, split  # noqa: E402

LIBRARY = "disentanglement_lib 1.5"
DISENT = "disent 0.8.0"
INFOMEC = "latent_quantization 4ba4c9d"
LATER_LIBRARY = "disentanglement_lib a64b8b9"
VARIANCES = 100_000  # images from which the FactorVAE score of others takes the variance of each latent
Line = tuple[str, str, float, int, str, str]  # code, number, value, votes, program, function


def without_gin() -> None:
    """Let `import gin.tf` and its decorators do nothing."""
    gin, tf = types.ModuleType("gin"), types.ModuleType("gin.tf")
    gin.REQUIRED, gin.tf = None, tf  # type: ignore[attr-defined]
    gin.configurable = lambda *_, **__: lambda function: function  # type: ignore[attr-defined]
    sys.modules.update({"gin": gin, "gin.tf": tf})


class Images:
    """What disentanglement_lib and disent take for a data set whose images are the codes themselves."""

    num_factors = len(SIZES)

    def __init__(self, means: Any) -> None:
        self.means, self.gt_data = means, self

    def sample_factors(self, count: int, random: Any = np.random) -> Any:
        """Return the classes of images that are drawn: (count, factors)."""
        return np.stack([random.randint(size, size=count) for size in SIZES], axis=1)

    def sample_observations_from_factors(self, factors: Any, random: Any = np.random) -> Any:
        """Return one of the images that have each combination of classes."""
        first = np.ravel_multi_index(tuple(factors.T), SIZES) * EACH
        return self.means[first + random.randint(EACH, size=len(first))]

    def sample_observations(self, count: int, random: Any = np.random) -> Any:
        """Return images."""
        return self.sample_observations_from_factors(self.sample_factors(count, random), random)

    def dataset_batch_from_factors(self, factors: Any, mode: str) -> Any:
        """Return images; this and the next are the names that disent has for them."""
        return self.sample_observations_from_factors(factors)

    def dataset_sample_batch(self, count: int, mode: str) -> Any:
        """Return images."""
        return self.sample_observations(count)


def of_all_images(code: str, means: Any, classes: Any) -> Iterator[Line]:
    """Yield what takes all images and draws nothing."""
    from disent.metrics import _mig
    from disentanglement_lib.evaluation.metrics import (
        irs,
        mig,
        modularity_explicitness,
        sap_score,
        unsupervised_metrics,
        utils,
    )

    utils.make_discretizer = lambda target: utils._histogram_discretize(target, num_bins=20)
    yield code, "mig", mig._compute_mig(means.T, classes.T)["discrete_mig"], 0, LIBRARY, "mig._compute_mig"
    yield code, "mig", _mig._compute_mig(means.T, classes.T)["mig.discrete_score"], 0, DISENT, "_mig._compute_mig"
    information = utils.discrete_mutual_info(utils.make_discretizer(means.T), classes.T)
    found = modularity_explicitness.modularity(information)
    yield code, "modularity", found, 0, LIBRARY, "modularity_explicitness.modularity"
    found = sap_score._compute_sap(means.T, classes.T, None, None, True)["SAP_score"]
    yield code, "sap-r2", found, 0, LIBRARY, "sap_score._compute_sap"
    found = irs.scalable_disentanglement_score(classes, means)["avg_score"]
    yield code, "irs", found, 0, LIBRARY, "irs.scalable_disentanglement_score"
    found = unsupervised_metrics.gaussian_total_correlation(np.cov(means.T))
    yield code, "gaussian tc", found, 0, LIBRARY, "unsupervised_metrics.gaussian_total_correlation"


def learnt(code: str, means: Any, classes: Any) -> Iterator[Line]:
    """Yield what is learnt from the images that ours learns from, and tested on the others."""
    from disent.metrics import _dci, _sap
    from disentanglement_lib.evaluation.metrics import dci, modularity_explicitness, sap_score, utils

    parts = [part.T for rows in split() for part in (means[rows], classes[rows])]
    for program, module, prefix in ((LIBRARY, dci, ""), (DISENT, _dci, "dci.")):
        np.random.seed(0)
        found = module._compute_dci(*parts)
        for name in ("disentanglement", "completeness", "informativeness_test"):
            number = f"dci {name.removesuffix('_test')}"
            yield code, number, found[prefix + name], 0, program, f"{module.__name__.rpartition('.')[2]}._compute_dci"
    np.random.seed(0)
    yield code, "sap", sap_score._compute_sap(*parts, False)["SAP_score"], 0, LIBRARY, "sap_score._compute_sap"
    np.random.seed(0)
    yield code, "sap", _sap._compute_sap(*parts, False)["sap.score"], 0, DISENT, "_sap._compute_sap"
    train, centre, scale = utils.normalize_data(parts[0])
    test = utils.normalize_data(parts[2], centre, scale)[0]
    pairs = zip(parts[1], parts[3], strict=True)
    found = [modularity_explicitness.explicitness_per_factor(train, known, test, asked)[1] for known, asked in pairs]
    yield code, "explicitness", np.mean(found), 0, LIBRARY, "modularity_explicitness.explicitness_per_factor"
    yield code, "explicitness of 2 values", found[-1], 0, LIBRARY, "modularity_explicitness.explicitness_per_factor"


def voted(code: str, means: Any, classes: Any) -> Iterator[Line]:
    """Yield what is learnt from votes."""
    from disent.metrics import _factor_vae
    from disentanglement_lib.evaluation.metrics import beta_vae, factor_vae

    images, random = Images(means), np.random.RandomState
    found = factor_vae.compute_factor_vae(images, np.array, random(0), None, PER_VOTE, VOTES, VOTES, VARIANCES)
    yield code, "kim-mnih", found["eval_accuracy"], VOTES, LIBRARY, "factor_vae.compute_factor_vae"
    np.random.seed(1)
    found = _factor_vae.metric_factor_vae(images, np.array, PER_VOTE, VOTES, VOTES, VARIANCES)
    yield code, "kim-mnih", found["factor_vae.eval_accuracy"], VOTES, DISENT, "_factor_vae.metric_factor_vae"
    found = beta_vae.compute_beta_vae_sklearn(images, np.array, random(0), None, PER_VOTE, VOTES, VOTES)
    yield code, "higgins", found["eval_accuracy"], VOTES, LIBRARY, "beta_vae.compute_beta_vae_sklearn"


def infomec(code: str, means: Any, classes: Any) -> Iterator[Line]:
    """Yield InfoMEC of the images that ours learns from, by the authors' program."""
    from infomec import compute_infomec

    rows, _ = split()
    np.random.seed(0)
    found = compute_infomec(classes[rows], means[rows], False)
    for ours, theirs in (("infomec", "infom"), ("infomec info_c", "infoc"), ("infomec info_e", "infoe")):
        yield code, ours, found[theirs], 0, INFOMEC, "infomec.compute_infomec"


def udr(first: str, second: str) -> Line:
    """Return how alike two codes are, the UDR_S of each of two models, as a number of the second."""
    from udr import compute_udr_sklearn

    means = make_means()

    def encode(name: str) -> Any:
        std = make_stds(name)
        kl = ((means[name] ** 2).mean(0) + std**2 - 1) / 2 - np.log(std)
        return lambda _: (means[name], kl)

    images = Images(means[first])
    one, two = encode(first), encode(second)
    count = len(means[first])
    found = compute_udr_sklearn(images, [one, two], np.random.RandomState(0), count, count, "spearman")
    return second, "udr", found["model_scores"][0], 0, LATER_LIBRARY, "udr.compute_udr_sklearn"


def main(folder: str) -> None:
    """Write the table."""
    without_gin()
    sys.path.insert(0, folder)
    classes = make_classes()
    lines = [
        line
        for code, means in make_means().items()
        for ask in (of_all_images, learnt, voted, infomec)
        for line in ask(code, means, classes)
    ]
    lines.append(udr("disentangled", "rotated"))
    used = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "scipy", "scikit-learn"))
    about = [
        f"# Made by `python tests/outside/make_numbers.py FOLDER` with {used}. See that file.",
        f"# Learnt from {TRAIN} images and tested on {TEST}; votes of {PER_VOTE} images, or pairs of images.",
        "\t".join(("code", "number", "value", "votes", "program", "function")),
    ]
    rows = ["\t".join((code, number, repr(float(value)), str(votes), *by)) for code, number, value, votes, *by in lines]
    (HERE / "numbers.tsv").write_text("\n".join([*about, *rows]) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
