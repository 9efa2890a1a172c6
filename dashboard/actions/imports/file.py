"""Reading a file of accounts: one line at a time, in bounded memory, believing nothing.

A row is one line: fields may be quoted but hold no line break. So a quotation mark that is never
closed spoils its own line only, and nothing ever has to hold more than one line in memory.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from dashboard.errors import BadFile

COLUMNS: Final = (
    "organization_id", "organization", "strategist_email", "contact_email", "account_id",
    "account_name", "type", "region", "marketplaces", "merchant_id", "aaa_status", "aaa_since",
    "sp_api_status", "sp_api_since", "last_aaa_sync", "last_sp_api_sync", "setup_completed_at",
)  # fmt: skip
"""The columns of an import, in the documented order."""

OPTIONAL: Final = frozenset(
    {"strategist_email", "contact_email", "merchant_id", "aaa_since", "sp_api_since"}
    | {"last_aaa_sync", "last_sp_api_sync", "setup_completed_at"}
)
"""Columns that may be missing, and whose cells may be empty: nothing is said of that then."""

LONGEST_LINE: Final = 100_000
"""Bytes of one line; about sixty times what the longest sensible row needs."""
MOST_ROWS: Final = 500_000
"""Rows of one file: what is remembered to find contradictions between rows grows with them."""

_BOM: Final = b"\xef\xbb\xbf"
_FORMATS: Final = (
    (b"PK\x03\x04", "This is an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "This is an old Excel workbook"),
    (b"%PDF", "This is a PDF"),
    (b"\x1f\x8b", "This is a compressed file"),
    (b"\xff\xfe", "This file is in UTF-16, not in UTF-8"),
    (b"\xfe\xff", "This file is in UTF-16, not in UTF-8"),
)
_AS_CSV: Final = 'save it as "CSV UTF-8" (comma separated) and try again. Nothing was written.'
_SEPARATORS: Final = re.compile(r"[\s_-]+")
_KNOWN: Final = {_SEPARATORS.sub("", name): name for name in COLUMNS}

Source = str | Path | BinaryIO


class Line(NamedTuple):
    """One row as it stands in the file: its line number and its cells by column.

    ``problem`` says why the line could not be split into cells; it has no cells then.
    """

    number: int
    cells: Mapping[str, str]
    problem: str = ""


@dataclass(slots=True)
class Table:
    """An open file whose header was understood; ``read`` counts the bytes taken from it."""

    file: BinaryIO
    name: str
    size: int
    read: int = 0
    delimiter: str = ","
    header: list[str | None] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """How much of the file has been read, from 0 to 1."""
        return min(1.0, self.read / self.size) if self.size else 1.0

    def lines(self) -> Iterator[Line]:
        """Read the rows from the first to the last; lines without any text are left out.

        Raises:
            BadFile: a line is too long or not in UTF-8, or there are too many; it says which.
        """
        self.file.seek(0)
        self.read = len(_line(self.file, 1))
        number, rows = 1, 0
        while raw := _line(self.file, number := number + 1):
            self.read += len(raw)
            text = _decoded(raw, number)
            if not text.strip(f"{self.delimiter} \t"):
                continue
            rows += 1
            if rows > MOST_ROWS:
                raise BadFile(
                    f"The file has more than {MOST_ROWS:,} rows: split it into several files, each "
                    "with the header line. Nothing was written."
                )
            yield self._split(number, text)

    def _split(self, number: int, text: str) -> Line:
        try:
            cells = next(csv.reader([text], delimiter=self.delimiter, strict=True))
        except csv.Error:
            return Line(
                number,
                {},
                "A quotation mark is missing or misplaced, or a cell holds a line break: a row "
                "must be one line.",
            )
        if any(cells[len(self.header) :]):
            return Line(
                number,
                {},
                f"The row has {len(cells)} cells, but the header has {len(self.header)}: a cell "
                "that holds the separator must be in quotation marks.",
            )
        named = zip(self.header, cells, strict=False)
        return Line(number, {name: cell for name, cell in named if name is not None})


@contextmanager
def opened(source: Source) -> Iterator[Table]:
    """Open a file and read its header.

    Args:
        source: a path, or a binary file that can be rewound; that one is left open.

    Raises:
        BadFile: it cannot be read, is no CSV in UTF-8, or lacks columns; one sentence says what.
    """
    if not isinstance(source, str | Path):
        yield _table(source, Path(str(getattr(source, "name", "") or "file")).name)
        return
    path = Path(source)
    if not path.is_file():
        raise BadFile(f"There is no file {_clipped(path.name)}: check the name and the folder.")
    try:
        file = path.open("rb")
    except OSError as error:
        raise BadFile(
            f"The file {_clipped(path.name)} cannot be opened: check who may read it."
        ) from error
    with file:
        yield _table(file, path.name)


def _table(file: BinaryIO, name: str) -> Table:
    size = file.seek(0, 2)
    file.seek(0)
    _refuse_other_formats(file.read(4096))
    file.seek(0)
    text = _decoded(_line(file, 1), 1)
    if "\r" in text:
        raise BadFile(f"The lines of this file end as on an old Mac: {_AS_CSV}")
    delimiter, names = _header(text)
    table = Table(file, _clipped(name), size, delimiter=delimiter)
    for each in names:
        known = _KNOWN.get(_SEPARATORS.sub("", each.casefold()))
        if known is None and each.strip():
            table.ignored.append(_clipped(each))
        if known is not None and known in table.header:
            raise BadFile(f"The column {known} occurs twice in the header. Nothing was written.")
        table.header.append(known)
    _refuse_missing(table.header)
    return table


def _refuse_other_formats(head: bytes) -> None:
    if not head.strip():
        raise BadFile("The file is empty: its first line must name the columns.")
    for beginning, sentence in _FORMATS:
        if head.startswith(beginning):
            raise BadFile(f"{sentence}: {_AS_CSV}")
    if b"\0" in head:
        raise BadFile(f"This is not a text file: {_AS_CSV}")


def _header(text: str) -> tuple[str, list[str]]:
    """The separator with which most columns are found, and the names it gives."""
    best: tuple[int, str, list[str]] = (-1, ",", [])
    for delimiter in (",", ";", "\t"):
        try:
            names = next(csv.reader([text], delimiter=delimiter, strict=True), [])
        except csv.Error:
            continue
        found = sum(_SEPARATORS.sub("", name.casefold()) in _KNOWN for name in names)
        if found > best[0]:
            best = (found, delimiter, names)
    return best[1], best[2]


def _refuse_missing(header: list[str | None]) -> None:
    missing = [name for name in COLUMNS if name not in header and name not in OPTIONAL]
    if not any(header):
        raise BadFile(
            "The first line does not name the columns of an import: it must hold at least "
            f"{', '.join(missing)}. Nothing was written."
        )
    if missing:
        raise BadFile(f"These columns are missing: {', '.join(missing)}. Nothing was written.")


def _line(file: BinaryIO, number: int) -> bytes:
    """The next line, never more of it than is allowed; empty at the end of the file."""
    raw = file.readline(LONGEST_LINE + 1)
    if len(raw) > LONGEST_LINE:
        raise BadFile(
            f"Line {number} is longer than {LONGEST_LINE // 1000} kB, so this is not a file of "
            "accounts, or a quotation mark is missing. Nothing was written."
        )
    return raw


def _decoded(raw: bytes, number: int) -> str:
    try:
        text = (raw.removeprefix(_BOM) if number == 1 else raw).decode()
    except UnicodeDecodeError:
        raise BadFile(f"The file is not in UTF-8 (seen in line {number}): {_AS_CSV}") from None
    return text.rstrip("\r\n")


def _clipped(name: str) -> str:
    """A name from outside, fit to be shown."""
    return "".join(each for each in name.strip() if each.isprintable())[:60] or "file"
