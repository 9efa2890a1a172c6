"""What is kept of the past is what the spells say: checked against pandas, on both databases."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions import demo, past
from dashboard.actions.past import ages, troubles
from dashboard.cohorts import Period
from dashboard.db.engine import engine, reading, transaction
from dashboard.db.history import StatusSpell, SyncRun
from dashboard.db.models import Account, AccountChannel, AccountMarketplace, Stream
from dashboard.db.past import DailyTally
from dashboard.queries.metrics import health, replay
from dashboard.queries.metrics.scope import Scope
from dashboard.settings import settings
from dashboard.status import BROKEN, Headline, age_band
from tests import factories

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with a demo company and its past, on each engine; for looking only."""
    if request.param == "sqlite":
        file = tmp_path_factory.mktemp("past") / "past.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        found = f"sqlite:///{file}"
    else:
        admin: sa.Engine = request.getfixturevalue("postgresql_admin")
        with admin.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE past TEMPLATE template")
        found = admin.url.set(database="past").render_as_string(hide_password=False)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DASHBOARD_DATABASE_URL", found)
        settings.cache_clear()
        demo.load(organizations=30, now=NOW)
        past.note(NOW, most=130)
    settings.cache_clear()
    yield found
    engine(found).dispose()


@pytest.fixture
def session(url: str) -> Iterator[Session]:
    with reading(url) as opened:
        yield opened


def spells(session: Session) -> pd.DataFrame:
    """Every spell with what its account is, one row for each."""
    rows = session.execute(
        sa.select(
            StatusSpell.account_id, StatusSpell.headline, StatusSpell.reason,
            StatusSpell.started_at, StatusSpell.ended_at, Account.strategist_id, Account.region,
            Account.type,
        ).join(Account, Account.id == StatusSpell.account_id)
    )  # fmt: skip
    return pd.DataFrame(rows.all())


def at(known: pd.DataFrame, moment: datetime) -> pd.DataFrame:
    ended = known["ended_at"].isna() | (known["ended_at"] > moment)
    return known[(known["started_at"] <= moment) & ended]


def kept(session: Session, moment: datetime, **where: object) -> dict[str, int]:
    """The headlines that are kept of an hour."""
    rows = session.scalars(
        sa.select(DailyTally.counts)
        .where(DailyTally.kind == "headline", DailyTally.day == moment.date())
        .filter_by(**where)
    )
    found: dict[str, int] = {}
    for counts in rows:
        for headline, hours in counts.items():
            found[headline] = found.get(headline, 0) + hours[moment.hour]
    return {headline: number for headline, number in found.items() if number}


@pytest.mark.parametrize("hours_ago", [0, 1, 15, 16, 40, 24 * 19 + 3, 24 * 81, 24 * 119])
def test_every_hours_headlines_are_those_of_the_spells(session: Session, hours_ago: int) -> None:
    known = spells(session)
    moment = NOW.replace(minute=0) - hours_ago * HOUR
    then = at(known, moment)

    assert kept(session, moment, strategist_id=0, marketplace_id="") == (
        then["headline"].value_counts().to_dict()
    )
    one = then["strategist_id"].value_counts().index[0]
    mine = then[(then["strategist_id"] == one) & (then["region"] == "EU")]
    assert kept(session, moment, strategist_id=int(one), marketplace_id="", region="EU") == (
        mine["headline"].value_counts().to_dict()
    )
    joined = pd.DataFrame(session.execute(sa.select(*AccountMarketplace.__table__.c)).all())
    place = joined["marketplace_id"].value_counts().index[0]
    there = then[then["account_id"].isin(joined[joined["marketplace_id"] == place]["account_id"])]
    assert kept(session, moment, strategist_id=0, marketplace_id=place) == (
        there["headline"].value_counts().to_dict()
    )


def test_replay_shows_the_matrix_of_any_hour(session: Session) -> None:
    moment = NOW.replace(minute=0) - 500 * HOUR
    joined = pd.DataFrame(session.execute(sa.select(*AccountMarketplace.__table__.c)).all())
    then = at(spells(session), moment).merge(joined, on="account_id")
    then["broken"] = then["headline"].isin([each.value for each in BROKEN])
    expected = then.groupby("marketplace_id")["broken"].agg(["size", "sum"])

    shown = replay.day(session, Scope(), moment.date()).at(moment.hour)
    matrix = shown.matrix.set_index("marketplace_id")
    assert matrix["accounts"].to_dict() == expected["size"].to_dict()
    assert matrix["broken"].to_dict() == expected["sum"].to_dict()

    one = str(expected.index[0])
    only = replay.day(session, Scope(marketplace_id=one), moment.date()).at(moment.hour)
    assert only.counts["accounts"].sum() == expected["size"][one]
    assert set(only.matrix["marketplace_id"]) == {one}


def test_the_hours_that_can_be_replayed_end_with_the_present_one(session: Session) -> None:
    first, last = replay.span(session) or (NOW, NOW)
    assert last == NOW.replace(minute=0)
    assert first.date() == (NOW - 129 * DAY).date()


WEEKS_8 = Period((NOW - 56 * DAY).date(), NOW.date())


def within(moments: "pd.Series[Any]") -> "pd.Series[bool]":
    start, end = (datetime.combine(each, time(), UTC) for each in (WEEKS_8.first, WEEKS_8.end))
    return (moments >= start) & (moments < end)


def test_troubles_are_the_spells_that_began_in_a_week(session: Session) -> None:
    known = spells(session)
    bad = known[known["headline"].isin([each.value for each in troubles.TROUBLE])]
    began = bad[within(bad["started_at"])]

    found = health.troubles(session, Scope(), WEEKS_8)

    expected = began["reason"].where(began["reason"] != "", began["headline"]).value_counts()
    assert found.groupby("reason")["accounts"].sum().to_dict() == expected.to_dict()
    week = (NOW - 30 * DAY).date() - timedelta(days=(NOW - 30 * DAY).weekday())
    start = datetime.combine(week, time(), UTC)
    there = began[(began["started_at"] >= start) & (began["started_at"] < start + 7 * DAY)]
    assert found[found["week"] == pd.Timestamp(week)]["accounts"].sum() == len(there) > 0


def test_how_long_reconnecting_took_is_what_the_spells_say(session: Session) -> None:
    known = spells(session).sort_values(["account_id", "started_at"])
    # A stretch of the same headline counts once, whatever its reasons were.
    fresh = (known["headline"] != known["headline"].shift()) | (
        known["account_id"] != known["account_id"].shift()
    )
    runs = known.groupby(fresh.cumsum()).agg(
        account_id=("account_id", "first"), headline=("headline", "first"),
        start=("started_at", "first"), end=("ended_at", "last"),
    )  # fmt: skip
    after = runs["headline"].shift(-1).where(runs["account_id"] == runs["account_id"].shift(-1))
    back = runs[
        (runs["headline"] == Headline.NEEDS_RECONNECT)
        & within(runs["end"])
        & ~after.isin([each.value for each in troubles.CHOSEN])
    ]
    sums = health.sums(session, Scope(), WEEKS_8)

    assert sums.reconnected == len(back) > 0
    assert sums.reconnected_seconds == (back["end"] - back["start"]).dt.total_seconds().sum()


def test_how_long_a_loss_went_unnoticed_is_what_runs_and_spells_say(session: Session) -> None:
    known = spells(session).sort_values(["account_id", "started_at"])
    lost = known["headline"].isin([each.value for each in troubles.LOST])
    same = known["account_id"] == known["account_id"].shift()
    began = known[lost & ~(lost.shift(fill_value=False) & same) & within(known["started_at"])]
    runs = pd.DataFrame(
        session.execute(
            sa.select(Stream.account_id, SyncRun.stream_id, SyncRun.finished_at)
            .join(Stream, Stream.id == SyncRun.stream_id)
            .where(SyncRun.outcome == "succeeded")
        ).all()
    )
    lengths = []
    for row in began.itertuples():
        earlier = runs[
            (runs["account_id"] == row.account_id) & (runs["finished_at"] <= row.started_at)
        ]
        if len(earlier):
            lengths.append(row.started_at - earlier.groupby("stream_id")["finished_at"].max().min())
    sums = health.sums(session, Scope(), WEEKS_8)

    assert sums.detected == len(lengths) > 0
    assert sums.detected_seconds == sum(each.total_seconds() for each in lengths)


def test_the_share_healthy_leaves_out_who_is_not_in_use(session: Session) -> None:
    day = (NOW - 20 * DAY).date()
    then = at(spells(session), datetime.combine(day, time(23), UTC))
    used = then[~then["headline"].isin([Headline.PAUSED, Headline.DISCONNECTED])]

    found = health.healthy(health.headlines(session, Scope(), Period(day, day + DAY)))

    assert found["share"].tolist() == [(used["headline"] == Headline.HEALTHY).mean()]


def test_replayed_ages_are_those_of_the_runs(session: Session) -> None:
    moment = NOW.replace(minute=0) - 100 * HOUR
    rows = session.execute(
        sa.select(Stream.account_id, Stream.id, sa.func.max(SyncRun.finished_at))
        .join(
            AccountChannel,
            (AccountChannel.account_id == Stream.account_id)
            & (AccountChannel.channel == Stream.channel),
        )
        .outerjoin(
            SyncRun,
            (SyncRun.stream_id == Stream.id)
            & (SyncRun.outcome == "succeeded")
            & (SyncRun.finished_at <= moment),
        )
        .where(AccountChannel.required)
        .group_by(Stream.account_id, Stream.id)
    )
    newest = pd.DataFrame(rows.all(), columns=["account_id", "stream_id", "at"])
    complete = newest.groupby("account_id")["at"].agg(lambda found: found.notna().all())
    oldest = newest.groupby("account_id")["at"].min()[complete]
    expected = oldest.map(lambda at: age_band(at, moment).value).value_counts()

    shown = replay.day(session, Scope(), moment.date()).at(moment.hour).ages

    assert shown.groupby("age_band")["accounts"].sum().to_dict() == expected.to_dict()


def test_ages_are_noted_once_an_hour_and_are_not_known_where_nobody_did(database: str) -> None:
    hour = datetime(2026, 11, 20, 9, tzinfo=UTC)
    with transaction() as writing:
        ours = factories.organization(writing)
        factories.account(writing, ours, now=hour)
    assert [ages.note(hour + timedelta(minutes=each)) for each in (3, 5, 12)] == [
        True, False, False,
    ]  # fmt: skip
    assert ages.note(hour + timedelta(hours=2))

    with reading() as opened:
        day = replay.day(opened, Scope(), hour.date())
    assert sorted(day.ages["hour"]) == [9, 11]
    assert day.at(9).ages["accounts"].tolist() == [1]
