"""The demo company: complete, true to its own history, and the same every time."""

import math
import random
import shutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions import demo, tallies
from dashboard.actions.demo import company, names
from dashboard.actions.demo.company import Crew, Person
from dashboard.actions.demo.desk import OPERATOR
from dashboard.actions.sweep import sweep
from dashboard.alerts import Phase
from dashboard.db.alerting import Alert, AlertReading, Notice, Route
from dashboard.db.counts import EVERYONE, DailyAge, Tally
from dashboard.db.engine import engine, reading, transaction
from dashboard.db.forecasting import Forecast
from dashboard.db.history import Event, StatusSpell, SyncRun
from dashboard.db.migrate import rebuild
from dashboard.db.models import (
    Account,
    AccountChannel,
    AccountMarketplace,
    Contact,
    Grant,
    Model,
    Organization,
    StaffMember,
    Stream,
)
from dashboard.diagnosis import PERMISSION, RECONNECT, Reason
from dashboard.errors import BadInput
from dashboard.forecast import FEWEST
from dashboard.queries import overview
from dashboard.roles import Role
from dashboard.settings import settings
from dashboard.status import SEVERITY, Headline

pytestmark = pytest.mark.xdist_group("demo")  # one load of the whole company per engine

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with the whole demo company, on each engine; for looking only."""
    if request.param == "sqlite":
        file = tmp_path_factory.mktemp("demo") / "demo.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        found = f"sqlite:///{file}"
    else:
        admin: sa.Engine = request.getfixturevalue("postgresql_admin")
        with admin.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE demo TEMPLATE template")
        found = admin.url.set(database="demo").render_as_string(hide_password=False)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DASHBOARD_DATABASE_URL", found)
        environment.setenv("DASHBOARD_DATA_DIR", str(tmp_path_factory.mktemp("data")))
        settings.cache_clear()
        demo.load(now=NOW)
    settings.cache_clear()
    yield found
    engine(found).dispose()


@pytest.fixture
def loaded(url: str) -> Iterator[Session]:
    with reading(url) as session:
        yield session


def rows(session: Session, model: type[Model]) -> list[sa.Row[tuple[object, ...]]]:
    return list(
        session.execute(sa.select(*model.__table__.c).order_by(*model.__table__.primary_key))
    )


def number(session: Session, model: type[Model], *where: sa.ColumnElement[bool]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0


def everything() -> dict[str, list[sa.Row[tuple[object, ...]]]]:
    """All rows, but for what is sealed, which is never twice the same."""
    with transaction() as session:
        session.execute(sa.update(Route).values(target="", key_id=""))
    with reading() as session:
        return {each.class_.__name__: rows(session, each.class_) for each in Model.registry.mappers}


def test_every_headline_and_every_reason_occurs(loaded: Session) -> None:
    headlines = set(loaded.scalars(sa.select(Account.headline)))
    reasons = set(loaded.scalars(sa.select(Account.reason)))
    warnings = set(loaded.scalars(sa.select(AccountChannel.warning)))

    assert headlines == set(Headline)
    assert reasons | warnings >= set(Reason)


def test_the_company_has_the_size_and_shape_it_promises(loaded: Session) -> None:
    everyone = number(loaded, Account)
    assert number(loaded, Organization) == 120
    assert 380 <= everyone <= 420
    assert 0.7 < number(loaded, Account, Account.headline == Headline.HEALTHY) / everyone < 0.85
    assert 0.15 < number(loaded, Account, Account.type == "vendor") / everyone < 0.25
    assert set(loaded.scalars(sa.select(Account.region))) == {"NA", "EU", "FE"}
    assert len(set(loaded.scalars(sa.select(AccountMarketplace.marketplace_id)))) >= 18
    assert number(loaded, AccountChannel, AccountChannel.required.is_(False)) > 20


def test_our_staff_are_twelve_strategists_and_some_of_every_role(loaded: Session) -> None:
    strategist = StaffMember.role == Role.STRATEGIST.value
    assert number(loaded, StaffMember, strategist) == 12
    assert set(loaded.scalars(sa.select(StaffMember.role))) == set(Role)
    emails = [*loaded.scalars(sa.select(StaffMember.email))]
    assert all(each.endswith("@northwind.example") and each.isascii() for each in emails)
    assert len(set(loaded.scalars(sa.select(Organization.strategist_id)))) == 13  # or nobody


def test_customers_have_plain_addresses_under_example(loaded: Session) -> None:
    for email in loaded.scalars(sa.select(Contact.email)):
        who, _, domain = email.partition("@")
        assert who
        assert domain.removesuffix(".example") not in ("", domain)
        assert email.isascii()
        assert email == email.lower()


def test_amazons_ids_look_like_amazons(loaded: Session) -> None:
    sellers = sa.select(Account.merchant_id).where(Account.type == "seller")
    for merchant in loaded.scalars(sellers.where(Account.merchant_id.is_not(None))):
        assert len(merchant) == 14
        assert merchant.startswith("A")
    for profile in loaded.scalars(sa.select(AccountMarketplace.profile_id)):
        assert profile is None or (profile.isdigit() and len(profile) in (15, 16))


def test_spells_of_an_account_follow_one_another_to_the_headline_it_has(loaded: Session) -> None:
    spells = defaultdict(list)
    for spell in sorted(rows(loaded, StatusSpell), key=lambda each: each.started_at):
        spells[spell.account_id].append(spell)

    for account in rows(loaded, Account):
        mine = spells[account.id]
        for earlier, later in pairwise(mine):
            assert earlier.started_at < earlier.ended_at == later.started_at
            before = (earlier.headline, earlier.actor, earlier.reason)
            assert before != (later.headline, later.actor, later.reason)
        assert mine[0].started_at == account.created_at
        assert (mine[-1].ended_at, mine[-1].headline) == (None, account.headline)
        assert mine[-1].started_at == account.headline_since <= NOW


def test_troubles_of_the_past_are_of_many_kinds_and_passed(loaded: Session) -> None:
    past = StatusSpell.ended_at > NOW - 120 * DAY
    found = set(loaded.scalars(sa.select(StatusSpell.headline).where(past)))
    assert found >= {
        Headline.AMAZON_INCIDENT, Headline.OUR_FIX, Headline.NEEDS_RECONNECT,
        Headline.NEEDS_PERMISSION, Headline.STUCK, Headline.LATE, Headline.EXPIRING,
        Headline.FIRST_SYNC, Headline.NOT_CONNECTED, Headline.HEALTHY,
    }  # fmt: skip


def test_the_newest_successful_run_is_the_streams_last_success(loaded: Session) -> None:
    good = (
        sa.select(SyncRun.stream_id, sa.func.max(SyncRun.finished_at))
        .where(SyncRun.outcome == "succeeded")
        .group_by(SyncRun.stream_id)
    )
    newest = dict(loaded.execute(good).all())
    for stream in rows(loaded, Stream):
        assert newest.get(stream.id) == stream.last_success_at
    assert number(loaded, SyncRun, SyncRun.finished_at > NOW) == 0
    assert number(loaded, SyncRun, SyncRun.started_at < NOW - 121 * DAY) == 0


def test_first_syncs_of_the_past_are_counted_and_those_in_flight_stand_as_is_forecast(
    loaded: Session,
) -> None:
    curves = {(each.channel, each.region): each for each in rows(loaded, Forecast)}
    known = {region for (channel, region), each in curves.items() if each.finished >= FEWEST}
    assert len(curves) == 6
    assert known >= {"NA", "EU"}

    flying = [each for each in rows(loaded, Account) if each.promised_by is not None]
    assert {each.headline for each in flying} == {
        Headline.FIRST_SYNC, Headline.AT_RISK, Headline.LATE,
    }  # fmt: skip
    assert all((each.headline == Headline.LATE) is (each.promised_by <= NOW) for each in flying)
    regions = {each.id: each.region for each in flying}
    for stream in rows(loaded, Stream):
        if stream.risky_from is not None:
            assert curves[stream.channel, regions[stream.account_id]].finished >= FEWEST


def test_streams_are_synced_about_once_a_day(loaded: Session) -> None:
    old = sa.select(Account.id).where(
        Account.headline == Headline.HEALTHY, Account.created_at < NOW - 130 * DAY
    )
    streams = number(loaded, Stream, Stream.account_id.in_(old))
    mine = sa.select(Stream.id).where(Stream.account_id.in_(old))
    assert 0.9 < number(loaded, SyncRun, SyncRun.stream_id.in_(mine)) / streams / 120 < 1.4


def test_nothing_succeeds_on_a_channel_that_a_customer_must_mend(loaded: Session) -> None:
    broken = [each.value for each in RECONNECT | PERMISSION]
    channel = AccountChannel.__table__.c
    successes = loaded.scalar(
        sa.select(sa.func.count())
        .select_from(SyncRun)
        .join(Stream, Stream.id == SyncRun.stream_id)
        .join(
            AccountChannel,
            (channel.account_id == Stream.account_id) & (channel.channel == Stream.channel),
        )
        .where(
            channel.problem.in_(broken),
            SyncRun.outcome == "succeeded",
            SyncRun.finished_at > channel.problem_since,
        )
    )
    assert number(loaded, AccountChannel, channel.problem.in_(broken)) > 20
    assert successes == 0


def test_the_trend_of_sync_ages_is_what_the_runs_say(loaded: Session) -> None:
    day = (NOW - 30 * DAY).date()
    moment = datetime.combine(day + DAY, datetime.min.time(), UTC)
    newest = defaultdict(list)
    runs = sa.select(Stream.id, sa.func.max(SyncRun.finished_at)).outerjoin(
        SyncRun,
        (SyncRun.stream_id == Stream.id)
        & (SyncRun.outcome == "succeeded")
        & (SyncRun.finished_at <= moment),
    )
    owners = dict(loaded.execute(sa.select(Stream.id, Stream.account_id)).all())
    for stream, at in loaded.execute(runs.group_by(Stream.id)):
        newest[owners[stream]].append(at)
    ages = sorted((moment - min(each)).total_seconds() for each in newest.values() if all(each))

    note = loaded.get(DailyAge, (day, EVERYONE))
    assert note is not None
    assert note.accounts == len(ages)
    assert note.median == ages[round(0.5 * (len(ages) - 1))]
    assert note.p90 == ages[round(0.9 * (len(ages) - 1))]


def test_the_trend_covers_ninety_days_for_everyone_and_each_strategist(loaded: Session) -> None:
    assert len(overview.trend(loaded, NOW)) == 91
    strategists = loaded.scalars(
        sa.select(StaffMember.id).where(StaffMember.role == Role.STRATEGIST.value)
    )
    assert all(len(overview.trend(loaded, NOW, each)) == 91 for each in strategists)


def test_some_accounts_became_worse_since_yesterday_and_some_better(loaded: Session) -> None:
    worse = overview.worse(loaded, NOW, limit=50)
    fallen = worse[worse["before"] == Headline.HEALTHY]
    assert 8 <= len(fallen) <= 16
    assert len(set(fallen["headline"])) >= 5

    lately = sa.select(StatusSpell.headline).where(StatusSpell.ended_at > NOW - DAY)
    back = Account.headline_since > NOW - DAY
    healed = lately.join(Account, Account.id == StatusSpell.account_id).where(
        back, Account.headline == Headline.HEALTHY
    )
    assert len([each for each in loaded.scalars(healed) if SEVERITY[Headline(each)] > 1]) >= 5


def test_one_login_of_an_agency_stands_behind_many_accounts(loaded: Session) -> None:
    shared = (
        sa.select(AccountChannel.grant_id, sa.func.count().label("accounts"))
        .where(AccountChannel.grant_id.is_not(None))
        .group_by(AccountChannel.grant_id)
        .having(sa.func.count() > 1)
    )
    found = dict(loaded.execute(shared).all())
    assert max(found.values()) >= 20

    dead = loaded.scalar(
        sa.select(Grant.id).where(Grant.id.in_(list(found)), Grant.refused_at.is_not(None))
    )
    touched = sa.select(Account.headline).where(
        Account.id.in_(sa.select(AccountChannel.account_id).where(AccountChannel.grant_id == dead))
    )
    assert set(loaded.scalars(touched)) == {Headline.NEEDS_RECONNECT}


def test_an_account_that_joins_an_agencys_old_login_has_48_hours_for_its_first_sync(
    loaded: Session,
) -> None:
    channels = loaded.execute(
        sa.select(
            AccountChannel.account_id, AccountChannel.connected_at, Grant.consented_at
        ).join(Grant, Grant.id == AccountChannel.grant_id)
    ).all()  # fmt: skip
    joined = [
        (account_id, connected_at)
        for account_id, connected_at, consented_at in channels
        if connected_at > consented_at + 30 * DAY
    ]
    assert len(joined) > 20
    for account_id, connected_at in joined:
        overdue = number(
            loaded, StatusSpell, StatusSpell.account_id == account_id,
            StatusSpell.reason == Reason.FIRST_SYNC_OVERDUE.value,
            StatusSpell.started_at < connected_at + timedelta(hours=48),
        )  # fmt: skip
        assert overdue == 0


def test_tallies_agree_with_the_accounts(loaded: Session) -> None:
    assert tallies.recount(loaded) == {}
    assert number(loaded, Tally) > 100


def test_events_are_told_by_named_people_and_none_is_yet_to_come(loaded: Session) -> None:
    told = rows(loaded, Event)
    nobody = {"System", "Customer", "Command line", OPERATOR}
    people = {name for name, _ in names.STAFF} | nobody
    assert {each.staff_name for each in told} <= people
    assert max(each.at for each in told) == NOW
    assert [each.kind for each in told].count("demo_loaded") == 1
    assert all((each.staff_id is None) == (each.staff_name in nobody) for each in told)


@pytest.mark.parametrize("later", [timedelta(), timedelta(minutes=30)])
def test_a_sweep_soon_after_finds_nothing_that_was_not_meant(
    database: str, later: timedelta
) -> None:
    demo.load(organizations=12, now=NOW)
    with reading() as session:
        before = dict(session.execute(sa.select(Account.id, Account.headline)).all())

    sweep(NOW + later)

    with reading() as session:
        after = dict(session.execute(sa.select(Account.id, Account.headline)).all())
        assert tallies.recount(session) == {}
    assert after == before


def test_the_same_seed_and_moment_make_the_same_rows(database: str) -> None:
    demo.load(organizations=25, seed=7, now=NOW)
    first = everything()
    rebuild()
    demo.load(organizations=25, seed=7, now=NOW)
    assert everything() == first


def test_another_seed_makes_another_company(database: str) -> None:
    demo.load(organizations=3, seed=1, now=NOW)
    first = everything()
    rebuild()
    demo.load(organizations=3, seed=2, now=NOW)
    assert everything()["Account"] != first["Account"]


def test_a_database_that_holds_customers_is_left_alone(database: str) -> None:
    assert demo.is_empty()
    demo.load(organizations=2, now=NOW)
    assert not demo.is_empty()
    with pytest.raises(BadInput, match="already holds"):
        demo.load(organizations=2, now=NOW)
    with reading() as session:
        assert number(session, Organization) == 2


def test_staff_who_are_there_already_stay_as_they_are(database: str) -> None:
    with transaction() as session:
        session.add(
            StaffMember(
                email="leo.marchand@northwind.example", name="Léo", role="strategist",
                active=False, created_at=NOW,
            )
        )  # fmt: skip
    demo.load(organizations=14, now=NOW)
    with reading() as session:
        assert number(session, StaffMember) == len(names.STAFF)
        leo = StaffMember.email == "leo.marchand@northwind.example"
        assert session.scalar(sa.select(StaffMember.name).where(leo)) == "Léo"


def test_the_summary_names_accounts_by_scenario_and_progress_ends_at_one(database: str) -> None:
    seen: list[float] = []
    summary = demo.load(organizations=20, now=NOW, on_progress=seen.append)

    assert seen == sorted(seen)
    assert math.isclose(seen[-1], 1.0)
    with reading() as session:
        assert summary.accounts == number(session, Account)
        ids = summary.scenarios["paused"]
        paused = sa.select(Account.headline).where(Account.id.in_(ids))
        assert set(session.scalars(paused)) == {Headline.PAUSED}
    assert "20 organizations" in str(summary)


def test_a_second_block_of_organizations_has_ids_and_names_of_its_own() -> None:
    people = [Person(1, "Ana")]
    crew = Crew(people, people, people)
    blocks = [
        company.plans(random.Random(1), first, company.BLOCK, crew) for first in (0, company.BLOCK)
    ]
    first, second = ({each.external_id for each in block} for block in blocks)
    assert not first & second
    assert not {each.name for each in blocks[0]} & {each.name for each in blocks[1]}
    first, second = (
        {shape.external_id for each in block for shape in each.shapes} for block in blocks
    )
    assert not first & second


def test_names_of_customers_do_not_repeat_and_are_of_every_length() -> None:
    found = [names.organization(number) for number in range(12_000)]
    assert len(set(found)) == len(found)
    lengths = [len(each) for each in found[:100]]
    assert min(lengths) < 6
    assert max(lengths) > 60


def test_routes_were_told_and_nothing_waits_to_be_sent(loaded: Session) -> None:
    assert number(loaded, Route) == 3
    told = number(loaded, Alert, Alert.phase == Phase.TOLD)
    assert told >= 6
    assert number(loaded, Notice, Notice.due_at.is_not(None)) == 0
    assert number(loaded, Notice, Notice.title == "") == 0
    ended = loaded.scalars(sa.select(Notice).where(Notice.kind == "ended")).all()
    assert ended
    assert all(each.title.startswith("Resolved after") for each in ended)
    position = loaded.scalar(sa.select(AlertReading.position))
    assert position == loaded.scalar(sa.select(sa.func.max(StatusSpell.id)))
