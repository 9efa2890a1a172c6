"""What people wait for goes before what is merely due; looking for work waits for nobody."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.actions import administering, asking, assess, checking, claims
from dashboard.actions.checking import Result
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Account, Grant, Stream
from dashboard.diagnosis import Channel
from dashboard.roles import Role, Staff
from tests import factories

pytestmark = pytest.mark.usefixtures("database")

ANA = Staff(id=None, email="ana@northwind.example", name="Ana", role=Role.SUPPORT)
HOUR = timedelta(hours=1)


def made(number: int) -> list[int]:
    """Accounts of one customer, all of whose checks and syncs have been due for an hour."""
    with transaction() as session:
        owner = factories.organization(session)
        made = [factories.account(session, owner) for _ in range(number)]
        due_at = clock.now() - HOUR
        session.execute(
            sa.update(Grant).values({"refresh_token": "sealed", "check_due_at": due_at})
        )
        session.execute(sa.update(Stream).values(due_at=due_at))
    return made


def streams_of(account_id: int) -> set[int]:
    with reading() as session:
        return set(factories.streams(session, account_id))


def grants_of(account_id: int) -> set[int | None]:
    with reading() as session:
        return {factories.grant_of(session, account_id, each) for each in Channel}


def ask_for_checks(*account_ids: int) -> list[int]:
    with transaction() as session:
        assess.lock(session, Account.id.in_(account_ids))
        return asking.checks(session, account_ids, clock.now())


def test_a_sync_that_was_asked_for_is_found_before_all_that_is_due() -> None:
    *_, last = made(5)
    assert claims.find_due(10, asked=True) == []

    administering.sync_now(ANA, [last])

    found = claims.find_due(10, asked=True)
    assert {each.stream_id for each in found} == streams_of(last)
    assert claims.find_due(10, asked=True) == [], "it is in the queue"
    assert len(claims.find_due(100)) == 8, "the others are due as before"


def test_a_sync_that_was_asked_for_is_wanted_no_more_once_it_is_begun() -> None:
    (account_id,) = made(1)
    administering.sync_now(ANA, [account_id])
    for each in claims.find_due(10, asked=True):
        assert claims.claim(each.stream_id, each.lease)
    later = clock.now() + claims.LEASE
    assert claims.find_due(10, later, asked=True) == []
    assert len(claims.find_due(10, later)) == 2


def test_a_check_that_was_asked_for_is_found_before_all_that_is_due() -> None:
    *_, last = made(5)
    with transaction() as session:
        paused = factories.account(session, factories.organization(session, "Other"))
        session.execute(
            sa.update(Account).where(Account.id == paused).values(paused_at=clock.now())
        )

    assert ask_for_checks(last, paused) == [last, last]

    found = checking.find_due(10, asked=True)
    assert {each.grant_id for each in found} == grants_of(last)
    assert checking.find_due(10, asked=True) == []


def test_a_check_that_was_asked_for_while_one_is_made_is_made_after_it() -> None:
    (account_id,) = made(1)
    first, other = [checking.claim(each.grant_id, each.lease) for each in checking.find_due(10)]
    assert first is not None
    assert other is not None
    ask_for_checks(account_id)

    assert checking.store(first, Result(clock.now() + HOUR, {}, {}))
    checking.give_back(other, clock.now() + HOUR)

    found = checking.find_due(10, asked=True)
    assert {each.grant_id for each in found} == {first.grant_id, other.grant_id}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_whoever_looks_for_work_passes_over_what_others_hold() -> None:
    held, *_ = made(5)
    grants, streams = grants_of(held), streams_of(held)
    with transaction() as session, ThreadPoolExecutor(1) as pool:
        session.execute(sa.update(Grant).where(Grant.id.in_(grants)).values(failures=1))
        session.execute(sa.update(Stream).where(Stream.id.in_(streams)).values(failures=1))
        checks = pool.submit(checking.find_due, 100).result(timeout=20)
        syncs = pool.submit(claims.find_due, 100).result(timeout=20)
    assert len(checks) == len(syncs) == 8
    assert not {each.grant_id for each in checks} & grants
    assert not {each.stream_id for each in syncs} & streams
