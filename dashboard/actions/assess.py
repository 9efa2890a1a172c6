"""The one writer of stored status: headline, channels, actor, sync age, spells and tallies."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions import tallies
from dashboard.actions.cases import keeping
from dashboard.db import facts as stored_facts
from dashboard.db.bulk import insert_many, update_many
from dashboard.db.engine import lock_rows
from dashboard.db.history import StatusSpell
from dashboard.db.models import Account, AccountChannel
from dashboard.diagnosis import Channel
from dashboard.settings import settings
from dashboard.status import SEVERITY, Assessment, Facts, Limits, assess

SPELL: Final = ("headline", "severity", "actor", "reason")
"""The derived columns of which a spell is made."""
STORED: Final = (
    *SPELL, "reason_channel", "aaa_status", "sp_api_status", "age_band", "oldest_sync_at",
    "changes_at", "promised_by",
)  # fmt: skip
"""The derived columns of an account."""

# Whatever changes an account asks these: made once, because making one costs more than its answer.
_IDS: Final[sa.BindParameter[Any]] = sa.bindparam("ids", expanding=True)
STANDING: Final = sa.select(
    Account.id,
    Account.headline_since.label("began_at"),
    *(Account.__table__.c[name] for name in STORED),
).where(Account.id.in_(_IDS))
ENDING: Final = (
    sa.update(StatusSpell)
    .where(StatusSpell.account_id == sa.bindparam("the_account"), StatusSpell.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"))
)

Standing = Sequence[sa.RowMapping]
"""Accounts as they are stored: the columns of ``STANDING``."""


def lock(session: Session, *which: sa.ColumnElement[bool]) -> None:
    """Keep others from changing these accounts until the transaction ends.

    Everybody who writes locks in one order, so that nobody waits in a circle: first the accounts,
    all of them at once and by id, then what belongs to them, and the tallies last, by key. Only
    those who pass over what is locked, as the sweep does, may take accounts in another order.
    """
    lock_rows(session, sa.select(Account.id).where(*which).order_by(Account.id))


@contextmanager
def changing(
    session: Session,
    deltas: tallies.Deltas,
    account_ids: Sequence[int],
    now: datetime,
    since: Mapping[int, datetime] | None = None,
) -> Iterator[list[int]]:
    """Change accounts inside the block; their stored status, spells and tallies follow.

    Args:
        session: the open transaction.
        deltas: from ``tallies.tallied``.
        account_ids: the accounts that will change; they are locked until the transaction ends.
        now: aware UTC; the moment of the change.
        since: for accounts that are new, when their first spell began, where that is known.

    Yields:
        A list to which the ids of accounts made inside the block are added.
    """
    with _caught_up(session, deltas, account_ids, now) as (made, standing):
        yield made
        session.flush()
        _rewrite(session, [*standing, *_standing(session, made)], now, since or {})


@contextmanager
def catching_up(
    session: Session, deltas: tallies.Deltas, account_ids: Sequence[int], now: datetime
) -> Iterator[list[int]]:
    """Rewrite what time alone has changed of these accounts, before the block changes their facts.

    What happened since the last look happened at its own moment, and by the facts of that time.
    The sweep needs nothing else; everybody who changes facts wants ``changing``.
    """
    with _caught_up(session, deltas, account_ids, now) as (made, _):
        yield made


@contextmanager
def _caught_up(
    session: Session, deltas: tallies.Deltas, account_ids: Sequence[int], now: datetime
) -> Iterator[tuple[list[int], Standing]]:
    """As ``catching_up``; yields also how the accounts stand by then."""
    made: list[int] = []
    standing: Standing = []
    if account_ids:
        session.flush()
        lock(session, Account.id.in_(account_ids))
        deltas.subtract(tallies.shares(session, account_ids))
        standing = _standing(session, account_ids)
        due = [each for each in standing if each["changes_at"] and each["changes_at"] <= now]
        if due:
            _rewrite(session, due, now, {}, catch_up=True)
            standing = _standing(session, account_ids)
    yield made, standing
    deltas.update(tallies.shares(session, [*account_ids, *made]))


def _standing(session: Session, account_ids: Sequence[int]) -> Standing:
    """How the accounts are stored."""
    if not account_ids:
        return []
    return session.connection().execute(STANDING, {"ids": account_ids}).mappings().all()


def newborn(facts: Facts, now: datetime, since: datetime | None = None) -> dict[str, Any]:
    """Assess an account that is about to be inserted, for those who insert very many.

    They insert its ``first_spell`` as well, and add its ``tallies.shares``. Everybody else makes
    accounts inside ``changing``, which does all that.

    Returns:
        The derived columns, to be inserted with the account.
    """
    found = _columns(assess(facts, now, settings().limits), facts)
    return found | {"headline_since": since or now}


def first_spell(account_id: int, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The present spell of an account with these derived columns, to be inserted."""
    moments = {"started_at": columns["headline_since"], "ended_at": None}
    return {"account_id": account_id} | moments | {name: columns[name] for name in SPELL}


def _rewrite(
    session: Session,
    standing: Standing,
    now: datetime,
    since: Mapping[int, datetime],
    *,
    catch_up: bool = False,
) -> None:
    """Assess these accounts now (to catch up, at each moment missed too); store what changed."""
    if not standing:
        return
    known = stored_facts.load(session, [row["id"] for row in standing])
    limits = settings().limits
    updates: list[dict[str, Any]] = []
    spells: list[dict[str, Any]] = []
    turned: list[dict[str, Any]] = []
    for row in standing:
        facts = known[row["id"]]
        values = dict(row)
        latest = values.pop("began_at")
        moments = _missed(facts, row["changes_at"], now, limits) if catch_up else []
        for at in [*moments, now]:
            after = _columns(assess(facts, at, limits), facts)
            # A clock that was set back does not turn history round.
            began = max(at, latest or at) if row["headline"] else since.get(row["id"], at)
            if any(after[name] != values[name] for name in SPELL):
                spell = {"account_id": row["id"], "started_at": began}
                spells.append(spell | {name: after[name] for name in SPELL})
                after["headline_since"] = latest = began
            turned += _turned(row["id"], values, after, began)
            values |= after
        if any(values[name] != row[name] for name in STORED):
            updates.append(values)
    _write(session, updates, spells, turned)
    keeping.follow(session, spells, known, now)


def _missed(
    facts: Facts, changes_at: datetime | None, now: datetime, limits: Limits
) -> list[datetime]:
    """The moments before ``now`` at which time alone has changed the account."""
    moments = []
    while changes_at is not None and changes_at < now:
        moments.append(changes_at)
        changes_at = assess(facts, changes_at, limits).changes_at
    return moments


def _columns(found: Assessment, facts: Facts) -> dict[str, Any]:
    """The derived columns of an account."""
    verdict = found.verdict
    return {
        "headline": verdict.headline.value,
        "severity": SEVERITY[verdict.headline],
        "actor": verdict.actor.value,
        "reason": verdict.reason.value if verdict.reason else "",
        "reason_channel": verdict.channel.value if verdict.channel else "",
        "aaa_status": found.aaa.value,
        "sp_api_status": found.selling_partner.value,
        "age_band": found.age_band.value,
        "oldest_sync_at": facts.sync.oldest_success_at,
        "changes_at": found.changes_at,
        "promised_by": found.promised_by,
    }


def _turned(
    account_id: int, before: Mapping[str, Any], after: Mapping[str, Any], at: datetime
) -> list[dict[str, Any]]:
    """The channels whose status changed, and when; a first status keeps a known beginning."""
    names = {Channel.AAA: "aaa_status", Channel.SP_API: "sp_api_status"}
    return [
        {"account_id": account_id, "channel": channel.value, "status_since": at}
        for channel, name in names.items()
        if before[name] and before[name] != after[name]
    ]


def _write(
    session: Session,
    updates: list[dict[str, Any]],
    spells: list[dict[str, Any]],
    turned: list[dict[str, Any]],
) -> None:
    if updates:
        # Rows without a new spell keep their headline_since, so the two kinds go apart.
        for with_spell in (True, False):
            update_many(
                session,
                Account,
                [row for row in updates if ("headline_since" in row) is with_spell],
            )
    update_many(session, AccountChannel, turned, keys=("account_id", "channel"))
    if spells:
        _close(session, spells)
        insert_many(session, StatusSpell, spells)


def _close(session: Session, spells: list[dict[str, Any]]) -> None:
    """End the spell before each new one, whether it is stored or among the new."""
    latest: dict[int, dict[str, Any]] = {}
    ends = []
    for spell in spells:
        earlier = latest.get(spell["account_id"])
        if earlier is None:
            ends.append({"the_account": spell["account_id"], "at": spell["started_at"]})
        else:
            earlier["ended_at"] = spell["started_at"]
        latest[spell["account_id"]] = spell
    for spell in spells:
        spell.setdefault("ended_at", None)
    # One by itself, not as a list of one: drivers have a way of their own for lists.
    session.connection().execute(ENDING, ends if len(ends) > 1 else ends[0])
