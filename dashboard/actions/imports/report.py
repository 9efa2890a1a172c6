"""What an import found or did: counts, refused rows, and what would change."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from dashboard.actions.imports.file import COLUMNS
from dashboard.actions.imports.values import FORMULA

MOST_REFUSED: Final = 10_000
"""Refused rows that are kept with their reasons; beyond these only their number is."""
MOST_KEPT: Final = 5_000_000
"""Characters of refused rows that are kept."""
MOST_SAMPLES: Final = 100
"""Rows of a preview that are shown as examples of what would change."""


class Problem(NamedTuple):
    """Why a row is refused; ``column`` is empty when it is about the row as a whole."""

    column: str
    reason: str


class Refused(NamedTuple):
    """A row that cannot be imported, with everything that is wrong with it."""

    line: int
    problems: tuple[Problem, ...]
    cells: Mapping[str, str]


class Change(NamedTuple):
    """A row that creates an account (no columns) or changes some columns of one."""

    line: int
    account_id: str
    columns: tuple[str, ...]


@dataclass(slots=True)
class Report:
    """The outcome of a preview or an import of one file.

    ``created``, ``changed``, ``unchanged`` and ``refused`` are rows and add up to ``rows``. A row
    is ``outdated`` as well when Switchboard already knows something newer of one of its channels,
    which then stays as it is. ``refusals`` and ``samples`` are bounded, the counts are exact.
    """

    file: str
    ignored: tuple[str, ...] = ()
    rows: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    outdated: int = 0
    organizations_created: int = 0
    organizations_changed: int = 0
    strategists_added: int = 0
    refusals: list[Refused] = field(default_factory=list)
    samples: list[Change] = field(default_factory=list)
    kept: int = 0

    def refuse(self, row: Refused) -> None:
        """Count a refused row, and keep it while there is room."""
        self.rows += 1
        self.refused += 1
        size = sum(map(len, row.cells.values()))
        if len(self.refusals) < MOST_REFUSED and self.kept + size <= MOST_KEPT:
            self.refusals.append(row)
            self.kept += size

    def accept(self, line: int, account_id: str, columns: tuple[str, ...] | None) -> None:
        """Count a row that creates (``None``), changes or only confirms an account."""
        self.rows += 1
        if columns is None:
            self.created += 1
        elif columns:
            self.changed += 1
        else:
            self.unchanged += 1
            return
        if len(self.samples) < MOST_SAMPLES:
            self.samples.append(Change(line, account_id, columns or ()))

    @property
    def counts(self) -> dict[str, int]:
        """The counts by name, for the history."""
        return {
            "rows": self.rows,
            "created": self.created,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "organizations_created": self.organizations_created,
            "organizations_changed": self.organizations_changed,
            "strategists_added": self.strategists_added,
        }


def refused_csv(report: Report) -> bytes:
    """The refused rows as CSV in UTF-8: line, column, reason, then the row as it was.

    Corrected, the file can be imported as it is: the first three columns are ignored then. No cell
    can be run as a formula.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["line", "column", "reason", *COLUMNS])
    for row in report.refusals:
        columns = ", ".join(problem.column or "whole row" for problem in row.problems)
        reasons = " ".join(
            f"{problem.column}: {problem.reason}" if problem.column else problem.reason
            for problem in row.problems
        )
        cells = [_harmless(row.cells.get(name, "")) for name in COLUMNS]
        writer.writerow([row.line, columns, reasons, *cells])
    return out.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe before what could begin a formula."""
    text = cell.replace("\r", " ").replace("\n", " ").replace("\0", "")
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA) else text
