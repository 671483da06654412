"""Tables of labels as the programs of this world write them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from helpers.command import call
from tcvae_cli.datasets.own.columns import labels_of
from tcvae_cli.datasets.own.finding import find_pictures
from tcvae_cli.datasets.own.tables import Table, read_table, table_in
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.data_sets import open_data_set

NAMES = ("left/1.png", "left/2.png", "right/1.png", "right/2.png")
LINES = [("file", "weight", "side"), *zip(NAMES, ("1.5", "10", "2", "1.5"), "llrr", strict=True)]
NAMELESS = "note: left out of labels.csv: a column without a name (an index)"
INDEX = "note: left out of labels.csv: column {} (an index)"
COMMAS = "note: labels.csv takes the commas in column weight for decimal points (1,5)"


def joined(separator: str = ",", lines: list[tuple[str, ...]] = LINES) -> str:
    """Return a table as text."""
    return "".join(separator.join(line) + "\n" for line in lines)


def named(name: Callable[[str], str]) -> str:
    """Return a table that writes the names of pictures by a function."""
    return joined(lines=[LINES[0], *((name(first), *cells) for first, *cells in LINES[1:])])


def numbered(head: str, line: str, first: int = 0) -> str:
    """Return a table with an index; LINE has places for the number of a line and its cells."""
    return "\n".join([head, *(line.format(k, *cells) for k, cells in enumerate(LINES[1:], first))])


TABLES: dict[str, tuple[str | bytes, list[str]]] = {
    "commas": (joined(), []),
    "semicolons": (joined(";"), []),
    "tabs": (joined("\t"), []),
    "bars": (joined("|"), []),
    "blanks": (joined(" "), []),
    "commas and blanks": (joined(", "), []),
    "Excel, German": ("\ufeff" + joined(";").replace(".5", ",5"), [COMMAS]),
    "Excel, Unicode text": (("\ufeff" + joined("\t")).encode("utf-16-le"), []),
    "Excel, separator declared": ("sep=;\r\n" + joined(";").replace("\n", "\r\n"), []),
    "Excel, empty columns and lines": (joined().replace("\n", ",,\n") + ",,,,\n" * 3, []),
    "Excel on an old Mac": (joined().replace("\n", "\r"), []),
    "a comma at the end of each line": (joined().replace("l\n", "l,\n").replace("r\n", "r,\n"), []),
    "LibreOffice, all quoted": (joined('","').replace("\n", '"\n"')[:-1].join(['"', ""]), []),
    "pandas with its index": (numbered(",file,weight,side", "{},{},{},{}"), [NAMELESS]),
    "pandas, read and written again": (
        numbered("Unnamed: 0,file,weight,side", "{},{},{},{}"),
        [INDEX.format("Unnamed: 0")],
    ),
    "pandas, read and written twice": (
        numbered("Unnamed: 0.1,Unnamed: 0,file,weight,side", "{0}7,{0},{1},{2},{3}"),
        [INDEX.format("Unnamed: 0.1 and column Unnamed: 0")],
    ),
    "pandas, its index as a column": (numbered("file,weight,index,side", "{1},{2},{0},{3}"), [INDEX.format("index")]),
    "a data base": (numbered("id,file,weight,side", "{},{},{},{}", 1), [INDEX.format("id")]),
    "R, read and written again": (
        numbered('"","X","file","weight","side"', '"{0}",{0},"{1}",{2},"{3}"', 1),
        ["note: left out of labels.csv: a column without a name and column X (an index)"],
    ),
    "names in several ways": (
        numbered("file,path,mask,weight,side", "{1},/data/{1},{0}_mask.png,{2},{3}"),
        ["note: left out of labels.csv: column path and column mask (names of pictures)"],
    ),
    "pandas, names of files as index": (joined().removeprefix("file"), []),
    "R, write.csv": (numbered('"","file","weight","side"', '"{}","{}",{},"{}"', 1), [NAMELESS]),
    "R, write.csv2": (
        numbered('"";"file";"weight";"side"', '"{}";"{}";{};"{}"').replace(".5", ",5"),
        [COMMAS, NAMELESS],
    ),
    "R, write.table": (numbered('"file" "weight" "side"', '"{}" "{}" {} "{}"', 1), [NAMELESS]),
    "R, names of files as names of rows": (numbered('"weight" "side"', '"{1}" {2} "{3}"'), []),
    "another name for the column": (joined().replace("file", "id"), []),
    "names without suffix": (named(lambda name: name[:-4]), []),
    "names with a dot": (named(lambda name: f"./{name}"), []),
    "names of Windows": (named(lambda name: name.replace("/", "\\")), []),
    "names below the folder": (named(lambda name: f"pictures/{name}"), []),
    "absolute names": (named(lambda name: f"HERE/{name}"), []),
    "names of another machine": (
        named(lambda name: f"C:\\data\\{name}"),
        ["note: takes the names of pictures in labels.csv from below C:/data/"],
    ),
    "pictures of other folders too": (
        joined() + "elsewhere/1.png,7,u\n",
        ["note: labels.csv has 1 line of no picture here: elsewhere/1.png"],
    ),
    "two folders, one of this name": (
        named(lambda name: f"/x/train/{name}") + named(lambda name: f"/x/pictures/{name}").partition("\n")[2],
        [
            "note: takes the names of pictures in labels.csv from below /x/pictures/",
            "note: labels.csv has 4 lines of no picture here: /x/train/left/1.png, /x/train/left/2.png, "
            "/x/train/right/1.png and /x/train/right/2.png",
        ],
    ),
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of four pictures."""
    folder = tmp_path_factory.mktemp("tables") / "pictures"
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 255).save(folder / name)
    return folder


@pytest.mark.parametrize("program", TABLES)
def test_the_tables_of_all_programs_are_read_alike(
    pictures: Path, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, notes = TABLES[program]
    content = text if isinstance(text, bytes) else text.replace("HERE", str(pictures)).encode()
    (pictures.parent / "labels.csv").write_bytes(content)
    monkeypatch.chdir(pictures.parent)
    command = "prepare folder --source pictures --size 8 --labels labels.csv -o out.h5"
    status, _, errors = call(*command.split())
    assert status == 0, errors
    assert errors.splitlines()[:-1] == notes
    with open_data_set("out.h5") as data:
        assert data.description.factor_names == ("weight", "side")
        assert data.classes is not None
        assert data.classes.T.tolist() == [[0, 2, 1, 0], [0, 0, 1, 1]]
        assert data.class_names() == {"side": ("l", "r")}


def test_a_picture_without_a_line_has_no_labels_and_strict_refuses_it(pictures: Path) -> None:
    table = pictures.parent / "some.csv"
    table.write_text("".join(joined().splitlines(keepends=True)[:-1]))
    flags = ("prepare", "folder", "--source", str(pictures), "--size", "8", "--labels", str(table))
    status, _, errors = call(*flags, "-o", str(pictures.parent / "some.h5"))
    assert status == 0
    assert errors.splitlines()[:-1] == [
        f"note: {table} has no line for 1 of 4 pictures: right/2.png",
        "note: factors weight and side lack the labels of 1 of 4 images",
    ]
    with open_data_set(str(pictures.parent / "some.h5")) as data:
        assert data.classes is not None
        assert data.classes.tolist() == [[0, 0], [2, 0], [1, 1], [-1, -1]]
    status, _, errors = call(*flags, "--strict", "-o", str(pictures.parent / "some.h5"))
    wanted = f"tcvae: {table}: has no line for right/2.png; add one, move the picture away, or leave --strict out\n"
    assert (status, errors) == (1, wanted)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"PK\3\4\x14\0", r"is a zip \(as npz, xlsx and files of PyTorch are\), not CSV"),
        (b"\xd0\xcf\x11\xe0\xa1", "is a spreadsheet of Excel, not CSV"),
        (b" <!doctype html>", "is a web page, not CSV"),
        (b"\x1f\x8b\x08", "is compressed, not CSV"),
        (b"file,a\0\n1,2", "is binary, not CSV"),
        ("file,größe\n1,2".encode("latin-1"), "is not text in UTF-8 or UTF-16"),
    ],
)
def test_what_is_no_table_is_called_by_its_name(tmp_path: Path, content: bytes, fault: str) -> None:
    (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(TcvaeError, match=f"labels.csv: {fault}; save it as CSV in UTF-8"):
        read_table(str(tmp_path / "labels.csv"))


def test_letters_are_the_same_whether_composed_or_not() -> None:
    table = Table("labels.csv", ["file", "a"], [["caf\u00e9.png", "1"], ["cafe.png", "2"]])
    assert find_pictures(table, ["cafe.png", "cafe\u0301.png"], "x") == (0, [1, 0])


def test_numbers_are_not_taken_for_names_where_there_are_names() -> None:
    lines = [[str(3 - k), f"{k}.png"] for k in range(4)]
    assert find_pictures(Table("labels.csv", ["count", "picture"], lines), [f"{k}.png" for k in range(4)], "x")[0] == 1


def test_what_only_looks_like_an_index_or_a_name_is_a_factor() -> None:
    head = ["id", "index", "angle", "shape", "X"]
    lines = [["1", "0", "0", "a", "2"], ["2", "2", "1", "b", "3"], ["2", "1", "2", "b", "4"]]
    assert labels_of(Table("labels.csv", head, lines), ["a.png", "b.png", "2.png"]).head == head
    only = Table("labels.csv", ["id"], [["0"], ["1"]])
    assert labels_of(only).head == ["id"]


def test_names_without_suffix_are_no_factor_beside_the_pictures_they_name() -> None:
    table = Table("labels.csv", ["stem", "a"], [["x", "1"], ["y", "1"]])
    assert labels_of(table, ["in/x.png", "in/y.png"]).head == ["a"]
    assert labels_of(table, ["in/x.png", "in/z.png"]).head == ["stem", "a"]
    assert labels_of(table).head == ["stem", "a"]


@pytest.mark.parametrize("count", [1, 1_001])
def test_too_many_and_too_long_names_of_columns_are_the_table_s(pictures: Path, count: int) -> None:
    names = ["n" * 301] if count == 1 else [f"c{place}" for place in range(count)]
    table = pictures.parent / "names.csv"
    table.write_text(joined(lines=[("file", *names), *((name, *"1" * count) for name in NAMES)]))
    status, _, errors = call("prepare", "folder", "--source", str(pictures), "--labels", str(table), "-o", "no.h5")
    fault = "has a name of 301 letters" if count == 1 else "has 1,001 factors"
    assert (status, errors.partition(fault)[0]) == (1, f"tcvae: {table}: ")
    cure = "leave factors out, or shorten their names" if count == 1 else "leave columns out"
    assert errors.endswith(f"are read; {cure}\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('file,a\nx.png,1\ny.png,"2\nz.png,3\n', "line 3 opens a quote that none closes; close or remove it"),
        (
            'sep=,\nfile,a\nx.png,"1\ny.png,2"z\n',
            "line 4 breaks the rules of CSV (',' expected after '\"'), by a quote that opens in line 3; "
            "close or remove that quote",
        ),
        ('file,a\nx.png,"1\ny.png",2\n', "line 3 has 3 cells under 2 names, by a quote that opens in line 2; give"),
        (
            ",".join("abc" * 334 + "d") + "\n",
            "line 1 has more than 1,002 cells, and at most 1,000 factors are read; leave columns out",
        ),
    ],
)
def test_a_table_that_is_none_is_told_of_with_line_and_cure(text: str, message: str) -> None:
    with pytest.raises(TcvaeError) as refused:
        table_in(text, "labels.csv")
    assert str(refused.value).startswith(f"labels.csv: {message}")


@pytest.mark.parametrize(
    "titles",
    [
        "My labels,,,\n\n",
        "My labels,,,\n,,,\nby Joe,,,\n",
        ",,,\n",
        "# made by joe\n",
        "# made by joe, 2024\n",
        "My labels\n\n",
        "a\nb\n",
    ],
)
def test_lines_above_the_line_of_names_are_to_be_removed(titles: str) -> None:
    with pytest.raises(TcvaeError, match="remove the lines above the line of names"):
        table_in(titles + "file,a,b,c\nx.png,1,2,3\ny.png,1,2,3\n", "labels.csv")


@pytest.mark.parametrize(
    "text",
    [
        ",side\nimg1,left\nimg2,right\n",
        "file,,\nimg1,left,up\nimg2,right,up\n",
        "# file,side\nimg1,left\nimg2,right\n",
        "picture,side\nimg1,path\nimg2,file\n",
        "side up\nimg1 left no\nimg2 right yes\n",
    ],
)
def test_no_title_is_seen_in_a_line_of_names(text: str) -> None:
    assert [line[0] for line in table_in(text, "labels.csv").lines] == ["img1", "img2"]
