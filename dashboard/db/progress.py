"""Rows -> progress: how far syncs and checks that were asked for have come, for many accounts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.dialects import among
from dashboard.db.history import SyncRun
from dashboard.db.models import Account, AccountChannel, Grant, Stream
from dashboard.db.requests import Kind, State
from dashboard.db.syncing import Check
from dashboard.diagnosis import Reason

BEFORE: Final = timedelta(days=1)
"""How long before the request a sync may have begun that ended after it."""

NOTHING: Final = "By now it is out of use, or none of its channels has a consent that works."


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a request is with an account; ``why`` and ``rows`` are as in ``RequestedAccount``.

    ``ended`` of ``parts`` (streams, or consents) have come to their end.
    """

    state: State
    why: str = ""
    rows: int = 0
    ended: int = 0
    parts: int = 0


@dataclass(frozen=True, slots=True)
class _Part:
    """One stream or consent."""

    state: State
    why: str = ""
    rows: int = 0


def progress(
    session: Session, kind: Kind, account_ids: Sequence[int], since: datetime, now: datetime
) -> dict[int, Progress]:
    """Look how far syncs or checks are.

    Args:
        session: an open session; nothing is written.
        kind: ``SYNC`` or ``CHECK``.
        account_ids: the accounts, at most some thousands.
        since: when it was asked for; what ended before does not count.
        now: aware UTC.
    """
    look = _synced if kind is Kind.SYNC else _checked
    found: dict[int, list[_Part]] = {each: [] for each in account_ids}
    for account_id, part in look(session, account_ids, since, now):
        found[account_id].append(part)
    return {account_id: _sum(parts) for account_id, parts in found.items()}


def _sum(parts: Sequence[_Part]) -> Progress:
    if not parts:
        return Progress(State.IMPOSSIBLE, NOTHING)
    states = {each.state for each in parts}
    ended = [each for each in parts if each.state in {State.SUCCEEDED, State.FAILED}]
    rows = sum(each.rows for each in ended)
    if State.RUNNING in states or (ended and State.WAITING in states):
        return Progress(State.RUNNING, "", rows, len(ended), len(parts))
    if State.WAITING in states:
        return Progress(State.WAITING, "", 0, 0, len(parts))
    state = State.FAILED if State.FAILED in states else State.SUCCEEDED
    telling = [each for each in ended if each.state is state and each.why]
    why = telling[0].why if telling else ""
    return Progress(state, why, rows, len(ended), len(parts))


def _synced(
    session: Session, ids: Sequence[int], since: datetime, now: datetime
) -> Iterable[tuple[int, _Part]]:
    runs: dict[int, list[Any]] = {}
    for run in session.execute(
        sa.select(SyncRun.stream_id, SyncRun.outcome, SyncRun.reason, SyncRun.rows)
        .join(Stream, Stream.id == SyncRun.stream_id)
        .where(
            among(session, Stream.account_id, ids), SyncRun.started_at >= since - BEFORE,
            sa.or_(SyncRun.finished_at.is_(None), SyncRun.finished_at >= since),
        )
        .order_by(SyncRun.started_at)
    ):  # fmt: skip
        runs.setdefault(run.stream_id, []).append(run)
    possible = sa.and_(
        Account.paused_at.is_(None), Account.disconnected_at.is_(None),
        Grant.refresh_token.is_not(None), Grant.refused_at.is_(None),
    )  # fmt: skip
    for stream in session.execute(
        sa.select(
            Stream.id, Stream.account_id, (Stream.leased_until > now).label("held"),
            sa.case((possible, 1), else_=0).label("possible"),
        )
        .join(Account, Account.id == Stream.account_id)
        .outerjoin(
            AccountChannel,
            (AccountChannel.account_id == Stream.account_id)
            & (AccountChannel.channel == Stream.channel),
        )
        .outerjoin(Grant, Grant.id == AccountChannel.grant_id)
        .where(among(session, Stream.account_id, ids))
        .order_by(Stream.id)
    ):  # fmt: skip
        part = _of_runs(runs.get(stream.id, []), held=bool(stream.held))
        if part is None and stream.possible:
            part = _Part(State.WAITING)
        if part is not None:
            yield stream.account_id, part


def _of_runs(runs: Sequence[Any], *, held: bool) -> _Part | None:
    """What its runs since then say of a stream: one success is enough, one failure is not yet."""
    for run in runs:
        if run.outcome == "succeeded":
            return _Part(State.SUCCEEDED, rows=run.rows)
    if runs and runs[-1].outcome == "running":
        return _Part(State.RUNNING) if held else None
    return _Part(State.FAILED, runs[-1].reason or "") if runs else None


def _checked(
    session: Session, ids: Sequence[int], since: datetime, now: datetime
) -> Iterable[tuple[int, _Part]]:
    consents = session.execute(
        sa.select(
            AccountChannel.account_id, AccountChannel.grant_id, AccountChannel.problem,
            AccountChannel.doubt, Account.region, (Grant.leased_until > now).label("held"),
        )
        .join(Account, Account.id == AccountChannel.account_id)
        .join(Grant, Grant.id == AccountChannel.grant_id)
        .where(
            among(session, AccountChannel.account_id, ids), Grant.refresh_token.is_not(None),
            Account.paused_at.is_(None), Account.disconnected_at.is_(None),
        )
        .order_by(AccountChannel.account_id, AccountChannel.channel)
    ).all()  # fmt: skip
    grants = sorted({each.grant_id for each in consents})
    checks = session.execute(
        sa.select(Check.grant_id, Check.region, Check.outcome)
        .where(among(session, Check.grant_id, grants), Check.at >= since)
        .order_by(Check.id)
    )
    newest: Mapping[tuple[int, str], str] = {
        (each.grant_id, each.region): each.outcome for each in checks
    }
    for each in consents:
        yield each.account_id, _of_check(each, newest.get((each.grant_id, each.region)))


def _of_check(consent: Any, outcome: str | None) -> _Part:
    if outcome is None:
        return _Part(State.RUNNING if consent.held else State.WAITING)
    if outcome == "ok":
        return _Part(State.SUCCEEDED, consent.problem or consent.doubt or "")
    # A dead consent is told by what is known of it, once that is believed.
    known = consent.problem in {Reason.CONSENT_REVOKED, Reason.CONSENT_LAPSED}
    return _Part(State.FAILED, consent.problem if known else outcome)
