"""The Overview page's reads, compared with looking at every account one by one."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.db.counts import EVERYONE, DailyAge
from dashboard.db.engine import reading, transaction
from dashboard.queries import overview
from dashboard.queries.overview import CANDIDATES
from dashboard.status import BROKEN, SEVERITY, AgeBand, Headline
from tests import fleets
from tests.fleets import Record

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def fleet(database: str) -> list[Record]:
    with transaction() as session:
        staff_ids = fleets.strategists(session, ["Ana Berg", "Ben Okafor"], NOW)
        made = fleets.records(300, NOW, staff_ids)
        fleets.store(session, made, NOW)
    return made


def scopes(fleet: list[Record]) -> list[tuple[int, list[Record]]]:
    """Everybody's accounts, and those of each strategist."""
    owners = sorted({each.strategist_id for each in fleet if each.strategist_id})
    own = [(owner, [each for each in fleet if each.strategist_id == owner]) for owner in owners]
    return [(EVERYONE, fleet), *own]


def test_counts_are_of_every_headline_and_actor(fleet: list[Record]) -> None:
    with reading() as session:
        for scope, own in scopes(fleet):
            found = overview.counts(session, scope)
            rows = found.itertuples(index=False)
            assert {(row.headline, row.actor): row.accounts for row in rows} == Counter(
                (each.headline, each.actor) for each in own
            )


def test_sync_ages_are_of_every_region_youngest_first_without_the_never_synced(
    fleet: list[Record],
) -> None:
    bands = [band.value for band in AgeBand]
    with reading() as session:
        for scope, own in scopes(fleet):
            found = overview.sync_ages(session, scope)
            rows = list(found.itertuples(index=False))
            assert {(row.region, row.age_band): row.accounts for row in rows} == Counter(
                (each.region, each.age_band) for each in own if each.oldest_sync_at
            )
            assert [bands.index(row.age_band) for row in rows] == sorted(
                bands.index(row.age_band) for row in rows
            )


def test_the_matrix_counts_an_account_in_each_marketplace(fleet: list[Record]) -> None:
    with reading() as session:
        for scope, own in scopes(fleet):
            found = overview.matrix(session, scope)
            joined = [(each.region, place, each) for each in own for place in each.marketplace]
            accounts = Counter((region, place) for region, place, _ in joined)
            broken = Counter(
                (region, place)
                for region, place, each in joined
                if Headline(each.headline) in BROKEN
            )
            rows = list(found.itertuples(index=False))
            assert {(row.region, row.marketplace_id): row.accounts for row in rows} == accounts
            for row in rows:
                assert row.broken == broken[row.region, row.marketplace_id]


def test_the_trend_holds_the_last_days_of_the_scope_oldest_first(database: str) -> None:
    with transaction() as session:
        for scope, factor in ((EVERYONE, 1), (7, 2)):
            for age in (0, 1, 89, 90, 91, 200):
                session.add(
                    DailyAge(
                        day=(NOW - timedelta(days=age)).date(), strategist_id=scope, accounts=10,
                        median=3600 * factor, p90=7200 * factor,
                    )
                )  # fmt: skip
    with reading() as session:
        everyone = overview.trend(session, NOW)
        mine = overview.trend(session, NOW, 7)

    assert list(everyone["day"].dt.date) == [
        (NOW - timedelta(days=age)).date() for age in (90, 89, 1, 0)
    ]
    assert set(everyone["median"]) == {3600}
    assert set(mine["p90"]) == {14400}


def test_worse_are_accounts_whose_headline_is_more_urgent_than_a_day_ago(
    fleet: list[Record],
) -> None:
    yesterday = NOW - timedelta(days=1)
    with reading() as session:
        for scope, own in scopes(fleet):
            newest = []
            for severity in sorted((each for each in SEVERITY.values() if each > 0), reverse=True):
                entered = [
                    each for each in own if each.severity == severity and each.since >= yesterday
                ]
                entered.sort(key=lambda each: (each.since, each.id), reverse=True)
                newest += entered[:CANDIDATES]
            # Before its present spell each account had the headline it had forty days ago.
            wanted = [
                (each.id, each.before, each.headline)
                for each in newest
                if each.since > yesterday and SEVERITY[Headline(each.before)] < each.severity
            ]

            found = overview.worse(session, NOW, scope, limit=1000)
            few = overview.worse(session, NOW, scope, limit=3)

            rows = found.itertuples(index=False)
            assert [(row.id, row.before, row.headline) for row in rows] == wanted
            assert list(few["id"]) == [each[0] for each in wanted][:3]


def test_without_accounts_every_answer_is_empty_and_has_its_columns(database: str) -> None:
    with reading() as session:
        for found, columns in (
            (overview.counts(session), overview.COUNTS),
            (overview.sync_ages(session), overview.AGES),
            (overview.matrix(session), overview.MATRIX),
            (overview.trend(session, NOW), overview.TREND),
            (overview.worse(session, NOW), overview.WORSE),
        ):
            assert found.empty
            assert list(found.columns) == list(columns)
