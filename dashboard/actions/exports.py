"""Exporting: rows become a file, and an event says who took what."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BufferedReader
from typing import Final
from uuid import uuid4

from dashboard import clock
from dashboard.actions.events import record
from dashboard.db.engine import transaction
from dashboard.exports import write_csv, write_excel
from dashboard.roles import Permission, Staff
from dashboard.settings import settings

STEP: Final = 1000
"""Rows between two reports of progress."""


class Kind(StrEnum):
    """The files that can be made, by the end of their name."""

    CSV = "csv"
    EXCEL = "xlsx"


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished export.

    ``file`` can be read any number of times and has no name on disk any more: what it holds is
    gone when it is closed, or when the process ends, however it ends.
    """

    file: BufferedReader
    name: str
    rows: int


def export(
    staff: Staff,
    what: str,
    kind: Kind,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    filters: Mapping[str, object],
    on_progress: Callable[[int], None] = lambda _rows: None,
) -> Exported:
    """Write rows to a file, one by one, and record that it was done.

    Args:
        staff: who exports.
        what: what the rows are, as in ``accounts``; the file is named by it.
        kind: the file to make.
        columns: the headings.
        rows: texts, numbers, moments or ``None``, in the order of ``columns``.
        filters: what was chosen, as plain values for the event.
        on_progress: called now and then with the number of rows written.

    Raises:
        NotAllowed: the role may not export.
        BadInput: there are more rows than the file can hold.
    """
    staff.require(Permission.EXPORT)
    now = clock.now()
    folder = settings().data_dir / "exports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{uuid4()}.{kind}"
    write = {Kind.CSV: write_csv, Kind.EXCEL: write_excel}[kind]
    try:
        written = write(path, columns, _reported(rows, on_progress))
        with transaction() as session:
            record(
                session, staff, "exported", now,
                what=what, file=kind.value, rows=written, filters=dict(filters),
            )  # fmt: skip
        return Exported(path.open("rb"), f"{what}-{now:%Y-%m-%d-%H%M}.{kind}", written)
    finally:
        path.unlink(missing_ok=True)


def _reported(
    rows: Iterable[Sequence[object]], on_progress: Callable[[int], None]
) -> Iterator[Sequence[object]]:
    for number, row in enumerate(rows):
        if number % STEP == 0:
            on_progress(number)
        yield row
