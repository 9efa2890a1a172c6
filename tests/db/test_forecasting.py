"""First syncs: counted as they end, forecast while in flight, told of once when overdue."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.actions import claims, overdue, sweep, syncing, tallies
from dashboard.actions.forecasting import renewing
from dashboard.actions.forecasting.flying import in_flight
from dashboard.db.connecting import Link, Message
from dashboard.db.engine import reading, transaction
from dashboard.db.forecasting import FirstSyncLength, Forecast, OverdueNotice
from dashboard.db.history import Event, StatusSpell
from dashboard.db.models import Account, Grant, StaffMember, Stream
from dashboard.diagnosis import Channel, Reason
from dashboard.status import Headline
from tests import factories
from tests.factories import Sync, Wire

pytestmark = pytest.mark.usefixtures("database")

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def young(age: timedelta, *, at: datetime | None = None, **options: object) -> int:
    """An account that was connected so long ago, and has had no data yet."""
    with transaction() as session:
        owner = factories.organization(session, strategist_id=options.pop("strategist_id", None))
        options = {"sync": Sync(age=None, added_age=age), "region": "EU"} | options
        account_id = factories.account(
            session, owner, aaa=Wire(consent_age=age), sp_api=Wire(consent_age=age), now=at,
            **options,
        )  # fmt: skip
        session.execute(sa.update(Grant).values({"refresh_token": "sealed"}))
        session.execute(sa.update(Stream).values(due_at=clock.now() - DAY))
    return account_id


def synced(account_id: int, channel: Channel, now: datetime | None = None) -> None:
    """Every marketplace of this channel has its data."""
    with reading() as session:
        chosen = sa.select(Stream.id).where(
            Stream.account_id == account_id, Stream.channel == channel.value
        )
        ids = session.scalars(chosen.order_by(Stream.id)).all()
    for each in ids:
        claimed = claims.claim(each)
        assert claimed is not None
        syncing.succeed(claimed, now)


def lengths() -> list[tuple[str, str, int, int]]:
    with reading() as session:
        rows = session.scalars(sa.select(FirstSyncLength).order_by(FirstSyncLength.channel))
        return [(each.channel, each.region, each.quarters, each.syncs) for each in rows]


def account(account_id: int) -> Account:
    with reading() as session:
        return session.get_one(Account, account_id)


def past(channel: Channel, hours: list[float], region: str = "EU") -> None:
    """First syncs of today took so many hours."""
    with transaction() as session:
        factories.first_syncs(session, channel, region, hours)


def messages() -> list[Message]:
    with reading() as session:
        return list(session.scalars(sa.select(Message).order_by(Message.id)))


def test_a_first_sync_is_counted_once_when_its_last_marketplace_has_its_data() -> None:
    account_id = young(9 * HOUR + MINUTE, marketplaces=("DE", "FR"))
    with reading() as session:
        first = claims.claim(factories.streams(session, account_id)[0])
    assert first is not None

    syncing.succeed(first)
    assert lengths() == []

    with transaction() as session:
        session.execute(sa.update(Stream).values(due_at=clock.now() - DAY))
    synced(account_id, Channel(first.channel))
    assert lengths() == [(first.channel, "EU", 37, 1)]

    with transaction() as session:
        session.execute(sa.update(Stream).values(due_at=clock.now() - DAY))
    synced(account_id, Channel(first.channel))
    assert lengths() == [(first.channel, "EU", 37, 1)]


def test_first_syncs_that_took_as_long_are_one_row() -> None:
    for _ in range(3):
        synced(young(2 * HOUR - 5 * MINUTE), Channel.AAA)

    assert lengths() == [("AAA", "EU", 8, 3)]


def test_a_first_sync_that_was_interrupted_says_nothing_of_how_long_syncing_takes() -> None:
    paused, fresh = (young(9 * HOUR - 5 * MINUTE) for _ in range(2))
    with transaction() as session:
        factories.spell(session, paused, Headline.PAUSED, 8 * HOUR, 7 * HOUR)
        # What was before, and that the other channel was not connected yet, does not matter.
        factories.spell(session, fresh, Headline.PAUSED, 30 * HOUR, 10 * HOUR)
        factories.spell(session, fresh, Headline.NOT_CONNECTED, 10 * HOUR, 5 * HOUR)

    for each in (paused, fresh):
        synced(each, Channel.SP_API)

    assert lengths() == [("SP-API", "EU", 36, 1)]


def test_first_syncs_in_flight_count_as_lasting_still_and_troubled_ones_not_at_all() -> None:
    past(Channel.AAA, [1, 2, 3])
    young(10 * HOUR)
    young(30 * HOUR, region="NA", marketplaces=("US",))
    troubled = young(10 * HOUR)
    with transaction() as session:
        factories.spell(session, troubled, Headline.NEEDS_RECONNECT, 8 * HOUR, 7 * HOUR)

    assert renewing.renew()

    with reading() as session:
        rows = session.scalars(sa.select(Forecast))
        found = {
            (each.channel, each.region): (each.finished, each.waiting, each.curve["until"])
            for each in rows
        }
    assert found[("AAA", "EU")] == (3, 1, [10.0])
    assert found[("SP-API", "EU")] == (0, 1, [10.0])
    assert found[("SP-API", "NA")] == (0, 1, [30.0])
    assert found[("AAA", "FE")] == (0, 0, [0.0])


def test_an_account_is_at_risk_from_when_too_many_like_it_missed_the_promise() -> None:
    # Of these fifty, ten missed it; from 10 h on they are a third of those left.
    past(Channel.SP_API, [10] * 20 + [20] * 20 + [60] * 10)
    late, early = young(12 * HOUR), young(6 * HOUR)

    renewing.renew()

    assert account(late).headline == Headline.AT_RISK
    assert account(late).reason == Reason.FIRST_SYNC_AT_RISK
    assert account(early).headline == Headline.FIRST_SYNC
    sweep.sweep(clock.now() + 4 * HOUR + MINUTE)
    assert account(early).headline == Headline.AT_RISK
    with reading() as session:
        assert not tallies.recount(session)
        spells = session.scalars(
            sa.select(StatusSpell.headline)
            .where(StatusSpell.account_id == early)
            .order_by(StatusSpell.started_at)
        ).all()
    assert spells == [Headline.FIRST_SYNC, Headline.AT_RISK]


def test_a_risk_goes_as_the_forecast_does_and_with_the_data() -> None:
    past(Channel.SP_API, [10] * 20 + [20] * 20 + [60] * 10)
    account_id = young(12 * HOUR)
    renewing.renew()
    past(Channel.SP_API, [30 + each / 4 for each in range(60)])

    renewing.renew(clock.now() + renewing.EVERY)
    assert account(account_id).headline == Headline.FIRST_SYNC

    for channel in Channel:
        synced(account_id, channel)
    assert account(account_id).headline == Headline.HEALTHY
    assert account(account_id).promised_by is None
    assert [each for some in in_flight() for each in some] == []


def test_too_few_finished_first_syncs_put_nobody_at_risk() -> None:
    past(Channel.SP_API, [1] * 19)
    account_id = young(30 * HOUR)

    renewing.renew()

    assert account(account_id).headline == Headline.FIRST_SYNC


def test_forecasts_are_renewed_every_ten_minutes_and_not_by_each_worker() -> None:
    now = clock.now()

    assert renewing.renew(now)
    assert not renewing.renew(now + 9 * MINUTE)
    assert renewing.renew(now + 10 * MINUTE)


def test_what_began_too_long_ago_is_forgotten() -> None:
    past(Channel.AAA, [1])

    renewing.forget(clock.now() + 89 * DAY)
    assert len(lengths()) == 1
    renewing.forget(clock.now() + 91 * DAY)
    assert lengths() == []


def test_the_strategist_is_told_of_an_overdue_first_sync_once_even_by_many_workers() -> None:
    with transaction() as session:
        ana = factories.staff(session, "Ana Berg")
        email = session.get_one(StaffMember, ana).email
    account_id = young(49 * HOUR, strategist_id=ana)
    young(49 * HOUR)

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: overdue.tell(), range(4)))
    overdue.tell(clock.now() + DAY)

    assert sum(told) == 2
    (mail,) = messages()
    assert (mail.email, mail.subject) == (email, "Acme EU: first sync over 48 h")
    assert f"/account?id={account_id}" in mail.body
    assert "Late" in mail.body
    with reading() as session:
        events = session.scalars(sa.select(Event).where(Event.kind == "first_sync_overdue")).all()
        details = {each.account_id: each.details["strategist"] for each in events}
    assert details[account_id] == "Ana Berg"
    assert len(events) == 2


def test_several_that_are_overdue_together_are_one_mail_of_bounded_length() -> None:
    with transaction() as session:
        ana = factories.staff(session, "Ana Berg")
    for number in range(22):
        young(49 * HOUR, strategist_id=ana, name=f"Shop {number}\nEvil")

    assert overdue.tell() == 22

    (mail,) = messages()
    assert mail.subject == "22 first syncs are over 48 h"
    assert "and 2 more" in mail.body
    assert "Shop 3 Evil, Acme GmbH" in mail.body


def test_nobody_is_told_while_an_incident_is_open_nor_before_the_promise_is_broken() -> None:
    with transaction() as session:
        ana = factories.staff(session, "Ana Berg")
    young(47 * HOUR, strategist_id=ana)
    young(49 * HOUR, strategist_id=ana, paused_at=clock.now())
    hit = young(49 * HOUR, strategist_id=ana)
    with transaction() as session:
        session.execute(
            sa.update(Account)
            .where(Account.id == hit)
            .values(headline=Headline.AMAZON_INCIDENT.value)
        )

    assert overdue.tell() == 0
    assert messages() == []

    with transaction() as session:
        session.execute(sa.update(Account).values(headline=Headline.LATE.value))
    assert overdue.tell() == 1


def test_the_customer_who_walked_a_link_is_told_that_it_still_syncs_and_nobody_else() -> None:
    walked, imported = young(49 * HOUR), young(49 * HOUR)
    now = clock.now()
    with transaction() as session:
        for account_id, email in ((walked, "zoe@acme.example"), (imported, "jo@other.example")):
            organization_id = session.get_one(Account, account_id).organization_id
            done_at = now - 49 * HOUR if account_id == walked else None
            session.add(
                Link(
                    token_hash=email, kind="sign_up", email=email, staff_name="", step="syncing",
                    organization_id=organization_id, account_id=account_id, channels=[], steps=[],
                    created_at=now - 50 * HOUR, expires_at=now, done_at=done_at,
                )
            )  # fmt: skip

    overdue.tell()

    (mail,) = messages()
    assert (mail.email, mail.kind) == ("zoe@acme.example", "still_syncing")
    assert mail.subject == "Acme EU is still syncing"
    assert "48 hours" in mail.body
    with reading() as session:
        assert len(session.scalars(sa.select(OverdueNotice)).all()) == 2
