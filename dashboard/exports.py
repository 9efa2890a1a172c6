"""Rows -> a CSV or Excel file on disk, row by row; no text in it can become a formula.

A cell is a text, a number, a moment (written in UTC, whole seconds) or ``None`` (left empty).
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import xlsxwriter

from dashboard.errors import BadInput

EXCEL_ROWS: Final = 1_048_575
"""Rows that an Excel sheet holds below its headings."""

_EXCEL_TEXT: Final = 32_767
_STARTS_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001 - Excel reads both widths
_STARTS_CELL: Final = ("\t", "\r", "\n")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a CSV file that spreadsheets read as UTF-8; nothing is left behind if it fails.

    Args:
        path: the file to make or overwrite.
        columns: the headings.
        rows: cells in the order of ``columns``; taken one at a time.

    Returns:
        How many rows were written, not counting the headings.
    """
    written = 0
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            lines = csv.writer(file)
            lines.writerow([harmless(each) for each in columns])
            for row in rows:
                lines.writerow([_csv_cell(each) for each in row])
                written += 1
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return written


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Some rows as a CSV file in memory, for few of them; as ``write_csv`` writes it."""
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow([harmless(each) for each in columns])
    lines.writerows([_csv_cell(each) for each in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def write_excel(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write an Excel file of one sheet; nothing is left behind if it fails.

    Args:
        path: the file to make or overwrite.
        columns: the headings.
        rows: cells in the order of ``columns``; taken one at a time.

    Returns:
        How many rows were written, not counting the headings.

    Raises:
        BadInput: there are more rows than a sheet can hold.
    """
    try:
        with TemporaryDirectory(dir=path.parent) as scratch:
            return _write_workbook(path, scratch, columns, rows)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def harmless(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula."""
    # Most texts begin with a letter or digit, and a file has millions of cells.
    if text[:1].isalnum():
        return text
    if text.lstrip().startswith(_STARTS_FORMULA) or text.startswith(_STARTS_CELL):
        return "'" + text
    return text


def _csv_cell(value: object) -> object:
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return value


def _write_workbook(
    path: Path, scratch: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> int:
    book = xlsxwriter.Workbook(
        path,
        {
            "constant_memory": True,
            "tmpdir": scratch,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.use_zip64()
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(columns) - 1, 20)
    written = 0
    try:
        for place, heading in enumerate(columns):
            sheet.write_string(0, place, heading, bold)
        for row in _as_many_as_fit(rows):
            written += 1
            for place, value in enumerate(row):
                _write_cell(sheet, written, place, value, moment)
    except BaseException:
        # Closing the book would first finish the file; half of one is not wanted.
        sheet.row_data_fh.close()
        raise
    book.close()
    return written


def _as_many_as_fit(rows: Iterable[Sequence[object]]) -> Iterator[Sequence[object]]:
    for number, row in enumerate(rows):
        if number == EXCEL_ROWS:
            raise BadInput(
                f"An Excel sheet holds at most {EXCEL_ROWS:,} rows: narrow the filters, or export "
                "as CSV."
            )
        yield row


def _write_cell(sheet: Any, row: int, place: int, value: object, moment: Any) -> None:
    if isinstance(value, str):
        if value:
            sheet.write_string(row, place, value[:_EXCEL_TEXT])
    elif isinstance(value, datetime):
        # Excel knows no time zones; the headings say UTC.
        bare = value.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        sheet.write_datetime(row, place, bare, moment)
    elif value is not None:
        sheet.write_number(row, place, value)
