"""Tables as spreadsheets write and read them."""

import csv
import io
from collections.abc import Iterable
from typing import Final

from crm.lib import encodings

CALCULATES: Final = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet takes such a cell for a formula
MARK: Final = "\ufeff"  # in front of a file it tells spreadsheets that it is UTF-8


class NoText(Exception):
    """The file is no text at all."""


def line(cells: Iterable[str]) -> str:
    """One line of a CSV file, in which nothing is a formula."""
    written = io.StringIO()
    csv.writer(written).writerow([safe(cell) for cell in cells])
    return written.getvalue()


def safe(cell: str) -> str:
    """The cell as words, whatever it begins with."""
    return f"'{cell}" if cell.startswith(CALCULATES) else cell


def decode(content: bytes) -> str:
    """The text of a file in whatever encoding it is. Raises NoText."""
    text = encodings.decode(content, encodings.guess(content))
    if "\0" in text:
        raise NoText
    return text
