"""Text in whatever Unicode a shell, a spreadsheet or an editor wrote it."""

import codecs

MARK = codecs.BOM_UTF8  # what Windows puts before text, and `cat` between two of its files


def as_utf8(content: bytes) -> bytes:
    """Return text as UTF-8: UTF-16, with its mark or known by its first letter, is turned into it; a mark is left out.

    Raises UnicodeDecodeError for damaged UTF-16. What else is no UTF-8 is returned as it is.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16").encode().removeprefix(MARK)
    if len(content) > 1 and (content[0] == 0) != (content[1] == 0):  # a letter of ASCII
        return content.decode("utf-16-be" if content[0] == 0 else "utf-16-le").encode()
    return content.removeprefix(MARK)
