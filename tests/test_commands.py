"""The verbs end to end on a tiny grid: what they write, what they refuse, and the same bytes for the same command."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import safetensors
import safetensors.numpy

from helpers.command import call
from helpers.tiny import tiny_rows
from tcvae_cli.files.codes import read_codes
from tcvae_cli.files.runs import read_run
from tcvae_cli.files.tensors import read_tensors, tensors_to_bytes

TRAIN = ("train", "--data", "tiny.h5", "--batch-size", "64", "--precision", "float32")
Verb = Callable[..., Any]


def test_the_three_contract_verbs_agree_with_a_pipe(tcvae: Verb) -> None:
    status, codes, errors = tcvae("encode", "run.safetensors")
    assert (status, errors) == (0, "")
    assert codes == Path("run_codes.safetensors").read_bytes()
    status, line, errors = tcvae("mig", "--factors", "tiny.h5", stdin=codes)
    assert (status, errors) == (0, "")
    record = json.loads(line)
    assert record["factors"] == ["scale", "orientation", "posX", "posY"]
    assert 0 <= record["mig"] <= 1
    assert record["settings"]["beta"] == 6
    assert record["mig"] == pytest.approx(np.mean(record["gap_per_factor"]))
    assert tcvae("mig", "run_codes.safetensors")[1] == line


def test_training_lowers_the_loss_and_logs_it(tcvae: Verb, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    status, _, errors = tcvae(*TRAIN, "--steps", "200", "--log", str(log), "-o", str(tmp_path / "run"))
    assert status == 0
    assert "6 TC(z)" in errors
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["step"] for line in lines] == [100, 200]
    assert lines[1]["elbo"] > lines[0]["elbo"]
    assert lines[1]["elbo"] == pytest.approx(lines[1]["log_likelihood"] - lines[1]["kl"], abs=1e-2)
    final = read_run(str(tmp_path / "run")).header.final
    assert final["kl"] == pytest.approx(sum(final["kl_per_latent"]))


@pytest.mark.parametrize(
    "flags", [("--objective", "vae"), ("--objective", "beta-vae"), ("--estimator", "mss"), ("--alpha", "0")]
)
def test_every_objective_trains(tcvae: Verb, tmp_path: Path, flags: tuple[str, ...]) -> None:
    assert tcvae(*TRAIN, "--steps", "2", *flags, "-o", str(tmp_path / "run"))[0] == 0


def test_all_weights_one_trains_exactly_like_a_vae(tcvae: Verb, tmp_path: Path) -> None:
    elbos = []
    for name, flags in (("tc", ("--beta", "1")), ("vae", ("--objective", "vae"))):
        tcvae(*TRAIN, "--steps", "3", *flags, "-o", str(tmp_path / name))
        elbos.append(read_run(str(tmp_path / name)).header.final["elbo"])
    assert elbos[0] == pytest.approx(elbos[1], rel=1e-4)


def test_same_command_same_bytes(tcvae: Verb, tmp_path: Path) -> None:
    files = [tmp_path / name for name in "ab"]
    for file in files:
        assert tcvae(*TRAIN, "--steps", "4", "--beta", "6", "-o", str(file))[0] == 0
    assert files[0].read_bytes() == files[1].read_bytes() == Path("run.safetensors").read_bytes()


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_resumed_training_ends_in_the_same_bytes(tcvae: Verb, tmp_path: Path, architecture: str) -> None:
    whole, resumed, checkpoint = (str(tmp_path / name) for name in ("whole", "resumed", "checkpoint"))
    flags = (*TRAIN, "--architecture", architecture, "--batch-size", "32")
    assert tcvae(*flags, "--steps", "9", "-o", whole, "--checkpoint", checkpoint, "--checkpoint-every", "5")[0] == 0
    assert read_run(checkpoint).header.step == 5
    assert tcvae("train", "--resume", checkpoint, "-o", resumed)[0] == 0
    assert Path(whole).read_bytes() == Path(resumed).read_bytes()
    status, _, errors = tcvae("train", "--resume", checkpoint, "--beta", "4", "-o", resumed)
    assert status == 2
    assert "--beta: is 4.0, but" in errors
    assert tcvae("encode", checkpoint, "-o", str(tmp_path / "codes"))[0] == 0


def test_a_loss_that_is_not_finite_stops_and_keeps_the_checkpoint(tcvae: Verb, tmp_path: Path) -> None:
    run, checkpoint = tmp_path / "run", tmp_path / "checkpoint"
    flags = ("--learning-rate", "1e30", "--steps", "50", "--checkpoint", str(checkpoint), "--checkpoint-every", "1")
    status, _, errors = tcvae(*TRAIN, *flags, "-o", str(run))
    assert status == 1
    assert "not finite" in errors.splitlines()[-1]
    assert "--learning-rate" in errors.splitlines()[-1]
    assert not run.exists()
    assert read_run(str(checkpoint)).header.step >= 1


def test_encode_keeps_the_order_and_the_labels(tcvae: Verb) -> None:
    codes = read_codes("run_codes.safetensors")
    assert codes.mean.shape == codes.log_std.shape == (192, 10)
    np.testing.assert_array_equal(codes.factor_classes, tiny_rows()[1])
    with safetensors.safe_open("run_codes.safetensors", "np") as stored:  # the library reads what we stream
        assert sorted(stored.keys()) == ["factor_classes", "log_likelihood", "log_std", "mean"]


def test_decomposition_of_trained_codes(tcvae: Verb) -> None:
    record = json.loads(tcvae("estimate-tc", "run_codes.safetensors", "--samples", "500")[1])
    total = record["index_code_mi"] + record["total_correlation"] + record["dimension_wise_kl"]
    assert record["sum_agrees"] is True
    assert total == pytest.approx(record["analytic_kl"], abs=1e-6)
    assert record["elbo"] == pytest.approx(record["log_likelihood"] - record["analytic_kl"])
    minibatch = ("estimate-tc", "run_codes.safetensors", "--estimator", "mws", "--batch-size", "64")
    assert json.loads(tcvae(*minibatch)[1])["estimator"] == "mws"
    assert b"biased" in tcvae(*minibatch, "--format", "table")[1]


def test_mig_methods_agree_on_third_party_codes(tcvae: Verb) -> None:
    exact = json.loads(tcvae("mig", "codes.safetensors")[1])
    sampled = json.loads(tcvae("mig", "codes.safetensors", "--method", "monte-carlo")[1])
    assert exact["factors"] == ["factor_0", "factor_1"]
    assert exact["gap_per_factor"] == pytest.approx([1, np.log(2) / np.log(6)], abs=1e-6)
    assert sampled["estimator"] == "monte-carlo"
    assert sampled["mig"] == pytest.approx(exact["mig"], abs=0.2)


def test_biased_data_is_drawn_and_weighed_by_its_probability(tcvae: Verb, tmp_path: Path) -> None:
    run, codes = str(tmp_path / "run"), str(tmp_path / "codes")
    assert tcvae("train", "--data", "biased.h5", "--steps", "2", "--batch-size", "64", "-o", run)[0] == 0
    assert tcvae("encode", run, "-o", codes)[0] == 0
    assert read_codes(codes).probability is not None
    assert json.loads(tcvae("mig", codes)[1])["factor_entropy"][0] < np.log(2)
    assert tcvae("train", "--data", "biased.h5", "--estimator", "mss", "-o", run)[0] == 2


def test_published_layouts_work_unchanged(tcvae: Verb, tmp_path: Path) -> None:
    images, classes, values = tiny_rows()
    with h5py.File(tmp_path / "dsprites.h5", "w") as file:
        file["imgs"], file["latents/classes"], file["latents/values"] = images, classes, values
    with h5py.File(tmp_path / "3dshapes.h5", "w") as file:
        file["images"] = np.repeat(images[:, :, :, None] * 200, 3, axis=3)
        file["labels"] = values
    for name, shape in (("dsprites", (64, 64)), ("3dshapes", (64, 64, 3))):
        data, run = str(tmp_path / f"{name}.h5"), str(tmp_path / name)
        assert tcvae("train", "--data", data, "--steps", "2", "--batch-size", "32", "-o", run)[0] == 0
        assert read_run(run).header.data.image_shape == shape
        status, codes, _ = tcvae("encode", run)
        assert status == 0
        names = json.loads(tcvae("mig", "--factors", data, "--factor", "scale", stdin=codes)[1])["factors"]
        assert names == ["scale"]
        assert tcvae("traverse", run, "--image", "3", "-o", str(tmp_path / "t.png"))[0] == 0


def test_data_without_labels_trains_encodes_and_traverses(tcvae: Verb, tmp_path: Path) -> None:
    run, codes = str(tmp_path / "run"), str(tmp_path / "codes")
    assert tcvae("train", "--data", "unlabelled.h5", "--steps", "2", "--batch-size", "32", "-o", run)[0] == 0
    assert tcvae("encode", run, "-o", codes)[0] == 0
    assert tcvae("estimate-tc", codes, "--samples", "200")[0] == 0
    status, _, errors = tcvae("mig", codes)
    assert status == 1
    assert "no factor labels" in errors


def test_traverse_writes_pictures_and_arrays(tcvae: Verb, tmp_path: Path) -> None:
    arrays = str(tmp_path / "t.safetensors")
    flags = ("--image", "5", "--latent", "2", "--latent", "4", "--range", "3", "--frames", "5")
    assert tcvae("traverse", "run.safetensors", *flags, "-o", arrays)[0] == 0
    stored = safetensors.numpy.load_file(arrays)
    assert stored["frames"].shape == (2, 5, 64, 64)
    assert stored["values"].tolist() == [-3, -1.5, 0, 1.5, 3]
    assert sorted(stored["latents"].tolist()) == [2, 4]
    assert list(stored["kl"]) == sorted(stored["kl"], reverse=True)
    np.testing.assert_array_equal(stored["original"], tiny_rows()[0][5])
    assert tcvae("traverse", "run.safetensors")[1].startswith(b"\x89PNG")
    assert tcvae("traverse", "run.safetensors", "-o", str(tmp_path / "t.gif"))[0] == 0
    assert (tmp_path / "t.gif").read_bytes().startswith(b"GIF89a")


def test_run_remembers_its_data_set_from_beside_it(
    tcvae: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run.safetensors").write_bytes(Path("run.safetensors").read_bytes())
    (tmp_path / "tiny.h5").write_bytes(Path("tiny.h5").read_bytes())
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert tcvae("encode", "../run.safetensors")[0] == 0
    (tmp_path / "tiny.h5").write_bytes(b"\x89HDF\r\n\x1a\n damaged")
    assert tcvae("encode", "../run.safetensors")[0] == 1


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_reader_that_leaves_early_gets_no_traceback(workshop: Path) -> None:
    result = shell("tcvae encode run.safetensors | head -c 100 | wc -c", workshop)
    assert (result.stdout.strip(), result.stderr) == ("100", "")


def test_no_file_under_its_final_name_after_a_kill(workshop: Path, tmp_path: Path) -> None:
    for number, parts_left in ((signal.SIGKILL, True), (signal.SIGTERM, False)):
        verb = "from tcvae_cli.__main__ import main; main()"
        process = subprocess.Popen(
            [sys.executable, "-c", verb, "prepare", "dsprites", "-o", str(tmp_path / "dsprites.h5")],
            stderr=subprocess.PIPE,
        )
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".tcvae-*.part")) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.3)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == (143 if number == signal.SIGTERM else -number)
        assert errors == b""
        assert not (tmp_path / "dsprites.h5").exists()
        left = list(tmp_path.glob(".tcvae-*.part"))
        assert bool(left) == parts_left
        for part in left:
            part.unlink()


@pytest.mark.parametrize(
    ("verb", "default"),
    [
        ("mig", "the data's"),
        ("mig", "table on a terminal, else json"),
        ("score", "the data's"),
        ("compare", "the result's main one"),
        ("estimate-tc", "10000"),
        ("train", "half of what is free"),
        ("traverse", "the prior mean"),
    ],
)
def test_help_says_what_a_missing_flag_means(tcvae: Verb, verb: str, default: str) -> None:
    """Not as if `[default: ...]` were markup."""
    words = tcvae(verb, "--help")[1].decode().replace("│", " ").split()
    assert f"[default: {default}]" in " ".join(words)


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from tcvae_cli.__main__ import run; sys.argv = ['tcvae', 'train', '--help']; run();"
        "print([m for m in ('torch', 'h5py', 'numpy', 'matplotlib', 'PIL') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


def test_binary_to_or_from_a_terminal_is_refused_in_one_line(workshop: Path) -> None:
    for arguments, named in ((("encode", "run.safetensors"), "stdout"), (("mig",), "stdin")):
        ours, theirs = os.openpty()
        process = subprocess.run(
            [sys.executable, "-m", "tcvae_cli", *arguments],
            cwd=workshop,
            stdin=theirs if named == "stdin" else subprocess.DEVNULL,
            stdout=theirs if named == "stdout" else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        os.close(ours)
        os.close(theirs)
        assert process.returncode == 2
        assert process.stderr.startswith(f"tcvae: {named}: is a terminal")
        assert process.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("show", "tiny.h5"),
        ("mig", "run_codes.safetensors", "--factors", "tiny.h5"),
        ("encode", "run.safetensors"),
        ("traverse", "run.safetensors", "--image", "0", "-o", "/dev/null"),
        ("train", "--data", "tiny.h5", "--steps", "1"),
    ],
    ids=lambda words: words[0],
)
def test_reading_a_data_set_through_shows_a_bar_on_a_terminal_only(workshop: Path, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "tcvae_cli", *words]
    quiet = subprocess.run(command, cwd=workshop, capture_output=True, check=True)
    assert b"checking" not in quiet.stderr
    ours, theirs = os.openpty()
    shown = subprocess.run(command, cwd=workshop, stdout=subprocess.PIPE, stderr=theirs, check=True)
    os.close(theirs)
    size = (workshop / "tiny.h5").stat().st_size
    with open(ours, "rb", buffering=0) as terminal:
        said = terminal.read(1 << 16)
    assert b"checking the data set" in said
    assert f"0/{size}".encode() in said
    assert shown.stdout == quiet.stdout


@pytest.fixture(scope="module")
def checkpoint(workshop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of step 2 of 3."""
    folder = tmp_path_factory.mktemp("checkpoint")
    flags = ("--batch-size", "64", "--steps", "3", "--checkpoint-every", "2", "-o", str(folder / "run"))
    data = ("--data", str(workshop / "tiny.h5"))
    assert call("train", *data, *flags, "--checkpoint", str(folder / "checkpoint"))[0] == 0
    return folder / "checkpoint"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("generator_state", lambda tensor: tensor.astype(np.int8)),
        ("generator_state", lambda tensor: tensor[:-1]),
        ("optimizer.0.step", None),
        ("optimizer.0.step", lambda tensor: tensor[None]),
        ("optimizer.0.exp_avg", lambda tensor: tensor[:1]),
        ("optimizer.0.exp_avg_sq", lambda tensor: tensor.astype(np.float64)),
        ("optimizer.99.exp_avg", lambda tensor: np.zeros(3, np.float32)),
        ("optimizer.-1.exp_avg", lambda tensor: np.zeros(3, np.float32)),
        ("sums.loss", lambda tensor: np.zeros(3, np.float32)),
        ("summed_steps", lambda tensor: np.array(0)),
        ("summed_steps", None),
    ],
)
def test_a_checkpoint_that_training_cannot_go_on_from_is_refused(
    tcvae: Verb,
    checkpoint: Path,
    tmp_path: Path,
    name: str,
    change: Callable[[np.ndarray | None], np.ndarray] | None,
) -> None:
    header, tensors = read_tensors(str(checkpoint), "a checkpoint")
    assert header is not None
    old = tensors.pop(name, None)
    if change is not None:
        tensors[name] = np.ascontiguousarray(change(old))
    changed = tmp_path / "checkpoint"
    changed.write_bytes(tensors_to_bytes(header, tensors))
    status, _, errors = tcvae("train", "--resume", str(changed), "-o", str(tmp_path / "more"))
    assert (status, errors.splitlines()[-1]) == (
        1,
        f"tcvae: {changed}: what it goes on from does not fit its weights; train again",
    )


def test_resuming_with_epochs_counts_the_checkpoints_batches(tcvae: Verb, tmp_path: Path) -> None:
    checkpoint, run = str(tmp_path / "checkpoint"), str(tmp_path / "run")
    flags = ("--data", "tiny.h5", "--batch-size", "48", "--steps", "2", "--checkpoint", checkpoint)
    assert tcvae("train", *flags, "--checkpoint-every", "2", "-o", run)[0] == 0
    assert tcvae("train", "--resume", checkpoint, "--epochs", "2", "-o", run)[0] == 0
    assert read_run(run).header.step == 2 * 192 // 48


def test_a_single_exploding_step_is_refused(tcvae: Verb, tmp_path: Path) -> None:
    status, _, errors = tcvae(*TRAIN, "--steps", "1", "--learning-rate", "1e30", "-o", str(tmp_path / "run"))
    assert status == 1
    assert "not finite" in errors.splitlines()[-1]


def test_no_output_may_be_another_file_of_the_command(tcvae: Verb, tmp_path: Path) -> None:
    before = Path("tiny.h5").read_bytes()
    for flags in (("--log", "tiny.h5"), ("--checkpoint", "tiny.h5"), ("-o", "tiny.h5"), ("--checkpoint", "-")):
        status, _, errors = tcvae(*TRAIN, "--steps", "1", *flags)
        assert (status, errors.count("\n")) == (2, 1)
    assert Path("tiny.h5").read_bytes() == before


def test_a_full_disk_or_a_closed_stream_is_one_line(workshop: Path) -> None:
    result = shell("tcvae mig codes.safetensors >/dev/full", workshop)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith("tcvae: ")
    assert "Traceback" not in shell("tcvae mig <&-", workshop).stderr


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("schema", "one"),
        ("schema", 99),
        ("schema", np.inf),
        ("factor_sizes", [np.inf] * 6),
        ("factor_sizes", 3),
        ("pixel_kind", "Binary"),
        ("scored_factors", ["nothing"]),
    ],
)
def test_wrong_attributes_are_refused_in_one_line(tcvae: Verb, tmp_path: Path, attribute: str, value: object) -> None:
    copy = tmp_path / "copy.h5"
    copy.write_bytes(Path("tiny.h5").read_bytes())
    with h5py.File(copy, "r+") as file:
        file.attrs[attribute] = value
    status, _, errors = tcvae("show", str(copy))
    assert (status, errors.count("\n")) == (1, 1)


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        (9, "has schema 9, this version reads up to NEWEST; upgrade tcvae"),
        (0, "has the schema 0, which no version wrote; give one made by"),
        ("1", "has the schema '1', which no version wrote; give one made by"),
        (True, "has the schema True, which no version wrote; give one made by"),
        (None, "has no schema; give one made by"),
    ],
)
def test_a_newer_schema_and_none_at_all_have_different_cures(
    tcvae: Verb, tmp_path: Path, schema: object, wanted: str
) -> None:
    for name, verb in (("run_codes.safetensors", "mig"), ("run.safetensors", "encode")):
        header, tensors = read_tensors(name, "a file")
        assert header is not None
        (tmp_path / "file").write_bytes(tensors_to_bytes({**header, "schema": schema}, tensors))
        for reader in (verb, "show"):
            status, _, errors = tcvae(reader, str(tmp_path / "file"))
            assert (status, errors.count("\n")) == (1, 1)
            newest = wanted.replace("NEWEST", str(header["schema"]))
            assert errors.startswith(f"tcvae: {tmp_path / 'file'}: {newest}")


def test_a_data_set_without_a_schema_is_not_of_a_newer_one(tcvae: Verb, tmp_path: Path) -> None:
    copy = tmp_path / "copy.h5"
    copy.write_bytes(Path("tiny.h5").read_bytes())
    with h5py.File(copy, "r+") as file:
        del file.attrs["schema"]
    wanted = "has no schema; give one made by `tcvae prepare`, or write schema 1 into it"
    assert tcvae("show", str(copy)) == (1, b"", f"tcvae: {copy}: {wanted}\n")


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"dropout": 0.5}, "has settings unknown to this version (dropout); upgrade tcvae"),
        ({"latents": ...}, "lacks settings that make a run (latents); train it again"),
    ],
)
def test_settings_of_newer_runs_and_lost_ones_have_different_cures(
    tcvae: Verb, tmp_path: Path, settings: dict[str, object], wanted: str
) -> None:
    header, tensors = read_tensors("run.safetensors", "a run")
    assert header is not None
    stored = {name: value for name, value in (header["settings"] | settings).items() if value is not ...}
    (tmp_path / "run").write_bytes(tensors_to_bytes({**header, "settings": stored}, tensors))
    assert tcvae("encode", str(tmp_path / "run")) == (1, b"", f"tcvae: {tmp_path / 'run'}: {wanted}\n")


def test_hostile_headers_are_refused_in_one_line(tcvae: Verb, tmp_path: Path) -> None:
    tensors = {"mean": np.zeros((2, 1), np.float32), "log_std": np.zeros((2, 1), np.float32)}
    for text in ('{"kind":"codes","schema":1,"data":"x"}', '{"kind":"codes","schema":1,"settings":{"beta":NaN}}', "[]"):
        safetensors.numpy.save_file(tensors, tmp_path / "codes", metadata={"tcvae": text})
        status, _, errors = tcvae("estimate-tc", str(tmp_path / "codes"))
        assert (status, errors.count("\n")) == (1, 1)
    tensors["log_std"] -= 800
    safetensors.numpy.save_file(tensors, tmp_path / "codes")
    assert tcvae("mig", str(tmp_path / "codes"))[0] == 1
