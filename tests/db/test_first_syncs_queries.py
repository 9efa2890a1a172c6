"""First syncs in flight as pages read them, compared with looking at each."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from math import floor

import pytest
import sqlalchemy as sa

from dashboard.actions.forecasting import renewing
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Stream
from dashboard.diagnosis import Channel
from dashboard.forecast import FEWEST
from dashboard.queries import first_syncs
from dashboard.queries.first_syncs import BURN_DOWN, Expectation
from dashboard.status import Headline
from tests import factories
from tests.factories import NEVER, Sync, Wire

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PROMISE = 48 * HOUR


def account(hours: float, **options: object) -> int:
    """An account that was connected so many hours ago and has had no data."""
    with transaction() as session:
        strategist_id = options.pop("strategist_id", None)
        owner = factories.organization(session, strategist_id=strategist_id)
        young = Wire(consent_age=hours * HOUR)
        known = {"aaa": young, "sp_api": young, "sync": NEVER, "now": NOW}
        return factories.account(session, owner, **(known | options))


def expected(account_id: int, now: datetime = NOW) -> Expectation | None:
    with reading() as session:
        return first_syncs.expectation(session, account_id, now)


def test_the_burn_down_counts_each_first_sync_by_the_time_it_has_left() -> None:
    with transaction() as session:
        ana = factories.staff(session)
    ages = [0.5, 5.9, 6, 30, 41.9, 42, 47.9, 48, 50, 71.9, 72, 72.1, 120]
    for hours in ages:
        account(hours, strategist_id=ana if hours > 40 else None)
    account(5, paused_at=NOW)
    account(5, aaa=Wire(consent_age=9 * HOUR, refused_age=HOUR))
    account(300, sync=Sync())

    def counted(among: list[float]) -> Counter[tuple[int, str]]:
        # The least of a bar: time left that is just none belongs to those that are overdue.
        left = [max(floor(-(hours - 48) / 6 - 1e-9) * 6, -30) for hours in among]
        words = [Headline.LATE if hours >= 48 else Headline.FIRST_SYNC for hours in among]
        return Counter(zip(left, [each.value for each in words], strict=True))

    with reading() as session:
        everyone = first_syncs.burn_down(session, NOW, PROMISE)
        mine = first_syncs.burn_down(session, NOW, PROMISE, ana)
        nobodys = first_syncs.burn_down(session, NOW, PROMISE, ana + 1)

    for found, own in ((everyone, ages), (mine, [each for each in ages if each > 40])):
        rows = [*found.itertuples(index=False)]
        assert {(row.hours_left, row.headline): row.accounts for row in rows} == counted(own)
        assert [row.hours_left for row in rows] == sorted(
            (row.hours_left for row in rows), reverse=True
        )
    assert nobodys.empty
    assert list(nobodys.columns) == list(BURN_DOWN)


def test_a_promise_that_is_no_multiple_of_the_steps_leaves_nobody_out() -> None:
    for hours in (0.5, 3, 7):
        account(hours)

    with reading() as session:
        found = first_syncs.burn_down(session, NOW, 50 * HOUR)

    assert found["accounts"].sum() == 3


def test_what_is_expected_of_an_account_is_that_of_its_least_hopeful_channel() -> None:
    with transaction() as session:
        factories.first_syncs(session, Channel.AAA, "EU", [2 + each / 4 for each in range(40)])
        factories.first_syncs(session, Channel.SP_API, "EU", [20] * 20 + [60] * 20)
    account_id = account(2.5, sync=Sync(age=None, added_age=2.5 * HOUR))
    renewing.renew(NOW)

    found = expected(account_id)

    assert found is not None
    assert found.outlook is not None
    assert (found.channel, found.region) == ("SP-API", "EU")
    assert (found.lasted, found.promise) == (2.5, 48)
    assert found.outlook.miss == pytest.approx(0.5, abs=1e-4)
    # Hours later, none of AAA was in flight for so long.
    later = expected(account_id, NOW + 20 * HOUR)
    assert later is not None
    assert (later.channel, later.outlook.outlasted) == ("AAA", True)


def test_the_clock_of_the_forecast_begins_with_the_channel_that_of_the_promise_with_the_last() -> (
    None
):
    account_id = account(3, aaa=Wire(consent_age=9 * HOUR), sync=Sync(age=None, added_age=9 * HOUR))

    found = expected(account_id)

    assert found is not None
    assert (found.lasted, found.promise) == (9, 54)


def test_nothing_is_expected_of_an_account_whose_data_is_there() -> None:
    assert expected(account(100, sync=Sync())) is None
    assert expected(123456) is None


def test_where_too_few_have_ended_there_is_a_first_sync_but_no_outlook() -> None:
    with transaction() as session:
        factories.first_syncs(session, Channel.SP_API, "EU", [20] * (FEWEST - 1))
    account_id = account(3)
    before = expected(account_id)
    renewing.renew(NOW)
    after = expected(account_id)

    assert before is not None
    assert before.outlook is None
    assert after is not None
    assert after.outlook is None


def test_a_channel_whose_data_is_there_is_not_waited_for() -> None:
    account_id = account(3)
    with transaction() as session:
        session.execute(
            sa.update(Stream)
            .where(Stream.channel == Channel.AAA.value)
            .values(last_success_at=NOW - HOUR)
        )

    found = expected(account_id)

    assert found is not None
    assert found.channel == "SP-API"
