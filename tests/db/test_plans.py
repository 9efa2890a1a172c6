"""What a page about one organization or account reads does not grow with the fleet.

PostgreSQL weighs how common values are and needs no telling; SQLite does not, and with two
conditions may take the index of the commoner one. So its plans are looked at here.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions.connecting import shared
from dashboard.db.engine import engine, indexes_apart, reading, transaction
from dashboard.db.models import Account
from dashboard.marketplaces import Region
from dashboard.queries import (
    account,
    activity,
    advice,
    case,
    cases,
    history,
    links,
    organization,
    tree,
)
from dashboard.queries.cases import View, Wanted
from tests import factories

NARROW = re.compile(
    r"PRIMARY KEY \(|INTEGER PRIMARY KEY|\((id|rowid|organization_id|account_id|stream_id|grant_id"
    r"|link_id|case_id|email|merchant_id)"
)
"""Ways into a table that lead to a few rows, however many there are."""

READS: dict[str, Callable[[Session, int, int], object]] = {
    "organization": lambda session, one, _: organization.customer(session, one),
    "contacts": lambda session, one, _: organization.contacts(session, one),
    "tree": lambda session, one, _: tree.tree(session, one, clock.now()),
    "advice": lambda session, one, _: advice.advice(session, one, "DE"),
    "events": lambda session, one, _: activity.latest(session, 20, organization_id=one),
    "links": lambda session, one, _: links.of_organization(session, one, clock.now(), 5),
    "accounts": lambda session, one, _: links.accounts(session, one),
    "account": lambda session, _, one: account.detail(session, one, clock.now()),
    "runs": lambda session, _, one: history.runs(session, one),
    "spells": lambda session, _, one: history.spells(session, one, clock.now()),
    "streams": lambda session, _, one: history.streams(session, one, clock.now()),
    "timeline": lambda session, _, one: history.timeline(session, one, 50),
    "links of an account": lambda session, _, one: links.of_account(session, one, clock.now(), 5),
    "who stands in the way": lambda session, _, one: shared.users_elsewhere(
        session, session.get_one(Account, one), "A1OURS"
    ),
    "cases of an account": lambda session, _, one: cases.of_account(session, one),
    "messages about an account": lambda session, _, one: case.messages(session, one),
    "plan of a relaunch": lambda session, _, one: links.plan(session, one, clock.now()),
}


@pytest.fixture
def sqlite(
    sqlite_template: Path, tmp_path: Path, use_database: Callable[[str], None]
) -> Iterator[str]:
    """A migrated, empty SQLite database that the settings point at."""
    shutil.copy(sqlite_template, tmp_path / "plans.sqlite")
    url = f"sqlite:///{tmp_path / 'plans.sqlite'}"
    use_database(url)
    # Between equally good indexes the order in which they were made decides.
    with indexes_apart([Account]):
        pass
    yield url
    engine(url).dispose()


@pytest.mark.parametrize("name", READS)
def test_a_read_about_one_goes_straight_to_its_rows(sqlite: str, name: str) -> None:
    with transaction() as session:
        ours = factories.organization(session, contacts=["jo@acme.example"])
        theirs = factories.account(session, ours, region=Region.EU)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.append((statement, values))

    sa.event.listen(engine(), "before_cursor_execute", note)
    try:
        with reading() as session:
            READS[name](session, ours, theirs)
    finally:
        sa.event.remove(engine(), "before_cursor_execute", note)

    assert asked
    with engine().connect() as connection:
        for statement, values in asked:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            for step in [row[-1] for row in rows]:
                if not step.startswith(("SEARCH", "SCAN")) or re.search("staff|workers", step):
                    continue
                known = step.startswith("SCAN") and re.match(r"SCAN (\(|anon|CONSTANT)", step)
                assert known or NARROW.search(step), (step, statement)


VIEWS = {
    "all": Wanted(),
    "mine": Wanted(View.MINE, me="ana"),
    "unassigned": Wanted(View.UNASSIGNED),
    "customer": Wanted(View.CUSTOMER),
    "late": Wanted(View.LATE),
    "snoozed": Wanted(View.SNOOZED),
    "an incident": Wanted(View.INCIDENTS, incident_id=1),
    "a reason": Wanted(reason="sync_stalled"),
}


@pytest.mark.parametrize("wanted", VIEWS.values(), ids=VIEWS)
def test_a_view_of_the_queue_is_walked_in_its_order(sqlite: str, wanted: Wanted) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "ORDER BY" in statement and "FROM cases" in statement:
            asked.append((statement, values))

    sa.event.listen(engine(), "before_cursor_execute", note)
    try:
        with reading() as session:
            cases.ids(session, wanted)
    finally:
        sa.event.remove(engine(), "before_cursor_execute", note)

    with engine().connect() as connection:
        ((statement, values),) = asked
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        steps = [row[-1] for row in rows]
    assert [each for each in steps if each.startswith("SEARCH cases USING COVERING INDEX")] == steps
