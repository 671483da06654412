"""Text files as shells, spreadsheets and editors of all systems write them."""

import codecs
import json
from pathlib import Path

import pytest

from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.unicode import as_utf8
from tcvae_cli.results.line import read_results

TEXT = '{"kind": "estimate-tc", "data": "größe"}\r\n{"kind": "estimate-tc"}\n'
ENCODED = {
    "UTF-8": TEXT.encode(),
    "UTF-8 with a mark": codecs.BOM_UTF8 + TEXT.encode(),
    "UTF-16": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),  # `>` in PowerShell
    "UTF-16, big end first": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "UTF-16 without a mark": TEXT.encode("utf-16-le"),
    "UTF-16, big end first, without a mark": TEXT.encode("utf-16-be"),
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_results_are_read_in_any_unicode_and_several_files_after_one_another(tmp_path: Path, encoding: str) -> None:
    assert as_utf8(ENCODED[encoding]) == TEXT.encode()
    (tmp_path / "results").write_bytes(ENCODED[encoding] * 2)
    assert read_results(tmp_path / "results") == [json.loads(line) for line in TEXT.splitlines()] * 2


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b'{"kind": "mig"}\n' + TEXT.encode("utf-16-le"), "line 2: is not JSON in UTF-8"),  # `>>` in PowerShell
        (ENCODED["UTF-16"][:-1], "line 1: is not JSON in UTF-8"),
        (TEXT.encode("latin-1"), "line 1: is not JSON in UTF-8"),
        (b'{"kind": "mig"\n', "line 1: is not JSON;"),
    ],
)
def test_other_text_is_refused_by_line(tmp_path: Path, content: bytes, fault: str) -> None:
    (tmp_path / "results").write_bytes(content)
    with pytest.raises(TcvaeError, match=fault):
        read_results(tmp_path / "results")
