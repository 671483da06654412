"""A new objective is one file and one line: it trains, is kept, resumed, read, encoded and compared like the others."""

import json
from pathlib import Path

import numpy as np
import pytest

import tcvae_cli
from tcvae_cli.cli.train import beta_in_words, latents_in_words
from tcvae_cli.errors import ArgumentError
from tcvae_cli.objectives import OBJECTIVES, Name, load_objective
from tcvae_cli.progress import quiet
from tcvae_cli.verbs.compare import compare
from tcvae_cli.verbs.train import train

TOY = Name("Toy", beta=2, of_beta="the covariance", latents=3, module="helpers.toy_objective")


def test_a_new_objective_is_a_file_and_a_line(workshop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OBJECTIVES, "toy", TOY)
    data, said, log = str(workshop / "small.h5"), list[str](), str(tmp_path / "log")
    whole, kept, resumed = (str(tmp_path / name) for name in ("whole", "kept", "resumed"))
    flags = {"batch_size": 64, "steps": 5, "precision": "float32", "report_every": 2}
    run = train(data, "toy", **flags, checkpoint=kept, checkpoint_every=3, output=whole, log=log, say=said.append)
    assert said[0] == "maximise ELBO - 2 covariance"
    assert "5 steps: ELBO" in said[1]
    assert ", slope " in said[1]
    assert '"covariance":' in Path(log).read_text()
    assert (run.settings.latents, run.settings.architecture) == (3, "mlp")
    assert run.header.final is not None
    assert run.header.final["slope"] > 0
    train(resume=kept, output=resumed)
    assert Path(whole).read_bytes() == Path(resumed).read_bytes()
    read = tcvae_cli.load(whole)
    codes = tcvae_cli.encode(read)
    assert codes.mean.shape == (192, 3)
    np.testing.assert_array_equal(codes.mean, tcvae_cli.encode(run).mean)
    (tmp_path / "results").write_text(json.dumps(tcvae_cli.mig(codes).record()))
    (found,) = compare(tcvae_cli.read_results(tmp_path / "results"), note=quiet).records()
    assert found["setting"] == "Toy (2)"


def test_what_it_does_not_take_is_refused(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OBJECTIVES, "toy", TOY)
    data = str(workshop / "small.h5")
    for name, value in (("alpha", 2.0), ("prior", "laplace"), ("architecture", "conv")):
        with pytest.raises(ArgumentError) as caught:
            train(data, "toy", **{name: value})
        assert caught.value.where == name


def test_help_tells_the_defaults_of_a_new_objective(monkeypatch: pytest.MonkeyPatch) -> None:
    assert beta_in_words().startswith(
        "Weight of what the objective penalises. It is that of |KL - C| (annealed-vae, default 1000), of the total"
    )
    assert latents_in_words() == "Number of latents. [default: 10; infogan: 5]"
    monkeypatch.setitem(OBJECTIVES, "toy", TOY)
    assert beta_in_words().endswith(", or of the covariance (toy, default 2).")
    assert latents_in_words() == "Number of latents. [default: 10; infogan: 5; toy: 3]"


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_registered_objective_has_its_record(name: str) -> None:
    record = load_objective(name)
    assert (record.name, record.title) == (name, OBJECTIVES[name].title)
    weights = {"alpha", "beta", "gamma"}
    assert record.takes & weights == set(filter(OBJECTIVES[name].takes, weights))
    assert not {"beta", "latents"} & record.own_defaults.keys()
    settings = record.settings(steps=1)
    assert f"{settings.beta:g}" in record.sentence(settings) or settings.beta == OBJECTIVES[name].plain_beta
