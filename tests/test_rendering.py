"""dSprites as rendered here, against the real images: digests everywhere, pixels where those are at hand."""

import hashlib
import itertools
import zipfile
from pathlib import Path

import numpy as np
import pytest

from helpers.command import call
from helpers.tiny import factor_tables, tiny_rows
from tcvae_cli.datasets.dsprites import rendering as dsprites
from tcvae_cli.files.data_sets import open_data_set

DIGESTS = Path(__file__).with_name("dsprites_digests.tsv")


def rendered(classes: tuple[int, ...]) -> np.ndarray:
    """Return one image (64, 64) of its six classes."""
    packed = dsprites.render_combination(*classes[1:4])[classes[4] * 32 + classes[5]]
    return np.unpackbits(packed).reshape(64, 64)


def test_all_real_images_come_out_bit_for_bit_by_digest() -> None:
    lines = [line.split("\t") for line in DIGESTS.read_text().splitlines()[1:]]
    assert len(lines) == 380
    wrong = [line for line in lines if hashlib.sha256(rendered(tuple(map(int, line[:6])))).hexdigest()[:16] != line[6]]
    assert wrong == []


def test_all_real_images_come_out_bit_for_bit_by_pixel(shared: Path) -> None:
    real = np.load(shared / "data/dsprites_real_380.npz", allow_pickle=False)
    ours = np.stack([rendered(tuple(classes)) for classes in real["latents_classes"]])
    assert int((ours != real["imgs"]).sum()) == 0
    order = real["latents_classes"] @ [737280, 245760, 40960, 1024, 32, 1]
    classes, values = factor_tables()
    np.testing.assert_array_equal(classes[order], real["latents_classes"])
    np.testing.assert_allclose(values[order], real["latents_values"], rtol=0, atol=1e-9)


def test_lit_pixels_of_the_whole_set() -> None:
    combinations = itertools.product(*map(range, dsprites.FACTOR_SIZES[1:4]))
    lit = sum(int(np.bitwise_count(dsprites.render_combination(*c)).sum()) for c in combinations)
    assert abs(lit - 128_328_862) <= 100


def write_npz(path: Path, hostile: bool = True, **changed: np.ndarray) -> None:
    """Write an npz in the published layout, its `metadata` a pickle that would run code."""
    images, classes, values = tiny_rows()
    arrays = {"imgs": images, "latents_classes": classes, "latents_values": values, **changed}
    np.savez_compressed(path, **arrays)
    if hostile:
        header = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little")
        header += b"{'descr': '|O', 'fortran_order': False, 'shape': (), }".ljust(117) + b"\n"
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("metadata.npy", header + b"cos\nsystem\n(S'touch pickle_ran'\ntR.")


def test_published_npz_is_converted_and_its_pickle_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_npz(tmp_path / "published.npz")
    status, _, errors = call("prepare", "dsprites", "--source", "published.npz", "-o", "dsprites.h5")
    note, said = errors.splitlines()  # so few images are told apart by each orientation
    assert (status, "factor orientation has real values" in note, said[:12]) == (0, True, "dsprites.h5:")
    assert not (tmp_path / "pickle_ran").exists()
    images, classes, _ = tiny_rows()
    with open_data_set("dsprites.h5") as data:
        np.testing.assert_array_equal(data.rows(slice(None)), images)
        np.testing.assert_array_equal(data.classes, classes)
        assert "converted" in data.description.provenance


@pytest.mark.parametrize("fault", ["html", "cut", "missing", "dtype", "shape", "pixels"])
def test_wrong_sources_are_refused_in_one_line_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.chdir(tmp_path)
    source, images = tmp_path / "source.npz", tiny_rows()[0]
    write_npz(source, hostile=False)
    if fault == "html":
        source.write_text("<!DOCTYPE html><title>Quota exceeded</title>")
    elif fault == "cut":
        source.write_bytes(source.read_bytes()[:-500])
    elif fault == "missing":
        np.savez(source, imgs=images)
    elif fault == "dtype":
        write_npz(source, hostile=False, imgs=images.astype(np.float32))
    elif fault == "shape":
        write_npz(source, hostile=False, imgs=images[:-1])
    else:
        write_npz(source, hostile=False, imgs=images * 7)
    status, _, errors = call("prepare", "dsprites", "--source", "source.npz", "-o", "dsprites.h5")
    assert (status, errors.count("\n")) == (1, 1)
    assert errors.startswith("tcvae: source.npz: ")
    assert [path.name for path in tmp_path.iterdir()] == ["source.npz"]
