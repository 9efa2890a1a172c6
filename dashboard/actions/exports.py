"""Exporting: rows become a file, and an event says who took what."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BufferedReader
from pathlib import Path
from typing import Final
from uuid import uuid4
from weakref import finalize
from zipfile import ZIP_DEFLATED, ZipFile

from dashboard import clock
from dashboard.actions.events import record
from dashboard.db.engine import transaction
from dashboard.exports import write_csv, write_excel
from dashboard.roles import Permission, Staff
from dashboard.settings import settings

STEP: Final = 1000
"""Rows between two reports of progress."""
PLAIN: Final = 20_000_000
"""Bytes beyond which a CSV file is packed."""


class Kind(StrEnum):
    """The files that can be made, by the end of their name."""

    CSV = "csv"
    EXCEL = "xlsx"


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Exported:
    """A finished export; ``name`` is what to call it, ``size`` in bytes.

    ``file`` can be read any number of times and has no name on disk any more: what it holds is
    gone with the last mention of the export, or with the process, however that ends.
    """

    file: BufferedReader
    name: str
    rows: int
    size: int


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
    key, name = uuid4(), f"{what}-{now:%Y-%m-%d-%H%M}.{kind}"
    path = folder / f"{key}.{kind}"
    write = {Kind.CSV: write_csv, Kind.EXCEL: write_excel}[kind]
    try:
        written = write(path, columns, _reported(rows, on_progress))
        with transaction() as session:
            record(
                session, staff, "exported", now,
                what=what, file=kind.value, rows=written, filters=dict(filters),
            )  # fmt: skip
        path = _zipped(path, name) if path.stat().st_size > PLAIN else path
        name = f"{name}.zip" if path.suffix == ".zip" else name
        made = Exported(path.open("rb"), name, written, path.stat().st_size)
        finalize(made, made.file.close)
        return made
    finally:
        for left in folder.glob(f"{key}*"):
            left.unlink()


def _zipped(path: Path, name: str) -> Path:
    """The file packed; large ones are sent from memory, and are mostly repetition."""
    if path.suffix == f".{Kind.EXCEL}":
        return path  # packed already
    packed = path.with_suffix(".zip")
    with ZipFile(packed, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(path, name)
    return packed


def _reported(
    rows: Iterable[Sequence[object]], on_progress: Callable[[int], None]
) -> Iterator[Sequence[object]]:
    for number, row in enumerate(rows):
        if number % STEP == 0:
            on_progress(number)
        yield row
