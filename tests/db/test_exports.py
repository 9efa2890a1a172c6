"""Exports: what is in the files, who may have them, and what is left behind."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as some

from dashboard import exports
from dashboard.actions.exports import PLAIN, Exported, Kind, export
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event
from dashboard.errors import BadInput, NotAllowed
from dashboard.queries import accounts
from dashboard.queries.choice import Choice
from dashboard.roles import Role, Staff
from dashboard.settings import settings
from tests import fleets

NOW = datetime(2026, 5, 4, 12, 30, 1, tzinfo=UTC)
HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1")  # noqa: RUF001
HARMLESS = ("Acme", "", "a=b", 'Müller, "Söhne"\nKG', "7-11", "'quoted'", "東京")
COLUMNS = ("Name", "Accounts", "Since (UTC)", "Nothing")


def anybody(role: Role = Role.SUPPORT) -> Staff:
    return Staff(id=None, email="", name="Ana Berg", role=role)


def read_csv(text: str) -> list[list[str]]:
    return list(csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True)))


def test_csv_keeps_every_value_and_defuses_formulas(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    texts = (*HARMLESS, *HOSTILE)

    written = exports.write_csv(file, COLUMNS, ((text, -5, NOW, None) for text in texts))

    assert written == len(texts)
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        heading, *rows = csv.reader(lines)
    assert heading == list(COLUMNS)
    assert [row[0] for row in rows] == [*HARMLESS, *("'" + text for text in HOSTILE)]
    assert {tuple(row[1:]) for row in rows} == {("-5", "2026-05-04 12:30:01", "")}


def test_excel_keeps_texts_as_texts_numbers_as_numbers_and_moments_as_moments(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a.xlsx"
    texts = ("Acme", "=1+1", "https://example.com", "007", "x" * 40_000, "=HYPERLINK(1)")

    written = exports.write_excel(file, COLUMNS, ((text, -5, NOW, None) for text in texts))

    assert written == len(texts)
    sheet = openpyxl.load_workbook(file).active
    assert sheet is not None
    assert [cell.value for cell in sheet[1]] == list(COLUMNS)
    for row, text in zip(sheet.iter_rows(min_row=2), texts, strict=True):
        assert row[0].value == text[:32_767]
        assert row[0].data_type in {"s", "inlineStr"}
        assert row[0].hyperlink is None
        assert row[1].value == -5
        assert row[2].value == NOW.replace(tzinfo=None)
        assert row[3].value is None


def test_moments_are_written_in_utc_whatever_their_zone(tmp_path: Path) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
    exports.write_csv(tmp_path / "a.csv", ["At"], [[elsewhere]])
    exports.write_excel(tmp_path / "a.xlsx", ["At"], [[elsewhere]])

    assert "2026-05-04 12:30:01" in (tmp_path / "a.csv").read_text(encoding="utf-8")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    assert sheet["A2"].value == NOW.replace(tzinfo=None)


@given(text=some.text(some.characters(exclude_categories=["Cs"])))
def test_no_text_at_all_can_begin_like_a_formula(text: str) -> None:
    safe = exports.harmless(text)

    assert safe.lstrip()[:1] not in {"=", "+", "-", "@"}
    assert safe in {text, "'" + text}


@pytest.mark.parametrize("write", [exports.write_csv, exports.write_excel])
def test_an_export_that_breaks_off_leaves_nothing_behind(tmp_path: Path, write) -> None:  # type: ignore[no-untyped-def]
    def rows() -> Iterator[list[str]]:
        yield ["one"]
        raise RuntimeError("The connection was lost.")

    with pytest.raises(RuntimeError):
        write(tmp_path / "a", ["Name"], rows())

    assert not list(tmp_path.iterdir())


def test_excel_refuses_more_rows_than_a_sheet_holds_before_making_the_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"1,048,575 rows.*CSV"):
        exports.write_excel(tmp_path / "a.xlsx", ["A"], ([] for _ in range(1_048_576)))

    assert not list(tmp_path.iterdir())


def test_an_export_of_accounts_is_recorded_and_leaves_no_file(database: str) -> None:
    with transaction() as session:
        fleet = fleets.records(1500, NOW, fleets.strategists(session, ["Ana Berg"], NOW))
        fleets.store(session, fleet, NOW)
    progress: list[int] = []
    with reading() as session:
        made = export(
            anybody(), "accounts", Kind.CSV, list(accounts.LISTING),
            (row[:-1] for row in accounts.export(session, Choice(region=("EU",)))),
            filters={"region": ["EU"]}, on_progress=progress.append,
        )  # fmt: skip

    chosen = [each.id for each in fleet if each.region == "EU"]
    rows = read_csv(made.file.read().decode())
    assert sorted(int(row[0]) for row in rows[1:]) == chosen
    assert made.rows == len(chosen)
    assert made.name.startswith("accounts-20")
    assert progress == list(range(0, len(chosen), 1000))
    assert not list((settings().data_dir / "exports").iterdir())
    made.file.close()
    with reading() as session:
        event = session.execute(sa.select(Event)).scalar_one()
        assert (event.kind, event.staff_name) == ("exported", "Ana Berg")
        assert event.details == {
            "what": "accounts", "file": "csv", "rows": len(chosen), "filters": {"region": ["EU"]},
        }  # fmt: skip


def test_whoever_may_not_export_gets_nothing_and_no_event(database: str) -> None:
    def never() -> Iterator[list[object]]:
        raise AssertionError("Nothing may be read.")
        yield []

    with pytest.raises(NotAllowed):
        export(anybody(Role.VIEWER), "accounts", Kind.CSV, ["A"], never(), filters={})

    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Event)) == 0


@pytest.mark.parametrize("kind", list(Kind))
def test_an_export_can_be_read_twice_and_only_by_its_owner(database: str, kind: Kind) -> None:
    made: Exported = export(anybody(), "accounts", kind, ["A"], [["x"]], filters={})
    with made.file as file:
        first = file.read()
        file.seek(0)

        assert file.read() == first
        assert made.name.endswith(f".{kind}")
        assert (settings().data_dir / "exports").stat().st_mode & 0o077 == 0


def test_a_large_csv_is_packed_so_that_little_has_to_be_held_while_it_is_sent(
    database: str,
) -> None:
    rows = [["x" * 100_000]] * 210
    made = export(anybody(), "accounts", Kind.CSV, ["Text"], rows, filters={})
    with made.file, ZipFile(made.file) as archive:
        (inside,) = archive.namelist()

        assert made.name == f"{inside}.zip"
        assert inside.endswith(".csv")
        assert len(archive.read(inside)) > PLAIN > made.size
    assert not list((settings().data_dir / "exports").iterdir())
