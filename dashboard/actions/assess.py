"""The one writer of stored status: headline, channels, actor, sync age, spells and tallies."""

from collections.abc import Collection, Iterator, Mapping, Sequence
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
STANDING: Final = (
    sa.select(
        Account.id,
        Account.strategist_id,
        Account.region,
        Account.type,
        Account.headline_since,
        *(Account.__table__.c[name] for name in STORED),
    )
    .where(Account.id.in_(_IDS))
    .order_by(Account.id)
)
HELD: Final = STANDING.with_for_update(key_share=True)
ENDING: Final = (
    sa.update(StatusSpell)
    .where(StatusSpell.account_id == sa.bindparam("the_account"), StatusSpell.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"))
)

Standing = dict[str, Any]
"""An account as it is stored: the columns of ``STANDING``, and its ``marketplace_ids``."""


def lock(session: Session, *which: sa.ColumnElement[bool]) -> None:
    """Keep others from changing these accounts until the transaction ends.

    Everybody who writes locks in one order, so that nobody waits in a circle: first a customer's
    links and the organization, then the accounts, all of them at once and by id, then what belongs
    to them, and the tallies last, by key. Only those who pass over what is locked, as the sweep
    does, may take accounts in another order.
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
    made: list[int] = []
    standing = _held(session, account_ids)
    deltas.subtract(tallies.shares(standing))
    due = [each for each in standing if each["changes_at"] and each["changes_at"] <= now]
    # What happened since the last look happened at its own moment, by the facts of that time.
    later = {each["id"]: each for each in _rewrite(session, due, now, {}, catch_up=True)}
    yield made
    session.flush()
    before = [later.get(each["id"], each) for each in standing] + _standing(session, made)
    deltas.update(tallies.shares(_rewrite(session, before, now, since or {})))


def catch_up(
    session: Session, deltas: tallies.Deltas, account_ids: Sequence[int], now: datetime
) -> None:
    """Rewrite what time alone has changed of these accounts, each change at its own moment.

    The sweep needs nothing else; everybody who changes facts wants ``changing``, which does it too.
    """
    standing = _held(session, account_ids)
    deltas.subtract(tallies.shares(standing))
    deltas.update(tallies.shares(_rewrite(session, standing, now, {}, catch_up=True)))


def _held(session: Session, account_ids: Sequence[int]) -> list[Standing]:
    """How the accounts are stored, locked as ``lock`` does it."""
    session.flush()
    standing = _standing(session, account_ids, HELD)
    # Asked when nobody else can change them any more.
    places = tallies.places(session.connection(), account_ids) if standing else {}
    return [each | {"marketplace_ids": places.get(each["id"], [])} for each in standing]


def _standing(
    session: Session, account_ids: Sequence[int], query: sa.Select[Any] = STANDING
) -> list[Standing]:
    if not account_ids:
        return []
    rows = session.connection().execute(query, {"ids": account_ids}).mappings()
    return [dict(each) for each in rows]


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
    standing: Sequence[Standing],
    now: datetime,
    since: Mapping[int, datetime],
    *,
    catch_up: bool = False,
) -> list[Standing]:
    """Assess these accounts now (to catch up, at each moment missed too); store what changed.

    Returns:
        How they stand by then.
    """
    if not standing:
        return []
    known = stored_facts.stored(session.connection(), [row["id"] for row in standing])
    found, limits = {each.id: each for each in known}, settings().limits
    after: list[Standing] = []
    spells: list[dict[str, Any]] = []
    turned: dict[tuple[int, str], dict[str, Any]] = {}
    for row in standing:
        account = found[row["id"]]
        moments = _missed(account.facts, row["changes_at"], now, limits) if catch_up else []
        values = row | account._asdict()
        for at in [*moments, now]:
            derived = _columns(assess(account.facts, at, limits), account.facts)
            latest = values["headline_since"]
            # A clock that was set back does not turn history round.
            began = max(at, latest or at) if row["headline"] else since.get(row["id"], at)
            if any(derived[name] != values[name] for name in SPELL):
                spell = {"account_id": row["id"], "started_at": began}
                spells.append(spell | {name: derived[name] for name in SPELL})
                derived["headline_since"] = began
            # Of a channel that turned more than once, the last time counts.
            turns = _turned(row["id"], values, derived, began)
            turned |= {(each["account_id"], each["channel"]): each for each in turns}
            values |= derived
        after.append(values)
    changed = [
        {name: new[name] for name in ("id", "headline_since", *STORED)}
        for old, new in zip(standing, after, strict=True)
        if any(old[name] != new[name] for name in STORED)
    ]
    update_many(session, Account, changed)
    update_many(session, AccountChannel, list(turned.values()), keys=("account_id", "channel"))
    _begin(session, spells, {row["id"] for row in standing if row["headline"]})
    keeping.follow(session, spells, after, now)
    return after


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


def _begin(session: Session, spells: list[dict[str, Any]], known: Collection[int]) -> None:
    """Store new spells; the one before each ends, whether it is stored (of ``known``) or new."""
    latest: dict[int, dict[str, Any]] = {}
    ends = []
    for spell in spells:
        earlier = latest.get(spell["account_id"])
        if earlier is not None:
            earlier["ended_at"] = spell["started_at"]
        elif spell["account_id"] in known:
            ends.append({"the_account": spell["account_id"], "at": spell["started_at"]})
        latest[spell["account_id"]] = spell
    for spell in spells:
        spell.setdefault("ended_at", None)
    if ends:
        # One by itself, not as a list of one: drivers have a way of their own for lists.
        session.connection().execute(ENDING, ends if len(ends) > 1 else ends[0])
    insert_many(session, StatusSpell, spells)
