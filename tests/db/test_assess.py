"""Stored status, spells and tallies always say what the facts say, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions import assess, tallies
from dashboard.actions.index import index
from dashboard.actions.sweep import sweep
from dashboard.clock import now
from dashboard.db.counts import DailyAge, Tally
from dashboard.db.engine import reading, transaction
from dashboard.db.history import StatusSpell
from dashboard.db.models import Account, AccountChannel, AccountMarketplace, Stream
from dashboard.diagnosis import Channel, Reason
from dashboard.marketplaces import marketplace
from dashboard.status import Headline
from tests import factories
from tests.factories import Sync, Wire


@pytest.fixture
def fleet(database: str) -> list[int]:
    """Some accounts of two strategists, in several states."""
    with transaction() as session:
        ana, ben = (factories.staff(session, name) for name in ("Ana", "Ben"))
        acme = factories.organization(session, strategist_id=ana)
        birch = factories.organization(session, "Birch", strategist_id=ben)
        return [
            factories.account(session, acme, marketplaces=["DE", "FR"]),
            factories.account(session, acme, region="NA", marketplaces=["US"],
                              aaa=factories.REVOKED),
            factories.account(session, birch, sync=Sync(age=timedelta(hours=30))),
            factories.account(session, birch, sp_api=factories.MISSING, sync=factories.NEVER),
        ]  # fmt: skip


def _headlines(session: Session) -> list[str]:
    return list(session.scalars(sa.select(Account.headline).order_by(Account.id)))


def _is_counted_right() -> bool:
    with reading() as session:
        return not tallies.recount(session) and bool(session.scalar(sa.func.sum(Tally.accounts)))


def test_an_account_is_assessed_as_it_is_written(fleet: list[int], session: Session) -> None:
    assert _headlines(session) == [
        Headline.HEALTHY,
        Headline.NEEDS_RECONNECT,
        Headline.LATE,
        Headline.NOT_CONNECTED,
    ]
    assert _is_counted_right()


def test_a_change_of_facts_changes_the_headline_and_leaves_a_spell(fleet: list[int]) -> None:
    at = now()
    with (
        transaction() as session,
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, fleet[:1], at),
    ):
        session.execute(sa.update(Account).where(Account.id == fleet[0]).values(paused_at=at))
    with reading() as session:
        assert _headlines(session)[0] == Headline.PAUSED
        spells = session.execute(
            sa.select(StatusSpell.headline, StatusSpell.started_at, StatusSpell.ended_at)
            .where(StatusSpell.account_id == fleet[0])
            .order_by(StatusSpell.id)
        ).all()
    assert [spell.headline for spell in spells] == [Headline.HEALTHY, Headline.PAUSED]
    assert spells[0].ended_at == spells[1].started_at == at
    assert spells[1].ended_at is None
    assert _is_counted_right()


@pytest.mark.parametrize(
    ("connected_age", "headline"),
    [(timedelta(hours=1), Headline.FIRST_SYNC), (None, Headline.LATE)],
    ids=["joined an hour ago", "used since it was given"],
)
def test_the_first_sync_clock_starts_when_the_account_began_to_use_its_consent(
    fleet: list[int], session: Session, connected_age: timedelta | None, headline: Headline
) -> None:
    with transaction() as writing:
        login = factories.grant_of(writing, fleet[0], Channel.AAA)
        joined = factories.account(
            writing,
            factories.organization(writing, "Dune"),
            type="vendor",
            aaa=Wire(grant_id=login, connected_age=connected_age),
            sp_api=factories.MISSING,
            sync=factories.NEVER,
            now=(at := now()),
        )

    found = session.execute(
        sa.select(Account.headline, Account.changes_at).where(Account.id == joined)
    ).one()

    assert found.headline == headline
    if connected_age is not None:
        assert found.changes_at == at - connected_age + timedelta(hours=48)


def test_an_account_that_adds_a_marketplace_is_in_first_sync_again_until_that_is_late(
    database: str,
) -> None:
    at = now()
    with transaction() as session:
        account = factories.account(
            session,
            factories.organization(session),
            marketplaces=["DE", "FR"],
            syncs={
                ("FR", channel): Sync(age=None, added_age=timedelta(hours=3)) for channel in Channel
            },
            now=at,
        )
    with reading() as session:
        found = session.get_one(Account, account)
    assert (found.headline, found.oldest_sync_at) == (Headline.FIRST_SYNC, None)
    assert found.changes_at == at + timedelta(hours=23)

    with (
        transaction() as session,
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, [account], at),
    ):
        others = sa.update(Stream).where(Stream.last_success_at.is_not(None))
        session.execute(others.values(last_success_at=at + timedelta(minutes=4)))
        session.execute(sa.update(Stream).values(added_at=at - timedelta(hours=47)))
    sweep(at + timedelta(hours=2))
    with reading() as session:
        found = session.get_one(Account, account)
    assert (found.headline, found.reason) == (Headline.LATE, Reason.FIRST_SYNC_OVERDUE)
    assert found.headline_since == at + timedelta(hours=1)


def test_a_change_that_does_not_matter_leaves_no_spell(fleet: list[int]) -> None:
    for _ in range(2):
        with (
            transaction() as session,
            tallies.tallied(session) as deltas,
            assess.changing(session, deltas, fleet, now()),
        ):
            pass
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(StatusSpell)) == len(fleet)
    assert _is_counted_right()


def test_a_marketplace_that_was_added_under_an_old_name_is_listed_under_the_present_one(
    fleet: list[int],
) -> None:
    with (
        transaction() as session,
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, fleet[:1], now()),
    ):
        place = marketplace("IT").id
        session.add(AccountMarketplace(account_id=fleet[0], marketplace_id=place, sort_name="old"))
        index(session, fleet[:1])
    with reading() as session:
        shown = sa.select(AccountMarketplace.sort_name).where(
            AccountMarketplace.account_id == fleet[0]
        )
        named = session.scalar(sa.select(Account.sort_name).where(Account.id == fleet[0]))
        assert session.scalars(shown).all() == [named] * 3
    assert _is_counted_right()


def test_nothing_is_kept_when_the_change_fails(fleet: list[int]) -> None:
    def fail_half_way() -> None:
        with (
            transaction() as session,
            tallies.tallied(session) as deltas,
            assess.changing(session, deltas, fleet, now()),
        ):
            session.execute(sa.update(Account).values(paused_at=now()))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with reading() as session:
        assert Headline.PAUSED not in _headlines(session)
    assert _is_counted_right()


def test_the_sweep_writes_what_time_changed_at_the_moment_it_changed(fleet: list[int]) -> None:
    with reading() as session:
        synced = session.scalar(
            sa.select(sa.func.min(Stream.last_success_at)).where(Stream.account_id == fleet[0])
        )
    assert synced is not None
    assert sweep(synced + timedelta(hours=30)) > 0
    with reading() as session:
        assert _headlines(session)[0] == Headline.LATE
        began = session.scalar(sa.select(Account.headline_since).where(Account.id == fleet[0]))
    assert began == synced + timedelta(hours=24)
    assert _is_counted_right()


def test_a_late_sweep_replays_every_change_it_missed(fleet: list[int]) -> None:
    sweep(now() + timedelta(days=5))
    with reading() as session:
        spells = session.execute(
            sa.select(StatusSpell.headline, StatusSpell.started_at, StatusSpell.ended_at)
            .where(StatusSpell.account_id == fleet[0])
            .order_by(StatusSpell.started_at)
        ).all()
    assert [spell.headline for spell in spells] == [
        Headline.HEALTHY,
        Headline.LATE,
        Headline.UNKNOWN,
    ]
    assert all(one.ended_at == next_one.started_at for one, next_one in pairwise(spells))


def test_sweeping_twice_changes_nothing_more(fleet: list[int]) -> None:
    later = now() + timedelta(hours=30)
    sweep(later)
    assert sweep(later) == 0
    assert _is_counted_right()


def test_two_sweeps_at_once_count_every_account_once(fleet: list[int]) -> None:
    later = now() + timedelta(hours=30)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sweep, [later] * 4))
    assert _is_counted_right()


def test_the_sweep_keeps_the_days_sync_ages_for_everyone_and_each_strategist(
    fleet: list[int],
) -> None:
    at = now()
    sweep(at)
    with reading() as session:
        kept = {row.strategist_id: row for row in session.scalars(sa.select(DailyAge))}
    assert len(kept) == 3
    assert kept[0].accounts == 3
    assert kept[0].day == at.date()
    assert kept[0].median <= kept[0].p90


def test_the_days_sync_ages_are_noted_once_an_hour(fleet: list[int]) -> None:
    at = now().replace(hour=12, minute=0)
    counted = []
    sweep(at)
    with transaction() as session:
        factories.account(session, factories.organization(session, "Cedar"))
    for later in (30, 61):
        sweep(at + timedelta(minutes=later))
        with reading() as session:
            counted.append(session.get_one(DailyAge, (at.date(), 0)).accounts)
    assert counted == [3, 4]


@pytest.mark.parametrize(
    ("looked", "turned"),
    # After three days without a word, nothing is known of it any more.
    [(2, timedelta(days=1)), (5, timedelta(days=3, minutes=-5))],
    ids=["once", "twice"],
)
def test_a_channel_that_turns_says_since_when(
    fleet: list[int], looked: int, turned: timedelta
) -> None:
    with transaction() as session:
        expiring = factories.account(
            session,
            factories.organization(session, "Cedar"),
            sp_api=Wire(ends_in=timedelta(days=31)),
            sync=Sync(age=timedelta(minutes=1)),
        )
    sweep(now() + timedelta(days=looked))
    with reading() as session:
        since = session.scalar(
            sa.select(AccountChannel.status_since).where(
                AccountChannel.account_id == expiring,
                AccountChannel.channel == Channel.SP_API.value,
            )
        )
    assert since is not None
    assert abs(since - (now() + turned)) < timedelta(minutes=1)


def test_a_write_after_missed_sweeps_replays_the_past_with_the_facts_of_the_past(
    fleet: list[int],
) -> None:
    later = now() + timedelta(days=2)
    with (
        transaction() as session,
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, fleet[:1], later),
    ):
        fresh = {"last_success_at": later, "progressed_at": None}
        session.execute(sa.update(Stream).where(Stream.account_id == fleet[0]).values(fresh))
        session.execute(sa.update(Account).where(Account.id == fleet[0]).values(observed_at=later))
    with reading() as session:
        spells = session.scalars(
            sa.select(StatusSpell.headline)
            .where(StatusSpell.account_id == fleet[0])
            .order_by(StatusSpell.started_at, StatusSpell.id)
        ).all()
    assert spells == [Headline.HEALTHY, Headline.LATE, Headline.HEALTHY]
    assert _is_counted_right()


def test_a_clock_that_is_set_back_does_not_turn_history_round(fleet: list[int]) -> None:
    for at in (now() + timedelta(hours=2), now(), now() + timedelta(hours=3)):
        with (
            transaction() as session,
            tallies.tallied(session) as deltas,
            assess.changing(session, deltas, fleet[:1], at),
        ):
            account = session.get_one(Account, fleet[0])
            account.paused_at = None if account.paused_at else at
    with reading() as session:
        spells = session.scalars(
            sa.select(StatusSpell)
            .where(StatusSpell.account_id == fleet[0])
            .order_by(StatusSpell.started_at, StatusSpell.id)
        ).all()
    assert len(spells) == 4
    assert all(one.ended_at == later.started_at for one, later in pairwise(spells))
    assert all(one.started_at <= later.started_at for one, later in pairwise(spells))
