"""Many rows are changed at once."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.db.bulk import insert_many, update_many, upsert
from dashboard.db.dialects import number_on
from dashboard.db.engine import reading, transaction, writing
from dashboard.db.models import Account, AccountChannel, Grant, Organization
from dashboard.db.syncing import Round, WorkDone
from tests import factories

pytestmark = pytest.mark.usefixtures("database")


def test_many_rows_are_changed_each_to_values_of_its_own() -> None:
    with transaction() as session:
        owner = factories.organization(session)
        first, second, _ = (factories.account(session, owner) for _ in range(3))
    at = clock.now() - timedelta(days=3)
    with writing() as connection:
        update_many(
            connection, Grant,
            [
                {"id": 1, "failures": 7, "doubted_at": at},
                {"id": 3, "failures": 0, "doubted_at": None},
            ],
        )  # fmt: skip
        update_many(
            connection, AccountChannel,
            [
                {"account_id": first, "channel": "AAA", "checked_at": at},
                {"account_id": second, "channel": "SP-API", "checked_at": None},
            ],
            keys=("account_id", "channel"),
        )  # fmt: skip
        update_many(connection, Grant, [])

    with reading() as session:
        grants = session.execute(sa.select(Grant.id, Grant.failures, Grant.doubted_at)).all()
        assert {each.id for each in grants if each.failures} == {1}
        assert {each.id for each in grants if each.doubted_at == at} == {1}
        checked = {
            (each.account_id, each.channel): each.checked_at
            for each in session.scalars(sa.select(AccountChannel))
        }
    assert [key for key, moment in checked.items() if moment == at] == [(first, "AAA")]
    assert [key for key, moment in checked.items() if moment is None] == [(second, "SP-API")]


@pytest.mark.parametrize("number", [1, 5, 40])
def test_few_rows_and_many_are_changed_alike_in_columns_with_an_order_of_their_own(
    number: int,
) -> None:
    with transaction() as session:
        owner = factories.organization(session)
        ids = [factories.account(session, owner) for _ in range(number + 1)]
        named = {each: f"zoo {each}" for each in ids[:-1]}
        rows = [{"id": each, "sort_name": name} for each, name in named.items()]
        update_many(session, Account, rows)

    with reading() as session:
        rows = session.execute(sa.select(Account.id, Account.sort_name))
        stored = {row.id: row.sort_name for row in rows}
    assert not stored.pop(ids[-1]).startswith("zoo")
    assert stored == named


@pytest.mark.parametrize("number", [1, 4, 40])
def test_few_rows_and_many_are_written_over_those_that_are_there(number: int) -> None:
    at = clock.now()

    def rows(seconds: float) -> list[dict[str, object]]:
        return [
            {"name": f"round {each}", "began_at": at, "seconds": seconds, "number": each}
            for each in range(number)
        ]

    with transaction() as session:
        upsert(session, Round, rows(1.0))
        upsert(session, Round, [*rows(2.0), *rows(3.0)], keep=["number"])
        upsert(session, Round, [])

    with reading() as session:
        found = session.execute(sa.select(Round.seconds, Round.number).order_by(Round.number))
        assert [tuple(row) for row in found] == [(3.0, each) for each in range(number)]


@pytest.mark.parametrize("number", [1, 4, 40])
def test_few_rows_and_many_are_added_to_those_that_are_there(number: int) -> None:
    at = clock.now()
    rows = [
        {"minute": at, "kind": "check", "outcome": f"{each:02}", "number": each}
        for each in range(number)
    ]
    for _ in range(3):
        with writing() as connection:
            upsert(connection, WorkDone, rows, add=["number"])

    with reading() as session:
        found = session.scalars(sa.select(WorkDone.number).order_by(WorkDone.outcome))
        assert list(found) == [3 * each for each in range(number)]


def test_rows_are_numbered_on_from_those_that_brought_their_own_ids() -> None:
    with transaction() as session:
        theirs = factories.organization(session)
        kept = dict(session.execute(sa.select(*Organization.__table__.c)).mappings().one())
        own = {"id": theirs + 50, "external_id": "ORG-COPY"}
        insert_many(session, Organization, [kept | own])
        number_on(session, Organization)
    with transaction() as session:
        assert factories.organization(session) == theirs + 51


def test_the_first_row_of_a_table_that_is_numbered_on_while_empty_is_one() -> None:
    with transaction() as session:
        number_on(session, Organization)
        assert factories.organization(session) == 1
