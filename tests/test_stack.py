"""Runs side by side as one program: each as it is alone, whatever is beside it."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from helpers.narrow import SIDE, narrow, narrow_vae
from helpers.tiny import write_tiny
from tcvae_cli.errors import TcvaeError, Terminated
from tcvae_cli.estimators.objective import penalty, split_kl
from tcvae_cli.files.data_sets import open_data_set
from tcvae_cli.files.runs import read_run
from tcvae_cli.models.adam import Adam
from tcvae_cli.models.stacked import of_member, stacked
from tcvae_cli.models.stacked_adam import StackedAdam
from tcvae_cli.models.vae import Vae
from tcvae_cli.objectives import load_objective
from tcvae_cli.objectives.settings import Settings
from tcvae_cli.training.request import Request
from tcvae_cli.training.session import Listeners, Outputs, Session, Stopping, start
from tcvae_cli.training.stack import train_together
from tcvae_cli.training.stacked_state import MemberWeights
from tcvae_cli.training.stacking import most_members, stack_key
from tcvae_cli.training.trained import Run

CPU = torch.device("cpu")
Asked = dict[str, Any]
Reports = list[tuple[int, dict[str, float]]]
Begin = Callable[..., Session]
SHORT = {"batch_size": 50, "precision": "float32"}  # the last of four batches has 42 images
MIXED: list[Asked] = [
    {"objective": "beta-tcvae", "beta": 6.0, "seed": 1},
    {"objective": "beta-vae", "beta": 4.0, "beta_anneal": 7, "seed": 2},
    {"objective": "vae", "seed": 1},
]


@pytest.fixture(scope="module")
def begin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begin]:
    """Return a function that begins a training on 192 images of 8 x 8 pixels, which draws noise as on CUDA."""
    path = tmp_path_factory.mktemp("stack") / "tiny.h5"
    write_tiny(path, side=SIDE)
    with open_data_set(str(path)) as data:

        def begin(asked: Asked, resume: Path | None = None, outputs: Asked | None = None, **told: Any) -> Session:
            stored = None if resume is None else read_run(str(resume))
            given = {**SHORT, **asked} if stored is None else {}
            request = Request(asked=given, device=CPU, stored=stored, counted=True)
            return start(data, request, Outputs(report_every=5, **(outputs or {})), Listeners(**told))

        yield begin


def trained_narrow(
    train: Callable[[list[Session]], list[Any]], begin: Begin, asked: list[Asked]
) -> tuple[list[Any], list[Reports]]:
    """Return what becomes of the trainings of small networks, and what each of them reports."""
    reports: list[Reports] = [[] for _ in asked]
    sessions = [
        narrow(begin(one, on_report=lambda step, report, own=own: own.append((step, report))))
        for one, own in zip(asked, reports, strict=True)
    ]
    return train(sessions), reports


def alone(sessions: list[Session]) -> list[Run]:
    """Train one after the other."""
    return [session.run() for session in sessions]


def weights_of(run: Run | TcvaeError) -> torch.Tensor:
    """Return all weights of a run."""
    assert isinstance(run, Run)
    return torch.cat([weight.detach().flatten() for weight in run.model.parameters()])


@pytest.mark.parametrize(
    ("asked", "steps"),
    [
        (MIXED, 20),
        ([{"objective": "factorvae", "seed": 3}, {"objective": "factorvae", "beta": 5.0, "seed": 4}], 9),
        ([{"objective": "annealed-vae", "capacity_anneal": 3, "beta": beta} for beta in (5.0, 50.0)], 9),
        ([{"objective": "dip-vae-ii", "seed": seed} for seed in (5, 6)], 9),
        ([{"estimator": "mss", "posterior": "laplace", "lambda_anneal": 3, "seed": seed} for seed in (5, 6)], 9),
    ],
    ids=["three objectives", "factorvae", "annealed-vae", "dip-vae-ii", "mss and laplace"],
)
def test_each_member_is_trained_as_alone(begin: Begin, asked: list[Asked], steps: int) -> None:
    asked = [{**one, "steps": steps} for one in asked]
    singles, told = trained_narrow(alone, begin, asked)
    together, told_together = trained_narrow(train_together, begin, asked)
    assert [[(step, list(report)) for step, report in reports] for reports in told_together] == [
        [(step, list(report)) for step, report in reports] for reports in told
    ]
    for reports, own in zip(told_together, told, strict=True):
        for (_, found), (_, wanted) in zip(reports, own, strict=True):
            assert found == pytest.approx(wanted, rel=1e-4, abs=1e-4)
    for member, single in zip(together, singles, strict=True):
        torch.testing.assert_close(weights_of(member), weights_of(single), rtol=0, atol=1e-4)


def test_what_is_stacked_beside_a_member_does_not_change_it(begin: Begin) -> None:
    asked = [{**one, "steps": 9} for one in MIXED]
    whole, _ = trained_narrow(train_together, begin, asked)
    (vae,), _ = trained_narrow(train_together, begin, asked[2:])  # no mixture is computed for a VAE
    torch.testing.assert_close(weights_of(vae), weights_of(whole[2]), rtol=0, atol=1e-4)


def test_no_gradient_goes_through_the_mixture_where_the_kl_is_weighed_as_one() -> None:
    generator = torch.Generator().manual_seed(0)
    log_qz_given_n, log_qz, log_pz = torch.randn(3, 3, 7, generator=generator)  # (member, batch) each
    log_qz.requires_grad_()
    log_qzj = torch.randn(3, 7, 4, generator=generator).requires_grad_()
    members = [settings(**asked) for asked in MIXED]
    weights = MemberWeights.of(members, CPU).at(3)
    loss = penalty(split_kl(log_qz_given_n, (log_qz, log_qzj), log_pz), *weights)
    loss.mean(1).sum().backward()
    assert log_qz.grad is not None
    assert log_qzj.grad is not None
    assert log_qz.grad[0].all()
    assert not log_qz.grad[1:].any()
    assert not log_qzj.grad[1:].any()
    torch.testing.assert_close(loss[1], 4 * 3 / 7 * (log_qz_given_n - log_pz)[1])


def test_no_weight_makes_terms_of_another_type_than_a_checkpoint_holds() -> None:
    members = [settings(beta_anneal=7, lambda_anneal=9, seed=seed) for seed in (1, 2)]
    for step in (torch.tensor(3.0, dtype=torch.float64), torch.tensor(30.0, dtype=torch.float64)):
        weights = MemberWeights.of(members, CPU).at(step)
        assert [weight.dtype for weight in weights] == [torch.float32] * 3
        assert [weight[0].item() for weight in weights] == pytest.approx([*members[0].weights(float(step))])


def test_a_member_that_diverges_is_dropped_and_the_others_go_on(begin: Begin) -> None:
    asked = [{"objective": "beta-vae", "steps": 9, "beta": beta, "seed": 1} for beta in (4.0, 1e38)]
    (good, lost), reports = trained_narrow(train_together, begin, asked)
    assert "not finite" in str(lost)
    assert "step 5" in str(lost)
    assert [step for step, _ in reports[0]] == [5, 9]
    assert reports[1] == []
    (single,), _ = trained_narrow(alone, begin, asked[:1])
    torch.testing.assert_close(weights_of(good), weights_of(single), rtol=0, atol=1e-4)


def test_stopped_members_keep_checkpoints_from_which_they_go_on(begin: Begin, tmp_path: Path) -> None:
    asked = [{"objective": name, "steps": 3, "seed": 1} for name in ("vae", "beta-tcvae")]
    steps: list[int] = []

    @contextlib.contextmanager
    def stop_at_two() -> Iterator[Stopping]:
        yield lambda: steps.append(1) or len(steps) == 2  # type: ignore[func-returns-value]

    kept = [tmp_path / one["objective"] for one in asked]
    places = [{"checkpoint": str(path), "run": f"{path}.run"} for path in kept]
    with pytest.raises(Terminated) as stopped:
        train_together([begin(one, None, to, hold=stop_at_two) for one, to in zip(asked, places, strict=True)])
    assert stopped.value.__notes__ == [
        "the checkpoints of 2 runs keep step 2 of 3, from which they can be resumed",
    ]
    resumed = train_together([begin({}, path, to) for path, to in zip(kept, places, strict=True)])
    whole = train_together([begin(one) for one in asked])
    for member, uninterrupted, to in zip(resumed, whole, places, strict=True):
        assert torch.equal(weights_of(member), weights_of(uninterrupted))
        assert read_run(to["run"]).header.final is not None


def test_a_signal_while_members_are_evaluated_leaves_a_run_or_a_checkpoint_of_each(
    begin: Begin, tmp_path: Path
) -> None:
    asked: list[int] = []

    @contextlib.contextmanager
    def stop_at_the_second_evaluation() -> Iterator[Stopping]:
        yield lambda: asked.append(1) or len(asked) == 3  # type: ignore[func-returns-value]

    places = [{"checkpoint": str(tmp_path / name), "run": str(tmp_path / f"{name}.run")} for name in "abc"]
    sessions = [
        narrow(begin({"objective": "vae", "steps": 1}, None, to, hold=stop_at_the_second_evaluation)) for to in places
    ]
    with pytest.raises(Terminated):
        train_together(sessions)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.run", "b", "c"]
    assert [session.kept for session in sessions] == [[], [1], [1]]


@pytest.mark.parametrize("train", [train_together, alone])
def test_a_signal_between_the_last_step_and_the_evaluation_leaves_a_checkpoint(
    begin: Begin, tmp_path: Path, train: Callable[[list[Session]], object]
) -> None:
    @contextlib.contextmanager
    def stop_at_its_end() -> Iterator[Stopping]:
        yield lambda: False
        raise Terminated

    session = narrow(
        begin({"objective": "vae", "steps": 1}, None, {"checkpoint": str(tmp_path / "kept")}, hold=stop_at_its_end)
    )
    with pytest.raises(Terminated):
        train([session])
    assert session.kept == [1]


@pytest.mark.parametrize("checkpoint", [True, False])
def test_a_signal_after_the_run_is_written_loses_nothing(begin: Begin, tmp_path: Path, checkpoint: bool) -> None:
    run = tmp_path / "run"

    def say(sentence: str) -> None:
        if run.exists():
            raise Terminated

    outputs = {"run": str(run), "checkpoint": str(tmp_path / "kept") if checkpoint else None}
    session = narrow(begin({"objective": "vae", "steps": 1}, None, outputs, say=say))
    with pytest.raises(Terminated) as stopped:
        session.run()
    assert stopped.value.__notes__ == [f"{run} is whole, and nothing is lost"]
    assert list(tmp_path.iterdir()) == [run]


def test_a_place_where_nothing_can_be_written_is_that_member_s_own_fault(begin: Begin, tmp_path: Path) -> None:
    asked = {"objective": "vae", "steps": 2, "seed": 1}
    places = [
        {"run": str(tmp_path / name), "checkpoint": str(tmp_path / f"{name}.kept")} for name in ("missing/a", "b")
    ]
    sessions = [narrow(begin(asked, None, {"checkpoint_every": 1, **place})) for place in places]
    lost, good = train_together(sessions)
    assert "missing" in str(lost)
    assert isinstance(good, Run)
    assert read_run(places[1]["run"]).header.step == 2
    assert read_run(places[1]["checkpoint"]).header.step >= 1


@pytest.mark.parametrize(("share", "kept"), [(None, [1, 2, 3]), (0.0, [1])])
@pytest.mark.parametrize("train", [train_together, lambda sessions: alone(sessions)], ids=["together", "alone"])
def test_checkpoints_take_no_more_than_their_share_of_the_time(
    begin: Begin, tmp_path: Path, train: Callable[[list[Session]], object], share: float | None, kept: list[int]
) -> None:
    outputs = {"checkpoint": str(tmp_path / "kept"), "checkpoint_every": 1, "checkpoint_share": share}
    session = narrow(begin({"objective": "vae", "steps": 3}, None, outputs))
    train([session])
    assert session.kept == kept


class OnceShortOfMemory(TorchDispatchMode):
    """A memory that does not hold the first product of several members."""

    short = True

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if self.short and func is torch.ops.aten.baddbmm.default and len(args[1]) > 1:
            self.short = False
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return func(*args, **(kwargs or {}))


def test_members_that_memory_does_not_hold_are_not_trained_more_slowly(begin: Begin) -> None:
    def sessions(count: int) -> list[Session]:
        return [narrow(begin({"objective": "vae", "steps": 1, "seed": seed})) for seed in range(count)]

    with OnceShortOfMemory():
        assert isinstance(*train_together(sessions(1)), Run)
        with pytest.raises(torch.OutOfMemoryError):
            train_together(sessions(2))


@pytest.mark.parametrize("half", [False, True])
def test_stacked_networks_compute_and_learn_what_single_ones_do(half: bool) -> None:
    settings = [Settings(objective="vae", beta=1.0, steps=1, latents=3, seed=seed) for seed in (1, 2, 3)]
    singles = [narrow_vae(one) for one in settings]
    together = stacked(singles, half)
    optimizers = [torch.optim.Adam(single.parameters(), lr=1e-2) for single in singles]
    counter = torch.tensor(0)
    own = [Adam(single.parameters(), 1e-2) for single in singles]
    optimizer = StackedAdam([*together.parameters()], own, counter)
    images = torch.rand(3, 20, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0))

    def loss(model: Vae, images: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            mean, log_std = model.posterior(images)
            logits = model.logits(mean)
        return (log_std.square().sum(-1) - model.log_likelihood(images, logits)).mean(-1)

    for _ in range(4):
        losses = [loss(single, own_images) for single, own_images in zip(singles, images, strict=True)]
        stacked_losses = loss(together, images)
        torch.testing.assert_close(stacked_losses, torch.stack(losses), rtol=2e-3 if half else 1e-5, atol=0)
        for adam, one in zip(optimizers, losses, strict=True):
            adam.zero_grad()
            one.backward()
            adam.step()
        optimizer.zero_grad()
        stacked_losses.sum().backward()
        optimizer.step()
        counter += 1
    for place, adam in enumerate(optimizers):
        for number, (weight, state) in enumerate(adam.state.items()):
            for name, wanted in (("master", weight), ("exp_avg", state["exp_avg"])):
                found = of_member(optimizer.moments[number][name], place, weight)
                torch.testing.assert_close(found, wanted, rtol=0, atol=1e-2 if half else 1e-5, check_dtype=False)


def settings(**given: Any) -> Settings:
    return load_objective(given.pop("objective", "beta-tcvae")).settings(steps=10, **given)


def test_runs_of_three_objectives_stack_and_others_do_not() -> None:
    key = stack_key(settings())
    alike = [
        {"objective": "vae"},
        {"objective": "beta-vae", "beta": 9.0},
        {"alpha": 0.0, "lambda_anneal": 3, "seed": 7},
    ]
    assert {stack_key(settings(**given)) for given in alike} == {key}
    others = [{"objective": "factorvae"}, {"estimator": "mss"}, {"latents": 5}, {"posterior": "laplace"}]
    others += [{"objective": "annealed-vae"}, {"objective": "annealed-vae", "capacity": 5.0}]
    others += [{"objective": "dip-vae-i"}, {"objective": "dip-vae-i", "lambda_d": 5.0}, {"objective": "dip-vae-ii"}]
    others += [{"batch_size": 64}, {"learning_rate": 1e-4}, {"precision": "bfloat16"}]
    assert len({stack_key(settings(**given)) for given in others} | {key, stack_key(settings(), 5)}) == 14
    alone = [{"objective": "infogan"}, {"estimator": "exact"}, {"prior": "flow"}, {"architecture": "conv"}]
    alone += [{"likelihood": "gaussian"}, {"shuffle_rows": 1000}]
    assert {stack_key(settings(**given)) for given in alone} == {None}


def test_memory_bounds_the_members_of_a_stack() -> None:
    shape = (1, 64, 64)
    few, more = (most_members(settings(batch_size=size), shape, CPU) for size in (8192, 64))
    assert 1 <= few < more
    assert most_members(settings(objective="factorvae", batch_size=64), shape, CPU) < more
    with pytest.raises(TcvaeError, match=r"one run needs about 4,\d+.\d GB beside its images") as refused:
        most_members(settings(batch_size=1_000_000), shape, CPU)
    assert "\n" not in str(refused.value)
