"""A strategist's daily digest: once a day, with what there is to say, and not without."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.actions.alerting import digests, routes
from dashboard.db.alerting import Digest
from dashboard.db.connecting import Message
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Grant, StaffMember
from dashboard.roles import Role, Staff
from dashboard.settings import settings
from tests import factories
from tests.factories import Wire
from tests.turning import BROKEN, HEALTHY, STUCK, turn

ADMIN = Staff(id=None, email="", name="Ada", role=Role.ADMIN)

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def early(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Digests are due from midnight on."""
    monkeypatch.setenv("DASHBOARD_DIGEST_HOUR", "0")
    settings.cache_clear()


def company() -> tuple[int, list[int]]:
    """Ana, and three accounts that she looks after, healthy since yesterday."""
    with transaction() as session:
        ana = factories.staff(session, "Ana Berg")
        acme = factories.organization(session, "Acme GmbH", strategist_id=ana)
        yesterday = clock.now() - timedelta(hours=21)
        made = [
            factories.account(session, acme, f"Acme {each}", strategist_id=ana, now=yesterday)
            for each in range(3)
        ]
    return ana, made


def mails() -> list[Message]:
    with reading() as session:
        return list(session.scalars(sa.select(Message).order_by(Message.id)))


def test_it_counts_what_is_new_what_recovered_and_what_ends() -> None:
    ana, (one, two, three) = company()
    yesterday = clock.now() - timedelta(hours=20)
    turn(BROKEN, one, two, now=yesterday)
    turn(STUCK, three, now=yesterday)
    turn(HEALTHY, two)
    with transaction() as session:
        factories.account(
            session, 1, "Acme old", strategist_id=ana,
            sp_api=Wire(ends_in=timedelta(days=5)),
        )  # fmt: skip
        factories.account(
            session, 1, "Acme older", strategist_id=ana,
            sp_api=Wire(ends_in=timedelta(days=20)),
        )  # fmt: skip

    assert digests.write_due() == 1

    mail = mails()[0]
    assert mail.subject == "1 newly stuck, 1 newly to reconnect, 1 recovered, 1 expire this week"
    assert mail.email.startswith("staff")
    assert "- Acme old (Acme GmbH)" in mail.body
    assert "Acme older" not in mail.body
    assert "/accounts?strategist=Ana+Berg&headline=Stuck&sort=changed" in mail.body


def test_what_broke_before_yesterday_is_no_news_and_nothing_to_say_is_not_said() -> None:
    with transaction() as session:
        ana = factories.staff(session, "Ana Berg")
        acme = factories.organization(session, "Acme GmbH", strategist_id=ana)
        long_ago = clock.now() - timedelta(hours=30)
        factories.account(
            session, acme, strategist_id=ana, sp_api=factories.REVOKED, since=long_ago
        )
    assert digests.write_due() == 0
    assert not mails()
    with reading() as session:
        assert session.scalars(sa.select(Digest.message_id)).all() == [None]


def test_several_workers_write_it_once_a_day() -> None:
    _, (one, *_) = company()
    turn(BROKEN, one)
    workers = [threading.Thread(target=digests.write_due) for _ in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert digests.write_due() == 0
    assert len(mails()) == 1
    assert digests.write_due(clock.now() + timedelta(days=1)) in (0, 1)


@pytest.mark.parametrize(("zone", "written"), [("UTC", 0), ("Asia/Tokyo", 1)])
def test_it_comes_at_its_hour_where_the_company_is(
    zone: str, written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (one, *_) = company()
    turn(BROKEN, one)
    monkeypatch.setenv("DASHBOARD_DIGEST_HOUR", "7")
    monkeypatch.setenv("DASHBOARD_TIME_ZONE", zone)
    settings.cache_clear()
    tomorrow = (clock.now() + timedelta(days=1)).date()
    # Half past six; in Tokyo, half past three in the afternoon.
    at = datetime.combine(tomorrow, datetime.min.time(), UTC) + timedelta(hours=6, minutes=30)
    with transaction() as session:
        session.execute(sa.update(Grant).values(check_due_at=None))
    turn(STUCK, one, now=at - timedelta(hours=1))
    assert digests.write_due(at) == written


def test_whoever_does_not_want_it_or_has_left_gets_none() -> None:
    ana, (one, *_) = company()
    turn(BROKEN, one)
    routes.want_digest(ADMIN, {ana}, set())
    assert digests.write_due() == 0
    routes.want_digest(ADMIN, {ana}, {ana})
    with transaction() as session:
        session.get_one(StaffMember, ana).active = False
    assert digests.write_due() == 0
