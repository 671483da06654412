"""The textbook that the benchmarks compare with computes the same, and the benchmarks run."""

import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from helpers.tiny import write_tiny
from tcvae_cli.results import Claim, Verdict

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))


def test_the_textbook_mixture_is_ours() -> None:
    import steps
    import textbook

    from tcvae_cli.estimators.mixtures import minibatch_weighted

    found = minibatch_weighted(*steps.posterior(40, 3), textbook.N)
    for ours, theirs in zip(found, textbook.mixture(*steps.posterior(40, 3), textbook.N), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_the_textbook_networks_are_ours(architecture: str) -> None:
    import textbook

    from tcvae_cli.models.vae import build_vae

    ours = build_vae(architecture, 4, (1, 64, 64), seed=0)
    for mine, theirs in zip((ours.encoder, ours.decoder), getattr(textbook, architecture)(4), strict=True):
        assert [p.shape for p in mine.parameters()] == [p.shape for p in theirs.parameters()]


def test_a_row_of_each_kind(tmp_path: Path) -> None:
    import growth
    import pairs
    import steps

    write_tiny(tmp_path / "tiny.h5")
    images = steps.some_images(str(tmp_path / "tiny.h5"), 64)
    rows = [steps.step_row(images, "mlp", "float32", 16, 1), steps.mixture_row(32, 1)]
    rows.append(pairs.command("version", ["--version"], 1))
    for row in rows:
        assert row.line().count("|") == 7
        assert 0 < row.ours < math.inf
    assert "2,048" in growth.table("B", "s", [(512, 0.5), (2048, 8.0)], 2)


def test_limits_count_the_products_of_each_layer() -> None:
    import steps

    from tcvae_cli.models.vae import build_vae

    encoder = 2 * (4096 * 1200 * 2 + 3 * (1200 * 1200 + 1200 * 8))
    decoder = 6 * (4 * 1200 + 2 * 1200 * 1200 + 1200 * 4096)
    assert steps.operations(build_vae("mlp", 4, (1, 64, 64), 0), (1, 64, 64)) == encoder + decoder


def test_the_command_says_what_it_needs() -> None:
    result = subprocess.run(
        [sys.executable, str(FOLDER / "run.py"), "-h"], capture_output=True, text=True, check=True, timeout=300
    )
    assert "prepared dSprites" in result.stdout


def test_every_claim_that_chance_decides_is_simulated() -> None:
    import verdicts

    recipes = (FOLDER.parent / "recipes").glob("*.py")
    with_claims = {path.stem for path in recipes if "\ndef claims(" in path.read_text()}
    simulated = {page for case in verdicts.CASES for page in case.name.partition(":")[0].split(", ")}
    assert simulated == with_claims - {"table1", "table2"}  # of constructed codes, and counted


def test_each_claim_has_its_row_in_the_three_tables() -> None:
    import verdicts

    rows = (FOLDER.parent / "docs/verdicts.md").read_text().splitlines()
    told = [row.split(" | ")[0] for row in rows if row.count(" / ") == len(verdicts.RUNS)]
    assert told == [f"| {case.name}" for case in verdicts.CASES] * 3


@pytest.mark.parametrize(
    ("verdict", "wrong"),
    [("held", ["held", "held"]), ("not held", ["not held", "not held"]), ("too few runs", [])],
)
def test_a_rule_that_decides_too_much_is_found_out(verdict: str, wrong: list[str]) -> None:
    import verdicts

    case = verdicts.Case("a rule", lambda draw, world: Claim("", "", Verdict(verdict)))
    assert [line.split("'")[1] for line in verdicts.too_often([case], 2)][:2] == wrong


def test_the_simulation_of_a_claim_counts_its_verdicts(capsys: pytest.CaptureFixture[str]) -> None:
    import verdicts

    (case,) = (case for case in verdicts.CASES if case.name == "figure3: FactorVAE below beta-VAE")
    assert verdicts.too_often([case], verdicts.QUICK) == []
    rows = verdicts.table(verdicts.POWER, [case], verdicts.QUICK).splitlines()
    shares = [[float(one) for one in cell.split("/")] for cell in rows[-1].split("|")[2:-1]]
    assert shares[0] == [0, 0]  # three runs decide nothing
    assert 20 < min(shares[1]) < min(shares[2]) < min(shares[3])


def test_looking_again_until_a_claim_is_decided_errs_more_often() -> None:
    import verdicts

    line = verdicts.looking_again(verdicts.QUICK)
    assert line.startswith("False “held” of figure2, judged at 10, 20, 30, 40 runs until it is decided: ")
    assert min(float(share) for share in line.rpartition(": ")[2].split("/")) > 100 * verdicts.MOST


def test_words_that_no_claim_has_are_told_with_the_names_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    import verdicts

    monkeypatch.setattr(sys, "argv", ["verdicts.py", "--quick", "median", "nothing"])
    with pytest.raises(SystemExit) as refused:
        verdicts.main()
    first, *names = str(refused.value).splitlines()
    assert first == "no claim has 'median' and 'nothing' in its name; there are:"
    assert [name.strip() for name in names] == [case.name for case in verdicts.CASES]


def test_a_batch_of_all_images_penalises_what_the_exact_mixture_does() -> None:
    import penalties

    generator = torch.Generator().manual_seed(0)
    mean = torch.randn(24, 3, generator=generator, dtype=torch.float64)
    found = list(penalties.batches(mean, torch.full_like(mean, -1.0), 24, 2))
    cosine, error, share = penalties.by_z(found, "mws")
    assert (cosine, error) == pytest.approx((1, 0))
    assert 1 / 24 < share < 1
    exact, own = (penalties.by_posteriors(found, name) for name in ("exact", "mws"))
    assert penalties.explained(own[0], exact) == pytest.approx((1, 0, 1))
    assert penalties.explained(own[1], exact) == pytest.approx((0, 1, 1))
    far = list(penalties.batches(100 * mean, torch.full_like(mean, -1.0), 12, 1))
    assert [penalties.by_z(far, name)[2] for name in ("mws", "mss")] == pytest.approx([1, 1])
