"""The funnel on cohorts made by hand, whose answer is known, on both databases."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions import past
from dashboard.actions.past.recalling import recall
from dashboard.cohorts import Grain, Period
from dashboard.db.engine import reading, restructuring, transaction
from dashboard.db.migrate import config, migrate
from dashboard.db.models import AccountChannel, StaffMember
from dashboard.db.past import Onboarding
from dashboard.diagnosis import Channel
from dashboard.funnels import Stage, half, stages, whole, worst
from dashboard.milestones import Milestone, furthest, waits_for
from dashboard.queries.metrics import funnel
from dashboard.queries.metrics.scope import Scope
from tests import factories
from tests.factories import MISSING, NEVER

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
ORDER = list(Milestone)


def joined(
    session: Session,
    at: datetime,
    upto: Milestone,
    *,
    account_id: int | None = None,
    skips: tuple[Milestone, ...] = (),
    live_after: timedelta = 30 * HOUR,
) -> None:
    """A customer who came as far as this, an hour for each step but the last."""
    reached: dict[Milestone, datetime] = {}
    for place, each in enumerate(ORDER[: ORDER.index(upto) + 1]):
        if each not in skips:
            reached[each] = at + place * HOUR
    last = Milestone.CHOSEN if Milestone.SP_API in skips else Milestone.SP_API
    connected = reached.get(last)
    if Milestone.LIVE in reached and connected is not None:
        reached[Milestone.LIVE] = connected + live_after
    following = waits_for(reached, set(Milestone) - set(skips))
    moments: dict[str, Any] = {f"{each}_at": reached.get(each) for each in Milestone}
    session.add(
        Onboarding(
            account_id=account_id, confirms=Milestone.CONFIRMED not in skips, chooses=True,
            day=at.date(), connected_at=connected,
            promised_at=connected + 48 * HOUR if connected else None,
            waits_for=following.value if following else "",
            waits_since=reached[furthest(reached)] if following else None, due_at=at, **moments,
        )
    )  # fmt: skip
    session.flush()


def read(period: Period, grain: Grain, **scope: Any) -> list[Stage]:
    with reading() as session:
        known = funnel.cohorts(session, Scope(**scope), period, grain)
        joined = funnel.joined(session, Scope(**scope), period, grain)
    assert joined.whole == whole(known.values())
    assert list(joined.apart) == [
        (day, counts["invited"], [each.share for each in stages(counts, NOW.date())])
        for day, counts in known.items()
    ]
    return stages(joined.whole, NOW.date())


def numbers(found: list[Stage]) -> dict[str, tuple[int, int, int]]:
    return {each.milestone.value: (each.reached, each.moving, each.stopped) for each in found}


@pytest.fixture
def cohort(database: str) -> None:
    """Ten invited in October, two of them vendors of Ana's; and one of November."""
    vendor = (Milestone.SP_API,)
    old = (Milestone.CONFIRMED,)
    with transaction() as session:
        ana = factories.staff(session, "Ana Berg")
        acme = factories.organization(session, strategist_id=ana)
        vendors = [
            factories.account(session, acme, type="vendor", region="EU", marketplaces=["DE"])
            for _ in range(2)
        ]
        start = datetime(2026, 10, 5, 9, tzinfo=UTC)
        for place in range(3):
            joined(session, start + place * DAY, Milestone.INVITED)
        joined(session, start, Milestone.OPENED)
        joined(session, start, Milestone.AAA, skips=old)
        joined(session, start, Milestone.CHOSEN)
        joined(session, start, Milestone.LIVE)
        joined(session, start, Milestone.LIVE, live_after=50 * HOUR)
        joined(session, start, Milestone.LIVE, skips=(*vendor, *old), account_id=vendors[0])
        joined(session, start, Milestone.CHOSEN, skips=(*vendor, *old), account_id=vendors[1])
        joined(session, NOW - 20 * HOUR, Milestone.SP_API)
    past.note(NOW, most=100)


@pytest.mark.usefixtures("cohort")
def test_the_funnel_of_a_cohort_made_by_hand() -> None:
    found = read(OCTOBER, Grain.MONTH)

    assert numbers(found) == {
        "invited": (10, 0, 0),
        "opened": (7, 0, 3),
        "confirmed": (6, 0, 1),  # the one who has an address to confirm and did not
        "aaa": (6, 0, 0),
        "chosen": (5, 0, 1),
        "sp_api": (4, 0, 1),  # the vendors did not have to, and are not lost here
        "syncing": (3, 0, 1),
        "live": (2, 0, 1),  # one was live, but after what was promised
    }
    lost = worst(found)
    assert lost is not None
    assert (lost.milestone, lost.arrived, lost.stopped) == (Milestone.OPENED, 10, 3)
    assert lost.waited == 45  # days: those of 5, 6 and 7 October wait 46, 45 and 44


@pytest.mark.usefixtures("cohort")
def test_weeks_and_filters_are_parts_of_the_whole() -> None:
    assert numbers(read(OCTOBER, Grain.WEEK)) == numbers(read(OCTOBER, Grain.MONTH))
    vendors = read(OCTOBER, Grain.MONTH, type="vendor")
    assert [each.reached for each in vendors] == [2, 2, 2, 2, 2, 2, 1, 1]
    with reading() as session:
        ana = session.scalars(sa.select(StaffMember.id)).one()
    assert numbers(read(OCTOBER, Grain.MONTH, strategist_id=ana)) == numbers(vendors)


@pytest.mark.usefixtures("cohort")
def test_cohorts_that_were_kept_by_region_only_are_summed_when_migrating() -> None:
    grains = [(OCTOBER, Grain.MONTH), (OCTOBER, Grain.WEEK)]
    counted = [read(*each) for each in grains]
    with restructuring() as connection:
        command.downgrade(config(connection), "c2a9417e5d08")
        connection.commit()
    assert not any(each[0].reached for each in [read(*each) for each in grains])

    migrate()

    assert [read(*each) for each in grains] == counted


@pytest.mark.usefixtures("cohort")
def test_a_period_stands_beside_the_one_before_it() -> None:
    november = Period(date(2026, 11, 1), date(2026, 11, 21))
    with reading() as session:
        was = funnel.before(session, Scope(), november, Grain.MONTH)
        apart = funnel.joined(session, Scope(), OCTOBER, Grain.MONTH).apart
    assert "took" not in was
    assert [each.share for each in stages(was, NOW.date())] == apart[0][2]


@pytest.mark.usefixtures("cohort")
def test_who_came_this_far_only_just_has_not_stopped() -> None:
    found = numbers(read(Period(date(2026, 11, 1), date(2026, 11, 21)), Grain.MONTH))
    assert found["syncing"] == (0, 1, 0)


@pytest.mark.usefixtures("cohort")
def test_each_step_opens_its_customers() -> None:
    with reading() as session:
        late = funnel.waiting(session, Scope(), OCTOBER, Milestone.LIVE)
        ours = funnel.waiting(session, Scope(type="vendor"), OCTOBER, Milestone.SYNCING)
        unopened = funnel.waiting(session, Scope(), OCTOBER, Milestone.OPENED)
    assert (len(late), len(ours), len(unopened)) == (1, 1, 3)
    assert ours["organization"].tolist() == ["Acme GmbH"]


@pytest.mark.usefixtures("cohort")
def test_times_are_within_three_percent() -> None:
    with reading() as session:
        known = funnel.cohorts(session, Scope(), OCTOBER, Grain.MONTH)
    rows = funnel.lengths(known).set_index("measure")
    assert rows.loc["live", "samples"] == 3
    assert rows.loc["live", "p50"] == pytest.approx(30 * 3600, rel=0.03)
    assert rows.loc["live", "p95"] == pytest.approx(50 * 3600, rel=0.03)
    median = half(known[date(2026, 10, 1)], "live")
    assert median is not None
    assert median.total_seconds() == pytest.approx(30 * 3600, rel=0.03)


def test_a_first_sync_turns_overdue_when_the_promise_has_passed(database: str) -> None:
    with transaction() as session:
        joined(session, NOW - 20 * HOUR, Milestone.SYNCING)
    month = Period(date(2026, 11, 1), date(2026, 11, 21))
    past.note(NOW)
    assert numbers(read(month, Grain.MONTH))["live"] == (0, 1, 0)
    past.note(NOW + 2 * DAY)
    assert numbers(read(month, Grain.MONTH))["live"] == (0, 0, 1)


def test_ways_aboard_of_before_are_told_again_from_history(database: str) -> None:
    now = clock.now()
    with transaction() as session:
        ours = factories.organization(session)
        live = factories.account(session, ours, now=now, setup_completed_at=now - 20 * DAY)
        stopped = factories.account(session, ours, aaa=MISSING, sp_api=MISSING, sync=NEVER)
        imported = factories.account(session, ours)
        for account_id in (live, stopped):
            factories.event(session, "invited", 25 * DAY, account_id=account_id, now=now)
            factories.event(session, "link_opened", 24 * DAY, account_id=account_id, now=now)
        for channel in Channel:
            about = {"account_id": live, "channel": channel.value}
            factories.event(session, "connected", 23 * DAY, now=now, **about)
        session.execute(
            sa.update(AccountChannel)
            .where(AccountChannel.account_id == live)
            .values(connected_at=now - 23 * DAY)
        )
    assert recall() == 2
    assert recall() == 0

    with reading() as session:
        known = {each.account_id: each for each in session.scalars(sa.select(Onboarding))}
    assert imported not in known
    assert known[stopped].waits_for == "aaa"
    assert (known[live].waits_for, known[live].live_at) == ("", now - 20 * DAY)
    assert known[live].sp_api_at == now - 23 * DAY
