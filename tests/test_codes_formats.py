"""Codes as npz and as a table: what is written reads back as the same, and what somebody else wrote is bounded."""

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

import tcvae_cli
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.codes import Codes, read_codes
from tcvae_cli.files.headers import CodesHeader

Verb = Callable[..., Any]
MEAN, LOG_STD = np.random.default_rng(0).standard_normal((2, 5, 2)).astype(np.float32)


def test_all_formats_hold_the_same(tcvae: Verb, tmp_path: Path) -> None:
    for end in ("npz", "csv"):
        status, _, said = tcvae("encode", "run.safetensors", "-o", str(tmp_path / f"codes.{end}"))
        assert status == 0
        assert ("no settings" in said) == (end == "csv")
    ours, npz, table = map(read_codes, ("run_codes.safetensors", tmp_path / "codes.npz", tmp_path / "codes.csv"))
    assert npz.header == ours.header
    for codes in (npz, table):
        for name in ("mean", "log_std", "log_likelihood", "factor_classes"):
            assert np.array_equal(getattr(codes, name), getattr(ours, name))
        assert codes.factor_names == ours.factor_names
    with np.load(tmp_path / "codes.npz", allow_pickle=False) as arrays:
        assert {"mean", "log_std", "log_likelihood", "factor_classes", "tcvae"} == set(arrays.files)


@pytest.mark.parametrize("end", ["npz", "csv"])
def test_every_format_is_read_from_files_and_pipes(end: str, tcvae: Verb, tmp_path: Path) -> None:
    path = tmp_path / f"codes.{end}"
    tcvae_cli.save(tcvae_cli.load("codes.safetensors"), path)
    again = tmp_path / f"again.{end}"
    tcvae_cli.save(tcvae_cli.load(path), again)
    assert again.read_bytes() == path.read_bytes()
    expected = tcvae("mig", "codes.safetensors")[1].split(b'"mutual_information"')[0]
    for arguments, stdin in (([str(path)], b""), ([], path.read_bytes())):
        status, output, errors = tcvae("mig", *arguments, stdin=stdin)
        assert (status, errors) == (0, "")
        assert output.split(b'"mutual_information"')[0] == expected
    assert b"codes (" in tcvae("show", str(path))[1]
    assert b"codes (" in tcvae("show", "-", stdin=path.read_bytes())[1]
    assert tcvae("rank", str(path), "codes.safetensors")[0] == 0


def test_a_table_of_somebody_else_is_read(tmp_path: Path) -> None:
    """Columns in any order, a byte order mark, semicolons, a missing label, a factor of real values."""
    path = tmp_path / "theirs.csv"
    head = 'angle;z1_mean;z0_mean;z0_log_std;z1_log_std;"the shape"'
    path.write_text(f"{head}\n0.5;1;2;-1;-2;0\n2.5;3;4;-1;-2;nan\n1.5;5;6;-1;-2;1\n", encoding="utf-8-sig")
    codes = read_codes(path)
    assert codes.mean.tolist() == [[2, 1], [4, 3], [6, 5]]
    assert codes.factor_names == ("angle", "the shape")
    assert codes.factor_classes is not None
    assert codes.factor_classes.tolist() == [[0, 0], [2, -1], [1, 1]]
    assert codes.factor_values is not None
    assert codes.factor_values[:, 0].tolist() == [0.5, 2.5, 1.5]
    tcvae_cli.save(codes, tmp_path / "again.csv")
    again = read_codes(tmp_path / "again.csv")
    assert np.array_equal(again.factor_values, codes.factor_values, equal_nan=True)
    assert again.factor_classes is not None
    assert again.factor_classes.tolist() == codes.factor_classes.tolist()


TABLES = {
    "z0_mean,z1_mean\n1,2\n": "has no column `z0_log_std`, so it holds no codes; write it; score ",
    "z0_mean,z0_mean\n1,2\n": "has the column 'z0_mean' twice",
    "z0_mean,z2_mean\n1,2\n": "has no column `z1_mean`, but one of a later latent",
    "z0_mean,z0_log_std\n1,2\n1\n1,2\n": "line 3 is not one number for each column",
    "z0_mean,z0_log_std\n\n1,2\n1,2\n1,red\n1,2\n": "line 5 is not one number for each column; write a number",
    "z0_mean,z0_log_std\n1,inf\n": "`log_std` holds NaN or infinity",
    "z0_mean,z0_log_std\n": "has no line of numbers below the names of its columns",
    "z0_mean,z0_log_std\n1\n2\n": "its lines have 1 numbers, and 2 columns have names",
    "z0_mean,z0_log_std\n1e300,2\n": "`mean` holds NaN or infinity in 1 of 1 images",
    ",z0_mean,z0_log_std\n0,1,2\n": "has no name for its column 1; leave it out (to_csv of pandas",
    "first,second\n1,2\n": "is not a safetensors file: expected codes (safetensors, npz or csv)",
}


@pytest.mark.parametrize(("text", "fault"), TABLES.items())
def test_a_table_of_no_codes_is_refused(text: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "codes.csv").write_text(text)
    with pytest.raises(TcvaeError, match=re.escape(fault)):
        read_codes(tmp_path / "codes.csv")


@pytest.mark.parametrize(
    ("arrays", "fault"),
    [
        ({"mean": MEAN, "log_std": np.array([{}], object)}, "`log_std` holds objects of Python; store numbers"),
        ({"z_mean": MEAN, "z_logvar": LOG_STD}, "no array `mean`, so it holds no codes; store `z_mean` as `mean`, and"),
        ({"mean": MEAN}, "has no array `log_std`, so it holds no codes; write it"),
        ({"mean": MEAN, "log_std": LOG_STD, "tcvae": np.array("[]")}, "has a `tcvae` header that is not a JSON object"),
        ({"mean": MEAN, "log_std": LOG_STD, "tcvae": np.array('{"kind": "run"}')}, "is a run file, not a codes file"),
        ({"mean": MEAN, "log_std": LOG_STD[:3]}, "are not both (images, latents)"),
    ],
)
def test_an_npz_of_no_codes_is_refused(arrays: dict[str, np.ndarray], fault: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "codes.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(TcvaeError, match=re.escape(fault)):
        read_codes(tmp_path / "codes.npz")


@pytest.mark.parametrize("end", ["npz", "csv", "safetensors"])
def test_score_takes_means_alone(end: str, tcvae: Verb, tmp_path: Path) -> None:
    """The third latent is the same of every image, and so not active."""
    path, classes = tmp_path / f"means.{end}", np.arange(40) % 4
    mean = np.stack([classes * 1e-6, classes % 2, np.ones(40)], 1).astype(np.float32)
    if end == "npz":
        np.savez(path, mean=mean, factor_classes=np.stack([classes, classes % 2], 1))
    elif end == "csv":
        rows = np.concatenate([mean, np.stack([classes, classes % 2], 1)], 1)
        np.savetxt(path, rows, delimiter=",", header="z0_mean,z1_mean,z2_mean,first,second", comments="")
    else:
        save_file({"mean": mean, "factor_classes": np.stack([classes, classes % 2], 1)}, path)
    status, output, said = tcvae("score", str(path), "--measure", "modularity")
    assert (status, json.loads(output)["active_latents"]) == (0, [0, 1])
    assert "note: there is no log_std, so every latent whose mean varies counts as active\n" in said
    assert "there is no log_std" in json.loads(output)["notes"][0]
    assert "score and no other verb measures means alone (docs/formats.md)\n" in tcvae("mig", str(path))[2]
    _, lines, said = tcvae("score", str(path), str(path), "--measure", "udr")
    assert said.count("note: there is no log_std") == 1
    assert ["there is no log_std" in json.loads(line)["notes"][0] for line in lines.splitlines()] == [True, True]


def test_a_table_has_as_many_latents_as_codes_have(tmp_path: Path) -> None:
    tcvae_cli.save(Codes.of(np.zeros((2, 600)), np.full((2, 600), -1.0)), tmp_path / "codes.csv")
    assert read_codes(tmp_path / "codes.csv").mean.shape == (2, 600)


def test_an_npz_may_only_unpack_to_so_much(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "codes.npz", "w") as archive, archive.open("mean.npy", "w") as member:
        header = {"descr": "<f4", "fortran_order": False, "shape": (1 << 40, 1)}
        np.lib.format.write_array_header_1_0(member, header)
    with pytest.raises(TcvaeError, match="reading `mean` unpacks 4,398,046,511,104 bytes, too many for a file of this"):
        read_codes(tmp_path / "codes.npz")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "codes.npz").read_bytes()[:60])
    with pytest.raises(TcvaeError, match="is damaged or cut short; write it again"):
        read_codes(tmp_path / "cut.npz")


def test_what_a_table_does_not_tell_is_not_lost_unsaid(tmp_path: Path) -> None:
    codes = Codes(MEAN, LOG_STD, header=CodesHeader(posterior="laplace", prior="laplace"))
    with pytest.raises(
        TcvaeError, match="has a laplace posterior and a laplace prior, which a table does not tell; end"
    ):
        tcvae_cli.save(codes, tmp_path / "codes.csv")
    tcvae_cli.save(codes, tmp_path / "codes.npz")
    assert read_codes(tmp_path / "codes.npz").posterior == "laplace"
