"""The weekly mail: once a week, to managers, in a few lines, whoever is first to write it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from dashboard.actions import past
from dashboard.actions.past import weekly
from dashboard.db.connecting import Message
from dashboard.db.engine import reading, transaction
from dashboard.roles import Role
from dashboard.settings import settings
from tests import factories

MONDAY = datetime(2026, 11, 23, 6, 5, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def company(database: str) -> None:
    """An account that has been well for long, and two managers."""
    with transaction() as session:
        for name, role in (
            ("Mia", Role.MANAGER), ("Noa", Role.MANAGER), ("Ana", Role.STRATEGIST)
        ):  # fmt: skip
            factories.staff(session, name, role)
        ours = factories.organization(session)
        factories.account(session, ours, now=MONDAY, since=MONDAY - 30 * DAY)
    past.note(MONDAY, most=40)


def mails() -> list[Message]:
    with reading() as session:
        return list(session.scalars(sa.select(Message).order_by(Message.id)))


@pytest.mark.usefixtures("company")
def test_every_manager_is_told_of_the_week_once_whoever_writes_first() -> None:
    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(weekly.write, [MONDAY] * 4))
    assert sorted(written) == [0, 0, 0, 2]
    assert weekly.write(MONDAY + 5 * DAY) == 0

    first, second = mails()
    assert first.email != second.email
    assert first.subject == "Switchboard: the week of 16 November"
    assert "100.0 % of the accounts in use are healthy" in first.body
    assert f"{settings().web_base}/metrics?view=Funnel" in first.body
    assert len(first.body.splitlines()) < 15


@pytest.mark.usefixtures("company")
def test_the_next_week_has_a_mail_of_its_own() -> None:
    weekly.write(MONDAY)
    past.note(MONDAY + 7 * DAY, most=40)
    assert weekly.write(MONDAY + 7 * DAY) == 2


@pytest.mark.usefixtures("company")
def test_nothing_is_written_before_monday_morning() -> None:
    assert weekly.write(MONDAY.replace(hour=5)) == 0


@pytest.mark.usefixtures("company")
def test_settings_can_turn_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHBOARD_WEEKLY_MAIL", "false")
    settings.cache_clear()
    assert weekly.write(MONDAY) == 0


def test_without_a_past_there_is_nothing_to_tell(database: str) -> None:
    with transaction() as session:
        factories.staff(session, "Mia", Role.MANAGER)
    assert weekly.write(MONDAY) == 0
