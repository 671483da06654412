"""A section of gpu_check.py, and what times stacks: runs that are trained as one program."""

import functools
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from gpu_rows import Bench, Clock, Row
from gpu_training import CLOSE, Asked, difference

from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.training.images import AnyImages, load_images
from tcvae_cli.training.request import Request
from tcvae_cli.training.session import Listeners, Outputs, Report, start
from tcvae_cli.training.stack import train_together


def stacked(bench: Bench) -> Iterator[Row]:
    """Compare what runs report that are trained as one with what each reports alone."""
    common = {"batch_size": bench.size(2048, 64), "steps": bench.size(20, 2), "precision": "float32"}
    together = [
        {"objective": name, "seed": seed, **common} for seed, name in enumerate(("beta-tcvae", "beta-vae", "vae"))
    ]
    factor = [{"objective": "factorvae", "seed": seed, **common} for seed in (0, 1)]
    for name, asked in (("beta-TCVAE, beta-VAE, VAE", together), ("FactorVAE", factor)):
        as_one = last_reports(bench, [asked])
        alone = last_reports(bench, [[one] for one in asked])
        apart = max(
            difference(found[term], value)
            for found, expected in zip(as_one, alone, strict=True)
            for term, value in expected.items()
        )
        yield Row(f"{name}: terms after {common['steps']} steps, beside alone", apart, most=CLOSE)


def last_reports(bench: Bench, groups: Sequence[Sequence[Asked]]) -> list[dict[str, float]]:
    """Return the last report of each run. Those of a group are trained as one."""
    found: list[dict[str, float]] = []
    for group in groups:
        reports: list[dict[str, float]] = [{} for _ in group]
        train_stack(bench, group, [reports[place].update for place in range(len(group))])
        found += reports
    return found


def train_stack(bench: Bench, group: Sequence[Asked], hear: Sequence[Any], every: int = 100) -> None:
    """Train runs as one, or one as ever, without files, and let each be heard. An error of any is raised."""
    with open_data_set(bench.data) as data:
        images = images_on(bench.data, bench.device)
        sessions = [
            start(
                data,
                Request(asked=asked, device=bench.device),
                Outputs(report_every=every),
                Listeners(on_report=on_report_of(one)),
                images,
            )
            for asked, one in zip(group, hear, strict=True)
        ]
        for session in sessions:
            if session.state.counter is None:
                session.state.count_on(bench.device, session.settings.seed)
        outcomes = train_together(sessions) if len(sessions) > 1 else [sessions[0].run()]
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome


@functools.cache
def images_on(path: str, device: torch.device) -> AnyImages:
    """Return the images of a data set on a device, read once for all trainings of a section."""
    with open_data_set(path) as data:
        return load_images(data).on(device)


def on_report_of(hear: Any) -> Report:
    """Return a listener that passes the terms on, or all to a clock."""
    return hear if isinstance(hear, Clock) else lambda step, report: hear(report)
