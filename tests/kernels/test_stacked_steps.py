"""Whole steps of runs side by side by all kernels at once, against each run alone by torch."""

from pathlib import Path
from typing import Any

import pytest
import torch

from helpers.narrow import SIDE, narrow
from helpers.tiny import write_tiny
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.training.request import Request
from tcvae_cli.training.session import Listeners, Outputs, Session, start
from tcvae_cli.training.stack import train_together

pytestmark = pytest.mark.filterwarnings("ignore:.* encountered in:RuntimeWarning")  # as on a GPU, silently
CASES: dict[str, list[dict[str, Any]]] = {
    "one KL": [{"objective": "beta-tcvae", "beta": 6.0, "seed": 1}, {"objective": "vae", "seed": 2}],
    "factorvae": [{"objective": "factorvae", "seed": seed} for seed in (3, 4)],
    "laplace": [{"estimator": "mss", "posterior": "laplace", "seed": seed} for seed in (5, 6)],
}


@pytest.mark.parametrize("case", CASES)
def test_as_each_alone_on_the_cpu(
    device: torch.device, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tiny(tmp_path / "tiny.h5", side=SIDE)
    reports: list[list[dict[str, float]]] = []
    with open_data_set(str(tmp_path / "tiny.h5")) as data:

        def begin(asked: dict[str, Any], device: torch.device) -> Session:
            told: list[dict[str, float]] = []
            reports.append(told)
            given = {"batch_size": 20, "latents": 3, "steps": 2, "precision": "float32", **asked}
            request = Request(asked=given, device=device, counted=True)
            listeners = Listeners(on_report=lambda step, report: told.append(report))
            return narrow(start(data, request, Outputs(report_every=1), listeners))

        train_together([begin(asked, device) for asked in CASES[case]])
        monkeypatch.delenv("TRITON_INTERPRET", raising=False)
        for asked in CASES[case]:
            begin(asked, torch.device("cpu")).run()
    count = len(CASES[case])
    for found, wanted in zip(reports[:count], reports[count:], strict=True):
        assert len(found) == len(wanted) == 2
        for one, other in zip(found, wanted, strict=True):
            assert one == pytest.approx(other, rel=1e-4, abs=1e-4)
