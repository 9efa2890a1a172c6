"""Alerts are the workers' business, and a test of a route waits for no full minute."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from dashboard.actions.alerting import routes
from dashboard.actions.alerting.routes import Wish
from dashboard.db.alerting import Notice
from dashboard.db.engine import reading, transaction
from dashboard.roles import COMMAND_LINE
from dashboard.sync import finding
from dashboard.sync.queue import queue
from dashboard.sync.tasks import tasks
from tests import factories
from tests.turning import BROKEN, turn


@pytest.fixture
def route_id(database: str) -> Iterator[int]:
    """A route by mail, though there is no mail server."""
    for cached in (queue, tasks):
        cached.cache_clear()
    yield routes.add(COMMAND_LINE, SecretStr("ops@northwind.example"), Wish("Ops", (BROKEN,)))
    for cached in (queue, tasks):
        cached.cache_clear()


def failures() -> list[str | None]:
    with reading() as session:
        return list(session.scalars(sa.select(Notice.failure)))


def work() -> list[str]:
    """Do what is in the queue; the names of the tasks."""
    done = []
    while (task := queue().dequeue()) is not None:
        queue().execute(task)
        done.append(type(task).__name__)
    return done


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_test_is_handed_out_at_the_next_look_for_work(route_id: int) -> None:
    routes.try_out(COMMAND_LINE, route_id)
    finding.hand_out()
    assert work() == ["send_alerts"]
    assert failures() == ["No mail server is set: DASHBOARD_SMTP_URL."]
    finding.hand_out()
    assert work() == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_happens_every_minute_finds_and_sends(route_id: int) -> None:
    with transaction() as session:
        acme = factories.account(session, factories.organization(session))
    turn(BROKEN, acme)
    tasks().follow_alerts()
    tasks().send_alerts()
    tasks().write_digests()
    assert work() == ["follow_alerts", "send_alerts", "write_digests"]
    assert failures() == ["No mail server is set: DASHBOARD_SMTP_URL."]
