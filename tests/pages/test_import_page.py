"""The Import page: what a file would do is shown before it is done."""

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from dashboard.db.engine import reading
from dashboard.db.models import Account
from dashboard.settings import ROOT

pytestmark = pytest.mark.usefixtures("database")

SAMPLE = (ROOT / "data" / "sample-import.csv").read_bytes()


def opened(name: str = "", content: bytes = b"") -> AppTest:
    """The page, with a file dropped on it."""
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60)
    app.run().switch_page("../pages/import_accounts.py").run()
    if name:
        app.file_uploader(key="file").set_value((name, content, "text/csv")).run()
    assert not app.exception
    return app


def counts(app: AppTest) -> list[str]:
    return [each.value for each in app.metric]


def accounts() -> int:
    with reading() as session:
        return session.scalar(sa.select(sa.func.count(Account.id))) or 0


def test_without_a_file_the_page_explains_what_a_file_needs() -> None:
    app = opened()
    assert "organization_id" in list(app.dataframe[0].value["Column"])
    assert not app.metric


def test_a_file_is_looked_at_then_imported_and_a_second_time_changes_nothing() -> None:
    app = opened("sample.csv", SAMPLE)
    assert counts(app) == ["60", "0", "0", "0"]
    assert any("an admin must let them sign in" in each.value for each in app.caption)
    assert accounts() == 0

    app.button(key="import").click().run()

    assert "60 of 60 rows imported" in app.success[0].value
    assert accounts() == 60
    again = opened("again.csv", SAMPLE)
    assert counts(again) == ["0", "0", "60", "0"]


def test_refused_rows_are_named_and_skipped_only_by_choice() -> None:
    app = opened("bad.csv", SAMPLE.replace(b"ACC-50001", b"=cmd()"))
    assert counts(app) == ["59", "0", "0", "1"]
    refused = app.dataframe[-1].value
    assert list(refused["Line"]) == [2]
    assert "formula" in refused["Reason"][0]
    assert app.button(key="import").disabled

    app.toggle(key="skip").set_value(True).run()
    app.button(key="import").click().run()

    assert "59 of 60 rows imported" in app.success[0].value
    assert accounts() == 59


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04xl/workbook.xml", "Excel workbook"),
        (SAMPLE.replace(b"account_id,", b"x,"), "columns are missing: account_id"),
        (SAMPLE.decode().encode("latin-1", "replace"), "not in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_answered_in_one_sentence(content: bytes, said: str) -> None:
    app = opened("file.csv", content)
    assert said in app.error[0].value.replace("\\", "")
    assert not [each for each in app.button if each.key == "import"]


def test_a_file_in_which_every_row_is_refused_offers_nothing_to_import() -> None:
    app = opened("bad.csv", SAMPLE.replace(b"ACC-", b"=ACC-"))
    assert counts(app) == ["0", "0", "0", "60"]
    assert not [each for each in app.button if each.key == "import"]
