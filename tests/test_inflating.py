"""Chunks inflated by threads are what HDF5 reads; what it would not read is left to it, but for chunks that lie."""

import importlib.util
import io
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcvae_cli.files import inflating
from tcvae_cli.files.inflating import inflate_rows, read_part

PIXELS = np.random.default_rng(0).integers(0, 256, size=(50, 3, 5), dtype=np.uint8)


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TCVAE_THREADS", "2")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with h5py.File(tmp_path_factory.mktemp("stored") / "stored.h5", "w") as file:
        yield file.create_dataset("imgs", data=PIXELS, chunks=(8, 3, 5), compression="gzip")


@given(st.integers(0, 49), st.integers(0, 50))
def test_any_rows_are_those_of_hdf5(stored: h5py.Dataset, start: int, stop: int) -> None:
    np.testing.assert_array_equal(inflate_rows(stored, slice(start, stop)), PIXELS[start:stop])


def test_without_zlib_ng_zlib_inflates(stored: h5py.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zlib_ng", None)
    spec = importlib.util.spec_from_file_location("inflating_without", inflating.__file__)
    assert spec is not None
    assert spec.loader is not None
    without = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(without)
    assert without.zlib.__name__ == "zlib"
    np.testing.assert_array_equal(without.inflate_rows(stored, slice(3, 50)), PIXELS[3:50])


@given(
    st.tuples(st.integers(1, 60), st.integers(1, 4), st.integers(1, 6)),
    st.sampled_from(["u1", "<i8", ">i4", "<f4", ">f8", "?"]),
    st.booleans(),
    st.tuples(st.integers(0, 49), st.integers(0, 50)),
)
def test_any_chunks_of_any_numbers_are_those_of_hdf5(
    chunks: tuple[int, ...], kind: str, shuffle: bool, part: tuple[int, int]
) -> None:
    with h5py.File(io.BytesIO(), "w") as file:
        numbers = (PIXELS.astype("i8") * 257 % 1009).astype(kind)
        chunks = tuple(map(min, chunks, PIXELS.shape))
        array = file.create_dataset("imgs", data=numbers, chunks=chunks, compression="gzip", shuffle=shuffle)
        found = inflate_rows(array, slice(*part))
        np.testing.assert_array_equal(found, numbers[slice(*part)], strict=True)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"chunks": (8, 3, 5)},
        {"chunks": (8, 3, 5), "compression": "lzf"},
        {"chunks": (8, 3, 5), "compression": "gzip", "fletcher32": True},
        {"chunks": (8, 3, 5), "compression": "gzip", "scaleoffset": 0},
    ],
)
def test_other_forms_are_left_to_hdf5(tmp_path: Path, form: dict[str, Any]) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        array = file.create_dataset("imgs", data=PIXELS, **form)
        assert inflate_rows(array, slice(0, 50)) is None
        np.testing.assert_array_equal(read_part(array, slice(3, 50)), PIXELS[3:50])


@pytest.mark.parametrize("damage", [b"\0" * 40, "short", "long", "cut"])
def test_a_damaged_chunk_is_left_to_hdf5(tmp_path: Path, damage: bytes | str) -> None:
    import zlib

    bytes_of = {"short": zlib.compress(bytes(100)), "long": zlib.compress(bytes(10_000)), "cut": None}
    with h5py.File(tmp_path / "damaged.h5", "w") as file:
        array = file.create_dataset("imgs", data=PIXELS, chunks=(8, 3, 5), compression="gzip")
        whole = array.id.read_direct_chunk((8, 0, 0))[1]
        content = damage if isinstance(damage, bytes) else bytes_of[damage] or whole[:-8]
        array.id.write_direct_chunk((8, 0, 0), content)
        assert inflate_rows(array, slice(0, 50)) is None


def test_rows_that_are_not_stored_are_left_to_hdf5(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "empty.h5", "w") as file:
        array = file.create_dataset("imgs", (50, 3, 5), dtype=np.uint8, chunks=(8, 3, 5), compression="gzip")
        assert inflate_rows(array, slice(0, 50)) is None
