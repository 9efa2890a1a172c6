"""What must hold of the database whatever has happened: nothing lost, nothing twice, all true."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import sqlalchemy as sa

from dashboard import clock
from dashboard.actions import tallies
from dashboard.db import facts
from dashboard.db.engine import reading
from dashboard.db.history import StatusSpell, SyncRun
from dashboard.db.models import Account, Grant, Stream
from dashboard.settings import settings
from dashboard.status import SEVERITY, assess

SOON = timedelta(minutes=1)
"""What time alone changes is stored within this."""


def statuses_are_true(account_ids: Sequence[int] | None = None) -> None:
    """Whatever is derived of accounts is what their facts say, and the spells say how it came.

    Args:
        account_ids: the accounts; all of them, if not given. Counts are always of all.
    """
    now, limits = clock.now(), settings().limits
    with reading() as session:
        ids = account_ids or session.scalars(sa.select(Account.id)).all()
        known = facts.load(session, ids)
        spells: dict[int, list[StatusSpell]] = defaultdict(list)
        for each in session.scalars(
            sa.select(StatusSpell)
            .where(StatusSpell.account_id.in_(ids))
            .order_by(StatusSpell.started_at, StatusSpell.id)
        ):
            spells[each.account_id].append(each)
        for account in session.scalars(sa.select(Account).where(Account.id.in_(ids))):
            assert account.changes_at is None or account.changes_at > now - SOON
            found = assess(known[account.id], now, limits)
            verdict = found.verdict
            assert account.headline == verdict.headline
            assert account.actor == verdict.actor
            assert account.severity == SEVERITY[verdict.headline]
            assert account.reason == (verdict.reason or "")
            assert account.reason_channel == (verdict.channel or "")
            assert account.aaa_status == found.aaa
            assert account.sp_api_status == found.selling_partner
            assert account.age_band == found.age_band
            assert account.oldest_sync_at == known[account.id].sync.oldest_success_at
            _is_a_chain(account, spells[account.id])
        assert not tallies.recount(session)


def _is_a_chain(account: Account, spells: list[StatusSpell]) -> None:
    assert [each.id for each in spells if each.ended_at is None] == [spells[-1].id]
    assert (spells[-1].headline, spells[-1].actor) == (account.headline, account.actor)
    assert spells[-1].reason == account.reason
    assert spells[-1].started_at == account.headline_since
    for one, following in pairwise(spells):
        assert one.ended_at == following.started_at
        assert one.started_at <= following.started_at
        told = [(each.headline, each.actor, each.reason) for each in (one, following)]
        assert told[0] != told[1]


def everything_is_at_rest() -> None:
    """Nobody holds anything, and no run is left behind."""
    with reading() as session:
        for stream in session.scalars(sa.select(Stream)):
            assert (stream.lease, stream.leased_until) == (None, None)
            assert stream.state in {"idle", "failed"}
        for grant in session.scalars(sa.select(Grant)):
            assert grant.refreshing_until is None
        running = sa.select(SyncRun.id).where(SyncRun.outcome == "running")
        assert session.scalars(running).all() == []
