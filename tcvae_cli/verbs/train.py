"""Train a model on a data set."""

import contextlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tcvae_cli.errors import ArgumentError, TcvaeError, Terminated
from tcvae_cli.files.folders import make_folder
from tcvae_cli.files.kinds import TENSORS_END
from tcvae_cli.files.ledger import release
from tcvae_cli.files.streams import check_end, check_output, path_in
from tcvae_cli.machine import start_torch
from tcvae_cli.objectives import DEFAULT_OBJECTIVE
from tcvae_cli.objectives.settings import ArchitectureName, PrecisionName, Settings, checked
from tcvae_cli.progress import Note, Progress, quiet, silent, warn
from tcvae_cli.verbs.checks import check_number, check_word
from tcvae_cli.verbs.inputs import data_path

if TYPE_CHECKING:
    from tcvae_cli.files.data_sets import DataSet
    from tcvae_cli.files.runs import StoredRun
    from tcvae_cli.training.session import Hold
    from tcvae_cli.training.trained import Run


def train(
    data: "DataSet | str | os.PathLike[str] | None" = None,
    objective: str | None = None,
    *,
    beta: float | None = None,
    alpha: float | None = None,
    gamma: float | None = None,
    beta_anneal: int | None = None,
    lambda_anneal: int | None = None,
    capacity: float | None = None,
    capacity_anneal: int | None = None,
    lambda_od: float | None = None,
    lambda_d: float | None = None,
    estimator: str | None = None,
    posterior: str | None = None,
    prior: str | None = None,
    likelihood: str | None = None,
    architecture: str | None = None,
    latents: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    epochs: int | None = None,
    steps: int | None = None,
    seed: int | None = None,
    precision: str | None = None,
    memory: str | int | None = None,
    device: str = "auto",
    log: str | None = None,
    evaluate_every: int | None = None,
    pictures: str | None = None,
    tensorboard: str | None = None,
    checkpoint: str | None = None,
    checkpoint_every: int | None = None,
    resume: str | None = None,
    output: str | None = None,
    rendezvous_timeout: int | None = None,
    report_every: int = 100,
    block_bytes: int | None = None,
    on_report: Callable[[int, dict[str, float]], object] | None = None,
    hold: "Hold | None" = None,
    progress: Progress = silent,
    say: Note = quiet,
    detail: Note = quiet,
    note: Note = warn,
) -> "Run":
    """Train a model on a data set, and return it as a run.

    DATA is a data set, or the path of one; a resumed training finds its own. OBJECTIVE is a name of
    `tcvae_cli.objectives.OBJECTIVES`, by default beta-tcvae. What is None has the default of `tcvae train`, whose flags
    the settings are; on resuming, that of the checkpoint, which nothing given may contradict but `steps` and `epochs`.

    log, checkpoint, output: paths of the log (JSON lines), of a checkpoint that is kept every `checkpoint_every` steps,
    and of the run. evaluate_every: steps after which the log also has the exact terms and the MIG of 2,000 images;
    pictures: a folder for a picture of the walks each time. tensorboard: a folder for the same as event files.
    resume: path of a checkpoint to go on from. memory: for images, as "4G" or in bytes; more stays on
    disk. on_report: called with the step and the means of all terms since the last report, every `report_every` steps.
    rendezvous_timeout: seconds to wait for the other processes, where a launcher such as torchrun has started several.
    block_bytes: read at once of images that stay on disk.
    hold: a context in which signals wait, and which yields a function that tells whether one does; the training then
    keeps a last checkpoint and raises Terminated. Without one Ctrl-C keeps a last checkpoint, where one is asked for,
    and raises KeyboardInterrupt. say: told what is maximised, and how it ended. detail: told what is slower than it
    could be.

    The terms are in nats. ArgumentError for what cannot be asked for; TcvaeError for a file, or a loss that is not
    finite.
    """
    asked = given(
        objective=objective,
        alpha=alpha,
        beta=beta,
        gamma=gamma,
        beta_anneal=beta_anneal,
        lambda_anneal=lambda_anneal,
        capacity=capacity,
        capacity_anneal=capacity_anneal,
        lambda_od=lambda_od,
        lambda_d=lambda_d,
        estimator=estimator,
        posterior=posterior,
        prior=prior,
        likelihood=likelihood,
        architecture=architecture,
        latents=latents,
        batch_size=batch_size,
        learning_rate=learning_rate,
        epochs=epochs,
        steps=steps,
        seed=seed,
        precision=precision,
    )
    check_asked(asked)
    check_watching(log, evaluate_every, pictures, tensorboard)
    for name, path in (("log", log), ("checkpoint", checkpoint), ("resume", resume), ("output", output)):
        if path is not None:
            path_in(path, name)
    if checkpoint_every is not None and checkpoint is None:
        raise ArgumentError("checkpoint_every", "there is no checkpoint to keep", "name one with {checkpoint}")
    for name, every in (
        ("checkpoint_every", checkpoint_every),
        ("report_every", report_every),
        ("evaluate_every", evaluate_every),
        ("rendezvous_timeout", rendezvous_timeout),
    ):
        if every is not None:
            check_number(name, every, 1)
    torch_device = start_torch(device)
    from tcvae_cli.files.data_sets import open_data_set
    from tcvae_cli.models import distributed
    from tcvae_cli.training.ctrl_c import can_wait, hold_ctrl_c
    from tcvae_cli.training.images import BLOCK_BYTES
    from tcvae_cli.training.loop import NotFiniteError
    from tcvae_cli.training.request import Request
    from tcvae_cli.training.session import Listeners, Outputs, hold_nothing, start
    from tcvae_cli.verbs.watching import watched

    stored = None if resume is None else read_checkpoint(resume)
    source = data_to_train_on(data, stored)
    check_paths({"data": path_of(source), "resume": resume}, {"log": log, "checkpoint": checkpoint, "output": output})
    request = Request(
        asked=asked, device=torch_device, memory=memory, stored=stored, block_bytes=block_bytes or BLOCK_BYTES
    )
    outputs = Outputs(
        run=output,
        log=log,
        checkpoint=checkpoint,
        checkpoint_every=checkpoint_every or 1000,
        report_every=report_every,
        evaluate_every=evaluate_every,
    )
    held = hold or (hold_ctrl_c if checkpoint is not None and can_wait() else hold_nothing)
    listeners = Listeners(progress=progress, say=say, detail=detail, note=note, on_report=on_report, hold=held)
    distributed.join(torch_device, rendezvous_timeout or distributed.RENDEZVOUS, say)
    try:
        tell = progress if distributed.rank() == 0 else silent
        opening = open_data_set(source, tell) if isinstance(source, str) else contextlib.nullcontext(source)
        with opening as opened, contextlib.ExitStack() as watch:
            if distributed.rank() == 0:
                step = 0 if stored is None else stored.header.step
                watching = watched(opened, listeners, pictures, tensorboard, evaluate_every is not None, step)
                listeners = watch.enter_context(watching)
            return start(opened, request, outputs, listeners).run()
    except NotFiniteError as error:
        if checkpoint is None:
            raise
        raise TcvaeError(error.where, error.fault, f"{error.cure}; a {{checkpoint}} made before is good") from None
    except Terminated as stopped:
        if held is hold_ctrl_c:
            raise interrupted(stopped) from None
        raise
    finally:
        distributed.leave()


def check_watching(log: str | None, every: int | None, pictures: str | None, tensorboard: str | None) -> None:
    """Refuse pictures at no step and evaluations that nobody would see; make the folder of the pictures."""
    for name, folder in (("pictures", pictures), ("tensorboard", tensorboard)):
        if folder is not None:
            path_in(folder, name, "give the path of a folder")
    if pictures is not None and every is None:
        raise ArgumentError("pictures", "nothing says how often to draw", "also give {evaluate_every}")
    if every is not None and not (log or pictures or tensorboard):
        raise ArgumentError("evaluate_every", "there is nothing to write into", "name a {log}")
    if pictures is not None:
        make_folder(pictures, "choose another place with {pictures}")


def interrupted(stopped: BaseException) -> KeyboardInterrupt:
    """Return what Ctrl-C raises in Python, with what is said of the training that it has stopped."""
    ctrl_c = KeyboardInterrupt()
    for sentence in getattr(stopped, "__notes__", []):
        ctrl_c.add_note(sentence)
    return ctrl_c


def given(**settings: Any) -> dict[str, Any]:
    """Return the settings that are not None."""
    return {name: value for name, value in settings.items() if value is not None}


def check_asked(asked: dict[str, Any]) -> None:
    """Refuse values of another type or out of range, before anything heavy is loaded or any file is opened."""
    if "steps" in asked and "epochs" in asked:
        raise ArgumentError("steps", "{epochs} already says how long to train", "give only one of the two")
    checked("epochs", asked.get("epochs"), int | None)
    for name, words in (("architecture", ArchitectureName), ("precision", PrecisionName)):
        check_word(name, asked.get(name, "auto"), list(words))
    stored = {name: value for name, value in asked.items() if name != "epochs" and value != "auto"}
    Settings(**{"objective": DEFAULT_OBJECTIVE, "beta": 1.0, "steps": 1, **stored})


def read_checkpoint(path: str) -> "StoredRun":
    """Return the checkpoint at PATH, in which a new one may be kept."""
    from tcvae_cli.files.runs import read_run

    stored = read_run(path, "a checkpoint (safetensors)", "a training with {checkpoint}")
    release(path)
    if not stored.is_checkpoint:
        raise TcvaeError(stored.where, "is a finished run, not a checkpoint", "give a file made by {checkpoint}")
    return stored


def data_to_train_on(data: "DataSet | str | os.PathLike[str] | None", stored: "StoredRun | None") -> "DataSet | str":
    """Return the data set that is given, or the path of that which a checkpoint remembers."""
    from tcvae_cli.files.data_sets import DataSet

    if data is None:
        if stored is None:
            raise ArgumentError("data", "is missing", "name a data set")
        from tcvae_cli.files.runs import remembered_data_path

        return remembered_data_path(stored)
    if isinstance(data, str) and data == "-" and os.environ.get("WORLD_SIZE", "1") != "1":
        raise ArgumentError("data", "several processes cannot all read standard input", "name a file")
    return data if isinstance(data, DataSet) else data_path(data, "data")


def path_of(data: "DataSet | str") -> str:
    """Return the path of a data set."""
    return data if isinstance(data, str) else data.path


def check_paths(inputs: dict[str, str | None], outputs: dict[str, str | None]) -> None:
    """Refuse outputs that cannot be written, or that would write over one another or over an input, by their names."""
    for name in ("log", "checkpoint"):
        if outputs[name] == "-":
            raise ArgumentError(name, "standard output is for the run", "name a file")
    seen = {os.path.realpath(path): name for name, path in inputs.items() if path is not None and path != "-"}
    for name, path in outputs.items():
        if path is None:
            continue
        check_output(path)
        if path != "-" and (os.path.isfile(path) or not os.path.exists(path)):
            other = seen.setdefault(os.path.realpath(path), name)
            if other != name and (name, other) != ("checkpoint", "resume"):  # which goes on in the same file
                raise ArgumentError(name, f"{path} is the file of {{{other}}} too", "give each its own name")
        if name != "log":
            check_end(path, TENSORS_END)
    try:
        (inputs["data"] or "").encode()
    except UnicodeEncodeError:
        raise ArgumentError("data", "its name is not UTF-8, and the run has to store the name", "rename it") from None
