"""The measures beside MIG: perfect, useless and hand-made codes; what about a code should not matter, does not."""

import json
import math
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest
import safetensors.numpy
import torch
from scipy.stats import entropy, spearmanr
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance
from sklearn.metrics import mutual_info_score

from tcvae_cli.cli.score import score as score_command
from tcvae_cli.estimators.histogram import histogram_entropies
from tcvae_cli.estimators.scores import irs
from tcvae_cli.estimators.scores.dci import concentration, from_importance
from tcvae_cli.estimators.scores.infomec import standing_out
from tcvae_cli.estimators.scores.registry import MEASURES, Measure
from tcvae_cli.estimators.scores.representation import Plan, Representation, learnt_once, represent, split
from tcvae_cli.estimators.scores.udr import rank_codes, relative_strength, udr
from tcvae_cli.estimators.scores.votes import draw_votes, same_value
from tcvae_cli.files.codes import Codes
from tcvae_cli.results.estimators import MEASURES as ESTIMATORS
from tcvae_cli.verbs.score import scores

Verb = Callable[..., Any]
SMALL = ("--train", "60", "--test", "30", "--per-vote", "4")
PLAN = Plan(per_vote=16, train=400, test=200)
CLASSES = np.indices((5, 4, 6, 4)).reshape(4, -1).T[:, :3]
BINNED = ("modularity", "med")
SEVERAL = [name for name, measure in MEASURES.items() if measure.least_factors > 1]


def code(mean: np.ndarray, classes: np.ndarray = CLASSES, std: float = 0.1, weight: Any = None) -> Representation:
    probability = np.full(len(mean), 1 / len(mean)) if weight is None else weight / weight.sum()
    return represent(mean, np.full(mean.shape, math.log(std)), classes, probability)


def perfect() -> np.ndarray:
    """Return codes with one latent per factor: in order, reversed, and shifted."""
    return CLASSES * np.array([1.0, -2.0, 0.5]) + np.array([0.0, 3.0, 100.0])


def with_dead(mean: np.ndarray, leak: float = 1e-3) -> np.ndarray:
    """Return MEAN with a dead latent in front, whose mean leaks a little of the first factor."""
    return np.column_stack([leak * CLASSES[:, 0], mean])


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("higgins", 1), ("kim-mnih", 1), ("dci", 0.97), ("dci-lasso", 0.99), ("sap", 0.2), ("sap-r2", 0.99),
        ("modularity", 0.97), ("explicitness", 0.75), ("irs", 0.99), ("infomec", 0.9), ("med", 0.99), ("omes", 0.67),
        ("dci-histogram-trees", 0.97), ("infomec-discrete", 0.99), ("dci-regression", 0.97),
    ],
)  # fmt: skip
def test_a_perfect_code(name: str, least: float) -> None:
    """SAP's balanced linear SVM and explicitness's linear regression cannot single out a middle value on one line.

    OMES takes a perfect latent of m values for (m - 2) / (m - 1) of one.
    """
    assert MEASURES[name].compute(code(perfect()), PLAN).score >= least


@pytest.mark.parametrize("name", MEASURES)
def test_what_cannot_matter_does_not(name: str) -> None:
    """A leaking dead latent, units, offsets and signs; learners round a little differently."""
    plain = MEASURES[name].compute(code(perfect()), PLAN).score
    changed = {"dead": with_dead(perfect()), "units": perfect() * np.array([2.0, -1.0, 0.5]) + 7}
    changed["order"] = perfect()[:, [2, 0, 1]]
    for what, mean in changed.items():
        std = 0.5 if what == "dead" else 0.1
        assert MEASURES[name].compute(code(mean, std=std), PLAN).score == pytest.approx(plain, abs=0.02), what


@pytest.mark.parametrize("name", MEASURES)
def test_the_order_of_latents_does_not_matter_where_many_are_alike(name: str) -> None:
    """Noisy codes, in steps, so that trees find equal splits; few images per vote, so that variances are zero."""
    mean = (perfect() / perfect().std(0) + 0.5 * np.random.default_rng(4).normal(size=(480, 3))).round()
    mean = np.column_stack([mean, mean[:, 0] + mean[:, 1], mean[:, 1] - mean[:, 2]])
    plan = Plan(per_vote=3, train=200, test=100)
    scores = [MEASURES[name].compute(code(mean[:, order]), plan).score for order in ([0, 1, 2, 3, 4], [4, 2, 0, 3, 1])]
    assert scores[1] == pytest.approx(scores[0], abs=1e-3)


def test_kim_mnih_shares_the_votes_of_equal_variances() -> None:
    """Two latents, both constant where a is fixed, one where b is: the tied votes of a are split, and both answer a."""
    classes = np.indices((2, 2)).reshape(2, -1).T.repeat(50, axis=0)
    a, b = classes.T * 2.0 - 1
    given = code(np.column_stack([a, a, b]), classes)
    found = MEASURES["kim-mnih"].compute(given, Plan(per_vote=20, train=200, test=100))
    assert found.score == 1
    votes = np.array(found.parts["votes"])
    assert votes[:, 0].tolist() == [votes[0, 0], votes[0, 0], 0]
    assert votes.sum() == 200


@pytest.mark.parametrize("name", MEASURES)
def test_a_code_of_nothing_is_at_chance(name: str) -> None:
    found = MEASURES[name].compute(code(np.zeros((480, 4))), PLAN)
    assert found.score == pytest.approx(found.parts.get("chance", 0.0), abs=0.1)


@pytest.mark.parametrize("name", SEVERAL)
def test_mixing_two_factors_costs(name: str) -> None:
    mixed = perfect() / perfect().std(0)
    mixed[:, :2] = mixed[:, :2] @ np.array([[1.0, 1.0], [1.0, -1.0]])
    assert MEASURES[name].compute(code(mixed), PLAN).score < MEASURES[name].compute(code(perfect()), PLAN).score - 0.1


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("case", ["one latent", "more latents", "three rows", "labels missing", "biased", "each alone"])
def test_odd_codes_have_a_value(name: str, case: str) -> None:
    generator = np.random.default_rng(1)
    given = {
        "one latent": lambda: code(perfect()[:, :1]),
        "more latents": lambda: code(np.column_stack([perfect(), generator.normal(size=(480, 4))])),
        "three rows": lambda: code(np.array([[0.0], [1.0], [2.0]]), np.array([[0, 1], [1, 1], [1, 0]])),
        "labels missing": lambda: code(perfect(), np.where(generator.random(CLASSES.shape) < 0.3, -1, CLASSES)),
        "biased": lambda: code(perfect(), weight=np.arange(480.0)),
        "each alone": lambda: code(perfect()[:30], np.arange(60).reshape(30, 2)),
    }[case]()
    found = MEASURES[name].compute(given, Plan(per_vote=4, train=60, test=30))
    assert 0 <= found.score <= 1
    json.dumps(found.parts, allow_nan=False)


def test_higgins_rises_and_kim_mnih_survives_with_more_images_a_vote() -> None:
    """The dependence on L that Chen et al. 2018 show in their appendix."""
    noisy = perfect() / perfect().std(0) + np.random.default_rng(0).normal(size=(480, 3))
    few, many = (MEASURES["higgins"].compute(code(noisy), Plan(size, 400, 400)).score for size in (1, 64))
    assert few < 0.75 < 0.95 < many


def test_draws_share_the_value_and_follow_the_weights() -> None:
    weight = np.where(CLASSES[:, 0] == 2, 3.0, 1.0) * np.where(CLASSES[:, 1] == 0, 0.0, 1.0)
    given = code(perfect(), weight=weight)
    generator = np.random.default_rng(0)
    for factor, first, second in draw_votes(given, PLAN, 300, generator, pairs=True):
        assert (given.classes[first, factor] == given.classes[second, factor]).all()
        assert len(np.unique(given.classes[first[0], factor])) > 1
    for factor, rows, _ in draw_votes(given, PLAN, 30, generator, pairs=False):
        assert (given.classes[rows, factor] == given.classes[rows[:, :1], factor]).all()
    rows = same_value(given, 0)(generator.random(70_000), generator.random(70_000))
    share = np.bincount(given.classes[rows, 0]) / 70_000
    np.testing.assert_allclose(share, [1 / 7, 1 / 7, 3 / 7, 1 / 7, 1 / 7], atol=0.01)
    assert given.probability[rows].min() > 0


def test_rows_to_learn_from_are_not_tested_on() -> None:
    for weight in (None, np.arange(1.0, 481)):
        for plan in (PLAN, Plan(train=300, test=100)):
            train, test = split(code(perfect(), weight=weight), 0, plan)
            assert not set(train) & set(test)
            assert min(len(train), len(test)) >= 100
    for rows in (train, test):
        assert weight[rows].mean() == pytest.approx((weight**2).sum() / weight.sum(), rel=0.1)  # drawn by weight


def test_missing_labels_and_odd_numbers_are_numbered() -> None:
    given = code(np.arange(6.0)[:, None], np.array([[-1], [7], [-5], [7], [-1], [100]]))
    assert given.classes[:, 0].tolist() == [-1, 1, 0, 1, -1, 2]


def test_histogram_trees_take_for_important_what_they_cannot_do_without() -> None:
    """Shuffled images, one latent at a time, by scikit-learn: the first factor needs two latents, the third none."""
    generator = np.random.default_rng(0)
    classes = np.stack([np.arange(900) % 4, np.arange(900) // 4 % 3, generator.integers(2, size=900)], axis=1)
    first = classes[:, 0]
    given = code(
        np.stack([first % 2, first // 2, classes[:, 1]], axis=1) + 0.1 * generator.normal(size=(900, 3)), classes
    )
    plan = Plan(train=600, test=300)
    found = MEASURES["dci-histogram-trees"].compute(given, plan)
    importance = np.array(found.parts["importance"])
    np.testing.assert_allclose(importance[0], [0.5, 0.5, 0], atol=0.05)
    np.testing.assert_allclose(importance[1], [0, 0, 1], atol=0.01)
    train, test = split(given, 0, plan)
    model = HistGradientBoostingClassifier(max_depth=3, early_stopping=False).fit(given.means[train], first[train])
    wanted = permutation_importance(
        model, given.means[test], first[test], n_repeats=20, random_state=0
    ).importances_mean
    np.testing.assert_allclose(importance[0], wanted / wanted.sum(), atol=0.03)


def test_dci_by_hand() -> None:
    assert concentration(np.array([[1.0, 0], [1, 1], [0, 0], [3, 1]])).tolist() == pytest.approx(
        [1, 0, 0, 1 + 0.75 * math.log2(0.75) + 0.25 * math.log2(0.25)]
    )
    found = from_importance(np.array([[3.0, 1], [0, 4], [0, 0]]), [0.5, 1])
    assert found.score == pytest.approx(0.5 * (1 + 0.75 * math.log2(0.75) + 0.25 * math.log2(0.25)) + 0.5)
    assert found.parts["informativeness"] == 0.75


def test_infomec_of_images_drawn_again_and_again() -> None:
    """An image that is drawn twice is its own nearest neighbour: that is no information."""
    mean = perfect() + 0.3 * np.random.default_rng(0).normal(size=(480, 3))
    weight = np.ones(480)
    weight[0] = 1.0001
    even, uneven = (MEASURES["infomec"].compute(code(mean, weight=one), PLAN).score for one in (None, weight))
    assert uneven == pytest.approx(even, abs=0.1)


def test_images_to_learn_from_once_are_as_frequent_as_likely() -> None:
    weight = np.where(np.arange(48_000) % 2, 3.0, 1.0)
    given = code(np.tile(perfect(), (100, 1)), np.tile(CLASSES, (100, 1)), weight=weight)
    rows = learnt_once(given, 0, Plan())
    assert len(np.unique(rows)) == len(rows) == 10_000
    assert (weight[rows] == 3).mean() == pytest.approx(0.75, abs=0.02)
    even = code(perfect())
    assert learnt_once(even, 0, PLAN).tolist() == split(even, 0, PLAN)[0].tolist()


def test_infomec_by_hand() -> None:
    assert standing_out(np.array([[2.0, 0], [1, 1], [0, 0]])) == pytest.approx((0.75 - 0.5) / 0.5)


def test_explicitness_has_a_classifier_a_value() -> None:
    """A line through z tells the outer values of three (area 1), not the middle one (1/2); all three at once would."""
    classes = np.arange(900)[:, None] % 3
    found = MEASURES["explicitness"].compute(code(classes * 1.0, classes), PLAN)
    assert found.score == pytest.approx((1 + 0.5 + 1) / 3, abs=0.03)


def test_info_e_of_a_perfect_code_is_one_and_of_noise_is_zero() -> None:
    found = MEASURES["infomec"].compute(code(perfect()), PLAN)
    assert found.parts["info_e"] > 0.97
    noise = np.random.default_rng(0).normal(size=(480, 3))
    assert MEASURES["infomec"].compute(code(noise), PLAN).parts["info_e"] < 0.05


def test_modularity_by_hand() -> None:
    """A latent that tells two binary factors alike: deviation 1 of K - 1 = 2."""
    classes = np.indices((2, 2, 2)).reshape(3, -1).T
    given = code(classes[:, :1] * 2.0 + classes[:, 1:2], classes)
    assert MEASURES["modularity"].compute(given, PLAN).score == pytest.approx(1 - 1 / 2)


# Small codes on which others' programs have been run too: 120 images, a rotated and noisy code in four latents.
OTHERS = np.indices((5, 4, 6)).reshape(3, -1).T
ROTATED = (OTHERS * [1.0, -2.0, 0.5]) @ [[1, 0.3, 0, 0], [0, 1, 0, 0.5], [0.2, 0, 1, 0]]
ROTATED += 0.3 * np.random.default_rng(7).normal(size=(120, 4))


def test_med_is_the_published_one() -> None:
    """From the definition; and the numbers of disentanglement_lib_med's med.py (Cao et al.), NumPy 2.4.6."""
    found = MEASURES["med"].compute(code(ROTATED, OTHERS), Plan())
    information = np.array(
        [
            [mutual_info_score(v, np.digitize(z, np.histogram(z, 20)[1][:-1])) for v in OTHERS.T]
            for z in code(ROTATED, OTHERS).means.T
        ]
    )
    importance = information / information.sum(0)
    disentangled = [1 - entropy(row, base=3) for row in importance]
    assert found.score == pytest.approx(np.average(disentangled, weights=importance.sum(1)))
    assert found.parts["completeness_per_factor"] == pytest.approx([1 - entropy(c, base=4) for c in importance.T])
    assert (found.score, found.parts["completeness"]) == pytest.approx((0.186523174229, 0.149846128669))


def test_infomec_of_discrete_latents_is_the_authors() -> None:
    """compute_infomec(OTHERS, ROTATED.round(), True) of latent_quantization at 4ba4c9d, scikit-learn 1.9.1.

    Their InfoE, 0.8607, is of the images that it has learnt, here of others.
    """
    given = code(ROTATED.round(), OTHERS)
    found = MEASURES["infomec-discrete"].compute(given, Plan())
    assert (found.score, found.parts["info_c"]) == pytest.approx((0.8288005045539755, 0.5813296095842971))
    assert found.parts["values_per_latent"] == [6, 9, 5, 6]
    named = [np.unique(z, return_inverse=True)[1] for z in given.means.T]
    wanted = [[mutual_info_score(v, z) / entropy(np.bincount(v)) for z in named] for v in OTHERS.T]
    np.testing.assert_allclose(found.parts["information"], wanted)


def test_discrete_latents_show_a_middle_value_to_a_regression() -> None:
    """Of three values on one line a regression on indicators of them tells each."""
    values = np.stack([np.arange(900) % 3, np.arange(900) // 3 % 3], axis=1)
    classes = np.stack([values[:, 0] == 1, values[:, 1] == 1], axis=1).astype(int)
    saved = [MEASURES[name].compute(code(values * 1.0, classes), PLAN) for name in ("infomec", "infomec-discrete")]
    assert saved[0].parts["info_e"] < 0.05 < 0.95 < saved[1].parts["info_e"]


def test_latents_of_many_values_are_not_discrete(tcvae: Verb) -> None:
    status, output, errors = tcvae("score", "run_codes.safetensors", "--measure", "infomec-discrete")
    assert (status, output) == (1, b"")
    assert errors.startswith("tcvae: run_codes.safetensors: latent ")
    assert errors.endswith(" values in 192 images, so it is not discrete; leave infomec-discrete out\n")


def test_infomec_names_the_measure_that_is_for_discrete_latents() -> None:
    said = list[str]()
    steady = perfect() + 0.1 * np.random.default_rng(0).normal(size=CLASSES.shape)
    for mean in (perfect(), steady):
        codes = Codes.of(mean, np.full(mean.shape, -2.0), factors=CLASSES)
        scores([codes], "infomec", note=said.append)
    assert said == ["infomec takes latents for continuous, and these take few values: infomec-discrete counts them"]


def test_omes_is_of_all_pairs_that_differ_in_one_factor() -> None:
    """Pair by pair, by p(n), from the definition."""
    weight = np.random.default_rng(1).random(120)
    given = code(ROTATED, OTHERS, weight=weight)
    differs = OTHERS[:, None] != OTHERS
    encoding = np.zeros((4, 3))
    for k in range(3):
        one, other = np.nonzero(differs[:, :, k] & (differs.sum(2) == 1))
        chance = weight[one] * weight[other]
        for j in range(4):
            both = np.cov(given.means[one, j], given.means[other, j], aweights=chance)
            encoding[j, k] = 1 - abs(both[0, 1] / np.sqrt(both[0, 0] * both[1, 1]))
    found = MEASURES["omes"].compute(given, Plan())
    np.testing.assert_allclose(np.transpose(found.parts["association"]), encoding, atol=1e-9)
    alone, only = np.eye(3), np.eye(4)
    overlap = [max(e[k] * (1 - abs(alone[k] - e).mean()) for e in encoding) for k in range(3)]
    multiple = [max(s * (1 - abs(only[j] - e).mean()) for j, s in enumerate(e)) for e in encoding.T]
    assert found.parts["overlap"] == pytest.approx(np.mean(overlap))
    assert found.parts["multiple_encoding"] == pytest.approx(np.mean(multiple))
    assert found.score == pytest.approx((np.mean(overlap) + np.mean(multiple)) / 2)


def test_omes_is_what_the_published_program_draws_some_pairs_of() -> None:
    """Of 400 of its draws (Python's seeds 0 to 399) together: transfer_disentanglement's omes.py at 0386001."""
    found = MEASURES["omes"].compute(code(ROTATED, OTHERS), Plan())
    theirs = (0.66603, 0.67847, 0.65358)  # at alpha 0.5, 1 and 0, by the best latent of each factor (gamma False)
    assert (found.score, found.parts["overlap"], found.parts["multiple_encoding"]) == pytest.approx(theirs, abs=0.002)


def test_omes_without_pairs_is_left_out_or_refused(tcvae: Verb, tmp_path: Path) -> None:
    """Two factors that always change together."""
    mean = np.random.default_rng(0).normal(size=(60, 2)).astype("f4")
    classes, path = np.stack([np.arange(60) % 3] * 2, axis=1), str(tmp_path / "codes")
    safetensors.numpy.save_file({"mean": mean, "log_std": mean * 0 - 3, "factor_classes": classes}, path)
    fault = "no two images differ in factor_0 alone, and omes compares such"
    assert tcvae("score", path, "--measure", "omes,irs")[::2] == (1, f"tcvae: {path}: {fault}; leave omes out\n")
    status, lines, errors = tcvae("score", path, "--all", *SMALL)
    assert status == 0
    assert "omes" not in [json.loads(line)["measure"] for line in lines.splitlines()]
    assert f"note: omes is left out: {fault}" in errors.splitlines()


def test_irs_by_hand() -> None:
    """z = 3 a + b with a in {0, 1} and b in {0, 1}: fixing a leaves 0.5 of a deviation of 2, fixing b leaves 1.5."""
    classes = np.indices((2, 2)).reshape(2, -1).T
    found = MEASURES["irs"].compute(code(classes @ np.array([[3.0], [1.0]]), classes), PLAN)
    assert np.ravel(found.parts["robustness"]) == pytest.approx([1 - 0.5 / 2, 1 - 1.5 / 2])
    assert found.parts["quantile"] == 0.99


def test_irs_is_the_published_codes() -> None:
    """The largest deviation where nothing is fixed; where a factor is, numpy.percentile, averaged over the values."""
    mean = perfect() + np.random.default_rng(0).normal(size=(480, 3))
    free = np.abs(mean - mean.mean(0)).max(0)
    wanted = []
    for column in CLASSES.T:
        groups = [mean[column == value] for value in np.unique(column)]
        wanted.append(1 - np.mean([np.percentile(abs(g - g.mean(0)), 99, axis=0) for g in groups], axis=0) / free)
    found = MEASURES["irs"].compute(code(mean), PLAN)
    np.testing.assert_allclose(found.parts["robustness"], np.clip(wanted, 0, None))
    assert found.score == pytest.approx(np.average(np.max(wanted, axis=0), weights=free / mean.std(0)))


def test_weighted_quantiles_are_those_of_repeated_images() -> None:
    values = np.random.default_rng(0).normal(size=(400, 2))
    weight = np.where(np.arange(400) < 200, 1.0, 3.0)
    repeated = np.concatenate([values, values[200:], values[200:]])
    np.testing.assert_allclose(irs.quantile(values, weight), np.quantile(repeated, 0.99, axis=0), atol=0.05)
    assert irs.quantile(values, weight + 1e-9 * np.arange(400)) == pytest.approx(irs.quantile(values, weight), abs=1e-6)


def test_histogram_information_is_the_public_definition() -> None:
    """disentanglement_lib: np.histogram's edges, np.digitize, sklearn's mutual_info_score."""
    generator = np.random.default_rng(0)
    mean = perfect() + generator.normal(size=(480, 3))
    marginal, conditional = histogram_entropies(
        torch.from_numpy(mean), torch.from_numpy(CLASSES), torch.full((480,), 1 / 480, dtype=torch.float64), 20
    )
    for j in range(3):
        binned = np.digitize(mean[:, j], np.histogram(mean[:, j], 20)[1][:-1])
        for k in range(3):
            assert float(marginal[j] - conditional[k, j]) == pytest.approx(mutual_info_score(CLASSES[:, k], binned))


def test_udr_of_equal_models_is_one_and_of_strangers_low() -> None:
    generator = np.random.default_rng(0)
    codes = [torch.from_numpy(m) for m in (perfect(), -perfect()[:, [2, 0, 1]], generator.normal(size=(480, 3)))]
    ranks = [rank_codes(mean) for mean in codes]
    scores, likeness = udr(ranks)
    assert likeness[0][1] == pytest.approx(1)
    assert scores[2] < 0.2 < 0.5 < scores[0]
    wanted = spearmanr(codes[0].numpy()[:, 0], codes[2].numpy()[:, 1]).statistic
    assert float(ranks[0][:, 0] @ ranks[2][:, 1] / 480) == pytest.approx(wanted)
    assert relative_strength(torch.tensor([[0.5, 0.5]])) == pytest.approx((0.25 + 0.5 + 0.5) / 3)


def test_every_measure_of_trained_codes_is_a_result_line(tcvae: Verb) -> None:
    status, lines, errors = tcvae("score", "run_codes.safetensors", "--all", *SMALL)
    alone, discrete = errors.splitlines()
    assert (status, alone) == (0, "note: udr is left out: it compares the codes of several runs")
    assert re.fullmatch(
        r"note: infomec-discrete is left out: latent \d takes \d+ values in 192 images, so it is not discrete", discrete
    )
    records = [json.loads(line) for line in lines.splitlines()]
    assert [record["measure"] for record in records] == [name for name in MEASURES if name != "infomec-discrete"]
    for record in records:
        assert (record["kind"], record["rows"], record["settings"]["beta"]) == ("score", 192, 6)
        assert 0 <= record["score"] <= 1
        votes = record["measure"] in ("higgins", "kim-mnih")
        assert record["per_vote"] == (4 if votes else None)
        used = (60, 30) if MEASURES[record["measure"]].uses else (None, None)
        assert (record["train"], record["test"]) == (used if record["measure"] not in BINNED else (None, None))
    alone = tcvae("score", "run_codes.safetensors", "--measure", "kim-mnih", *SMALL)[1]
    assert alone == lines.splitlines(keepends=True)[1]


def test_a_result_says_how_many_images_there_were(tcvae: Verb, tmp_path: Path) -> None:
    """The default plan on 192 images; and a factor with some labels missing, for images but not for votes."""
    sap = json.loads(tcvae("score", "run_codes.safetensors", "--measure", "sap")[1])
    assert (sap["train"], sap["test"]) == (128, 64)
    tensors = safetensors.numpy.load_file("codes.safetensors")
    tensors["factor_classes"] = tensors["factor_classes"].copy()
    tensors["factor_classes"][:6, 0] = -1
    safetensors.numpy.save_file(tensors, tmp_path / "codes")
    lines = tcvae("score", str(tmp_path / "codes"), "--measure", "sap,higgins")[1].splitlines()
    higgins, sap = map(json.loads, lines)
    assert (sap["train"], sap["test"]) == ([28, 32], [14, 16])
    assert (higgins["train"], higgins["test"]) == (10_000, 5_000)


def test_what_scikit_learn_warns_of_is_a_line_each(tcvae: Verb, tmp_path: Path) -> None:
    """48 images, of which nearly each has a value of its own."""
    mean = np.random.default_rng(0).normal(size=(48, 3)).astype(np.float32)
    classes = np.stack([np.arange(48) // 1.5, np.arange(48) % 3], axis=1).astype(np.int64)
    safetensors.numpy.save_file({"mean": mean, "log_std": mean * 0 - 3, "factor_classes": classes}, tmp_path / "codes")
    status, lines, errors = tcvae("score", str(tmp_path / "codes"), "--measure", "dci-lasso,infomec,sap")
    records = [json.loads(line) for line in lines.splitlines()]
    assert (status, len(records)) == (0, 3)
    said = errors.splitlines()
    assert any("scikit-learn says: The number of unique classes" in line for line in said)
    notes = [note for record in records for note in record["notes"] or () if note.startswith(record["measure"])]
    assert said[1:] == [f"note: {note}" for note in notes]
    assert "the mean class has few images (1.5 of factor_0)" in said[0]
    assert len(set(said)) == len(said) <= 5  # noise: two measures also say that their score means nothing


@pytest.mark.parametrize("name", [*(name for name, m in MEASURES.items() if "seed" not in m.uses), "infomec-discrete"])
def test_what_does_not_draw_counts_images_as_if_each_stood_there_as_often_as_it_is_likely(name: str) -> None:
    """The quantiles of IRS lie between two images, at other places if there are more of them."""
    counts, mean = np.random.default_rng(2).integers(1, 4, size=120), ROTATED.round()
    often = code(mean.repeat(counts, axis=0), OTHERS.repeat(counts, axis=0))
    given = {"even": code(mean, OTHERS), "weighed": code(mean, OTHERS, weight=counts), "repeated": often}
    score = {what: MEASURES[name].compute(one, Plan(train=60, test=30)).score for what, one in given.items()}
    assert score["weighed"] == pytest.approx(score["repeated"], abs=0.01 if name == "irs" else 1e-9)
    assert abs(score["weighed"] - score["even"]) > 1e-4


def test_udr_weighs_images_as_if_each_stood_there_as_often_as_it_is_likely() -> None:
    random = np.random.default_rng(6)
    codes = [torch.from_numpy(random.normal(size=(30, 3)).round(1)) for _ in range(2)]  # with ties
    counts = torch.from_numpy(random.integers(0, 4, size=30))
    weighed = [rank_codes(mean, counts / counts.sum().double()) for mean in codes]
    repeated = [rank_codes(mean.repeat_interleave(counts, dim=0)) for mean in codes]
    np.testing.assert_allclose(udr(weighed)[1], udr(repeated)[1], atol=1e-12)
    even = torch.full((30,), 1 / 30, dtype=torch.float64)
    np.testing.assert_allclose(udr([rank_codes(mean, even) for mean in codes])[1], udr(list(map(rank_codes, codes)))[1])


def test_udr_ranks_several_codes(tcvae: Verb, tmp_path: Path) -> None:
    tensors = safetensors.numpy.load_file("codes.safetensors")
    safetensors.numpy.save_file({**tensors, "mean": np.ascontiguousarray(-tensors["mean"])}, tmp_path / "b")
    status, lines, _ = tcvae("score", "codes.safetensors", str(tmp_path / "b"), "--measure", "udr")
    assert status == 0
    assert [json.loads(line)["score"] for line in lines.splitlines()] == pytest.approx([1, 1])
    both = ("codes.safetensors", str(tmp_path / "b"))
    table = tcvae("score", *both, "--measure", "irs,udr", "--format", "table")[1].decode()
    assert [table.count(name) for name in ("codes.safetensors", " irs ", " udr ")] == [2, 2, 2]
    status, _, errors = tcvae("score", "codes.safetensors", "run_codes.safetensors", "--measure", "udr")
    assert (status, errors.count("\n")) == (1, 1)


@pytest.mark.parametrize(
    ("flags", "fault"),
    [
        ((), "score: no measure is asked for; name measures with --measure, or ask for --all"),
        (("--measure", "sap", "--all"), "--measure: contradicts --all"),
        (("--measure", "beauty"), "--measure: there is no measure 'beauty'"),
        (("--measure", "udr"), "--measure: udr compares runs"),
        (("--measure", "kim-mnih", "--per-vote", "1"), "--per-vote: one image has no variance"),
        (("--measure", "higgins", "--per-vote", "100000000"), "invalid value for '--per-vote': must be at most 100000"),
        (("--measure", "sap", "--train", "1000001"), "invalid value for '--train': must be at most 1000000"),
        (
            ("--measure", "kim-mnih", "--per-vote", "100000", "--train", "96000"),
            "--per-vote: 100,000 in each of 101,000 votes are 10,100,000,000 images; ask for 10,000,000,000 at most",
        ),
        (("--measure", "sap", "--bins", "9"), "--bins: is not used by sap"),
        (("--measure", "higgins", "--factor", "factor_0"), "--factor: higgins tells factors apart"),
    ],
)
def test_what_makes_no_sense_is_refused(tcvae: Verb, flags: tuple[str, ...], fault: str) -> None:
    status, output, errors = tcvae("score", "codes.safetensors", *flags)
    assert (status, output, errors.count("\n")) == (2, b"", 1)
    assert errors.startswith(f"tcvae: {fault}")


def test_a_file_of_one_factor_is_named(tcvae: Verb, tmp_path: Path) -> None:
    path, mean = str(tmp_path / "codes"), np.random.default_rng(0).normal(size=(40, 2)).astype("f4")
    safetensors.numpy.save_file({"mean": mean, "log_std": mean, "factor_classes": np.arange(40) % 2}, path)
    fault = "scores one factor only, and modularity tells factors apart; leave modularity out"
    assert tcvae("score", path, "--measure", "modularity,sap")[::2] == (1, f"tcvae: {path}: {fault}\n")


def test_all_of_a_single_factor_says_what_it_leaves_out(tcvae: Verb) -> None:
    status, lines, errors = tcvae("score", "codes.safetensors", "--all", "--factor", "factor_0", *SMALL)
    assert status == 0
    assert [json.loads(line)["measure"] for line in lines.splitlines()] == [
        name for name, measure in MEASURES.items() if measure.least_factors == 1
    ]
    lost = ", ".join(name for name, measure in MEASURES.items() if measure.least_factors > 1)
    assert f"note: {lost} are left out: there is one factor only, and nothing to tell it from" in errors.splitlines()


def test_the_help_names_the_measures_that_use_bins() -> None:
    option = get_type_hints(score_command, include_extras=True)["bins"].__metadata__[0]
    users = [name for name, measure in MEASURES.items() if "bins" in measure.uses]
    assert f"Number of bins of means ({', '.join(users)})" in option.help


def test_every_measure_has_an_estimator_to_name() -> None:
    assert [name for name in ESTIMATORS if name != "udr"] == list(MEASURES)


@pytest.mark.parametrize(
    ("uses", "train", "bins"), [(("train", "test", "bins", "seed"), 320, 20), (("per_vote", "train"), 10_000, None)]
)
def test_what_was_used_is_told(uses: tuple[str, ...], train: int, bins: int | None) -> None:
    measure = Measure(MEASURES["sap"].compute, 1, uses)
    used = measure.used(code(perfect()), Plan())
    assert (used["train"], used["bins"], used["seed"]) == (train, bins, 0 if "seed" in uses else None)


def test_without_scikit_learn_the_cure_is_named(tcvae: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("tcvae_cli.estimators.scores.")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.split(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    status, _, errors = tcvae("score", "codes.safetensors", "--all")
    assert (status, errors.count("\n")) == (1, 1)
    assert "pip install 'tcvae[scores]'" in errors
