"""Those who change the same accounts at once wait for each other, and never in a circle."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions import tallies
from dashboard.actions.assess import changing
from dashboard.actions.imports import run
from dashboard.actions.sweep import sweep
from dashboard.db.counts import Tally
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Account
from dashboard.roles import COMMAND_LINE
from dashboard.status import Headline
from tests import factories
from tests.db.test_imports import file, row

pytestmark = pytest.mark.usefixtures("database")


def during(work: Callable[[], object], beside: Callable[[], object]) -> None:
    """Do one thing again and again while another is being done; both must come to their end."""
    done = Event()

    def again_and_again() -> None:
        while not done.is_set():
            beside()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(again_and_again)
        try:
            work()
        finally:
            done.set()
        other.result()
    with reading() as session:
        assert not tallies.recount(session)


def test_imports_and_sweeps_of_the_same_accounts_never_wait_in_a_circle() -> None:
    later = clock.now() + timedelta(hours=30)
    order = random.Random(1)
    rows = [row(number, organization_id=f"ORG-{number % 7}") for number in range(1, 81)]
    run(COMMAND_LINE, file(*rows))

    def imports() -> None:
        for turn in range(6):
            status = ("Needs permission", "Connected")[turn % 2]
            told = [each | {"aaa_status": status, "aaa_since": ""} for each in rows]
            order.shuffle(told)
            assert run(COMMAND_LINE, file(*told)).changed == len(rows)

    during(imports, lambda: sweep(later))


def test_an_import_locks_accounts_in_the_order_in_which_everybody_does() -> None:
    rows = [row(number, merchant_id="") for number in range(1, 1011)]
    run(COMMAND_LINE, file(*rows))
    with reading() as session:
        ends = session.execute(sa.select(sa.func.min(Account.id), sa.func.max(Account.id))).one()

    def change_first_and_last() -> None:
        with (
            transaction() as session,
            tallies.tallied(session) as deltas,
            changing(session, deltas, list(ends), clock.now()),
        ):
            pass

    renamed = [each | {"account_name": f"New {each['account_id']}"} for each in reversed(rows)]
    during(lambda: run(COMMAND_LINE, file(*renamed)), change_first_and_last)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_the_sweep_throws_empty_counts_away_without_waiting_for_those_who_count() -> None:
    empty, counted = ((0, "", "EU", "seller", word, *[""] * 5) for word in ("A", "B"))
    for change in (1, -1):
        with transaction() as session:
            tallies.write(session, Counter({empty: change, counted: change}))

    with ThreadPoolExecutor(1) as pool, transaction() as session:
        tallies.write(session, Counter({counted: 1}))
        assert pool.submit(sweep).result(timeout=20) == 0

    with reading() as session:
        assert session.scalars(sa.select(Tally.headline)).all() == ["B"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_whoever_is_to_count_at_the_end_keeps_nobody_waiting_before() -> None:
    with transaction() as session:
        owner = factories.organization(session)
        one, other = (factories.account(session, owner) for _ in range(2))

    def pause_alone() -> None:
        with transaction() as session:
            _pause(session, other)

    with ThreadPoolExecutor(1) as pool, transaction() as session, tallies.tallied(session):
        _pause(session, one)
        pool.submit(pause_alone).result(timeout=20)
        _pause(session, one)

    with reading() as session:
        assert not tallies.recount(session)
        assert set(session.scalars(sa.select(Account.headline))) == {Headline.PAUSED}


def _pause(session: Session, account_id: int) -> None:
    now = clock.now()
    with (
        tallies.tallied(session) as deltas,
        changing(session, deltas, [account_id], now),
    ):
        session.get_one(Account, account_id).paused_at = now
