"""Labels as people write them: missing ones, numbers as words, words beside numbers."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from helpers.tiny import write_tiny
from tcvae_cli.datasets.labels import Factor, Pictures, factor_of, labelled
from tcvae_cli.datasets.words import MISSING_WORDS
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.data_sets import open_data_set


def notes_of(*factors: Factor) -> list[str]:
    """Return the notes on a data set with these factors."""
    rows = len(factors[0].classes)
    pictures = Pictures("set", rows, (8, 8), "grey", "made", iter(()))
    return list(labelled(pictures, factors).notes)


@pytest.mark.parametrize("word", sorted(MISSING_WORDS))
def test_what_pandas_takes_for_missing_is_missing_and_numbers_stay_numbers(word: str) -> None:
    for column in ([f" {word}", "10", "2", word, "1"], np.array([word, "10", "2", word, "1"]).astype("S")):
        factor = factor_of("size", column)
        assert factor.classes.tolist() == [-1, 2, 1, -1, 0]
        np.testing.assert_array_equal(factor.values, [np.nan, 10, 2, np.nan, 1])
        assert (factor.size, factor.class_names) == (3, ())
        said = f", written {word}: where that is a label, write another word" if word else ""
        assert notes_of(factor) == [f"factor size lacks the labels of 2 of 5 images{said}"]


def test_arrays_of_missing_numbers_made_text_are_numbers_again() -> None:
    values = np.array([2.5, np.nan, -1, 10, 1e-3])
    for made in (values.astype(str), values.astype("S"), values.astype(object).astype(str)):
        factor = factor_of("size", made)
        np.testing.assert_array_equal(factor.values, values)
        assert factor.classes.tolist() == [2, -1, 0, 3, 1]


def test_words_beside_numbers_are_told_of_and_leave_the_numbers_in_their_order() -> None:
    factor = factor_of("size", ["10", "?", "2", "1", "inf", "nan"])
    assert factor.class_names == ("1", "2", "10", "?", "inf")
    assert factor.classes.tolist() == [2, 3, 1, 0, 4, -1]
    said = "factor size holds words beside numbers (? and inf), so that all its labels are words"
    assert f"{said}: if these mean missing, leave the cell empty" in notes_of(factor)
    many = factor_of("size", ["1", *"abcdefg"])
    assert any("words beside numbers (a, b, c, d, e and 2 more), so" in note for note in notes_of(many))
    assert notes_of(factor_of("side", ["b", "a", "c"])) == []


def test_distinct_words_stay_distinct() -> None:
    assert factor_of("subject", ["1_0", "10", "1_0"]).classes.tolist() == [1, 0, 1]  # not two writings of ten
    assert factor_of("name", np.array([b"\xe9", b"\xe8", b"\xe9"])).class_names == ("\\xe8", "\\xe9")


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (["7", "007", "8", "08", "9", "9"], "007 and 7; 08 and 8"),
        (["1e5", "100000", "3", "3"], "100000 and 1e5"),
        (["-07", "-7", "1", "1"], "-07 and -7"),
        (["1", "1.0", "0.50", "0.5", ".5", "+1", "0", "0.0", "-0"], ""),
        (["007", "008", "1e5", "007"], ""),
    ],
)
def test_one_number_from_cells_that_may_be_two_codes_is_told_of(column: list[str], said: str) -> None:
    notes = [f"factor subject takes {said} for one number: if they are not, write a letter before them all"]
    assert notes_of(factor_of("subject", column)) == (notes if said else [])


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (["Large", "large", "small", "small"], "Large and large"),
        (["Large", "Large ", "b", "b "], "Large and Large ; b and b "),
        (["dark red", "darkred", "10", "9"], "dark red and darkred"),
        (["large", "larger", "x", "x"], ""),
    ],
)
def test_classes_that_are_much_alike_are_told_of(column: list[str], said: str) -> None:
    factor = factor_of("size", column)
    assert factor.size == len(set(column))
    notes = [note for note in notes_of(factor) if "beside numbers" not in note]
    wanted = f"factor size has classes that differ in case or blanks only ({said}): write them alike if they are one"
    assert notes == ([wanted] if said else [])


def test_a_class_for_each_image_is_told_of_by_what_it_may_be() -> None:
    numbers, words = factor_of("id", range(8)), factor_of("caption", [f"picture {k}" for k in range(8)])
    lengths, shared = factor_of("length", np.arange(8) / 2), factor_of("place", [*range(7), 0])
    bins = "some measures of score take them as they are, mig and the others in bins, by {factor_bins}"
    single = f"about one class per image, as real values do: {bins}"
    assert notes_of(words, numbers, lengths, shared) == [
        "factor caption has about one class per image: leave it out unless it is a factor",
        f"factor id has {single}; leave it out if it is an index",
        f"factor length has real values: {bins}",
        f"factor place has {single}",
    ]


def test_names_of_classes_too_long_to_be_read_again_are_refused() -> None:
    captions = factor_of("caption", ["x" * 9_000_000, "y" * 9_000_000])
    with pytest.raises(
        TcvaeError, match=r"set: factor caption names its classes in 18,000,000 letters.*; leave it out"
    ):
        notes_of(factor_of("side", ["a", "b"]), captions)


def test_all_labels_missing_is_a_factor_of_none() -> None:
    for column in (["NA", "NA"], [np.nan, np.nan]):
        factor = factor_of("size", column)
        assert (factor.classes.tolist(), factor.size) == ([-1, -1], 1)


def test_a_data_set_with_two_factors_of_a_name_is_refused_by_that(tmp_path: Path) -> None:
    write_tiny(tmp_path / "tiny.h5")
    with h5py.File(tmp_path / "tiny.h5", "r+") as file:
        names = list(file.attrs["factor_names"])
        file.attrs.create("factor_names", [names[-1], *names[1:]], (len(names),), h5py.string_dtype())
    with (
        pytest.raises(TcvaeError, match=f"has several factors called {names[-1]}; give each a name of its own"),
        open_data_set(str(tmp_path / "tiny.h5")),
    ):
        pytest.fail("it was opened")
