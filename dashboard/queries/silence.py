"""What is read while no worker reports: no stored headline that rests on workers is believed.

The rows stay as they are, a million or not: what is chosen and counted is asked for in stored
words, and what is shown is put in others. When a worker is back, all is as before.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.db.syncing import Worker
from dashboard.diagnosis import Actor, Reason
from dashboard.queries.choice import Choice
from dashboard.settings import settings
from dashboard.status import ACTORS, SEVERITY, ChannelStatus, Headline, Verdict
from dashboard.status.silence import (
    LASTING,
    SHOWN,
    SHOWN_CHANNELS,
    shown,
    shown_actor,
    silent_since,
)

KNOWN: Final = "silent_since"
NONE: Final = ("",)
"""Values that no account has."""
RESTING: Final = tuple(each.value for each in Headline if each not in LASTING)
"""Headlines that rest on workers."""


def since(session: Session) -> datetime | None:
    """Since when no worker has reported; ``None`` while one does, or if there never was one."""
    # A session answers one question, for which the answer is to be one.
    if KNOWN not in session.info:
        newest = session.scalar(sa.select(sa.func.max(Worker.seen_at)))
        patience = timedelta(minutes=settings().silence_minutes)
        session.info[KNOWN] = silent_since(newest, clock.now(), patience)
    known: datetime | None = session.info[KNOWN]
    return known


def stored(session: Session, choice: Choice) -> Choice:
    """A choice of what is shown, in the words that are stored: the same while a worker reports."""
    if since(session) is None:
        return choice
    headlines = {
        each
        for each in Headline
        if not choice.headline or SHOWN[each].value in choice.headline
        if not choice.actor or shown_actor(each).value in choice.actor
    }
    besides: set[Headline] = set()
    if choice.reason:
        # Whatever rests on workers has the one reason that they are silent.
        if Reason.TELEMETRY_STALE.value in choice.reason:
            besides = headlines - LASTING
        else:
            headlines &= LASTING
    filtered = bool(choice.headline or choice.actor or choice.reason)
    return replace(
        choice,
        headline=_values(headlines) if filtered else (),
        actor=(),
        besides=tuple(each.value for each in besides),
        aaa_status=_statuses(choice.aaa_status),
        sp_api_status=_statuses(choice.sp_api_status),
    )


def headline(session: Session, table: Any) -> Any:
    """The column of the headline as it is shown; ``table`` is ``Account`` or ``Tally``."""
    if since(session) is None:
        return table.headline
    return sa.case((table.headline.in_(RESTING), Headline.UNKNOWN.value), else_=table.headline)


def said(session: Session, stored_headline: Headline) -> Headline:
    """A headline as it is shown."""
    return stored_headline if since(session) is None else SHOWN[stored_headline]


def acted_on(session: Session, table: Any, actor: Actor) -> Any:
    """Whether this actor must act on an account, as a condition on ``Account`` or ``Tally``."""
    if since(session) is None:
        return table.actor == actor.value
    theirs = [each.value for each in Headline if shown_actor(each) is actor]
    return table.headline.in_(theirs)


def severity(session: Session, table: Any) -> Any:
    """The column of the severity as it is shown."""
    if since(session) is None:
        return table.severity
    resting = [SEVERITY[Headline(each)] for each in RESTING]
    unknown = SEVERITY[Headline.UNKNOWN]
    return sa.case((table.severity.in_(resting), unknown), else_=table.severity)


def words(session: Session, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of accounts as they are shown, by column name; other columns stay as they are."""
    silent = since(session)
    return list(rows) if silent is None else [_shown(row, silent) for row in rows]


def status(session: Session, stored_status: str) -> ChannelStatus:
    """A channel status as it is shown."""
    known = ChannelStatus(stored_status)
    return known if since(session) is None else SHOWN_CHANNELS[known]


def why(silent: datetime, last_known: str) -> list[tuple[str, datetime | str | None]]:
    """Why an account is shown as unknown, as ``status.why`` says it of others."""
    return [
        ("Rule", "No worker has reported for too long, so nothing that they report is believed."),
        ("Last sign of a worker", silent),
        ("Status then", last_known),
    ]


def verdict(session: Session, found: Verdict) -> Verdict:
    """What is concluded of a channel or stream, as it is shown."""
    if since(session) is None or found.headline in LASTING:
        return found
    actor, reason = ACTORS[Headline.UNKNOWN], Reason.TELEMETRY_STALE
    return Verdict(Headline.UNKNOWN, actor, reason, found.channel, found.rule)


def _shown(row: dict[str, Any], silent: datetime) -> dict[str, Any]:
    said = shown(row["headline"], row.get("actor", ""), row.get("reason", ""))
    told: dict[str, Any] = dict(zip(("headline", "actor", "reason"), said, strict=True))
    if row["headline"] not in LASTING:
        told |= {"reason_channel": "", "headline_since": silent}
    for name in ("aaa_status", "sp_api_status"):
        if row.get(name):
            told[name] = SHOWN_CHANNELS[ChannelStatus(row[name])].value
    return row | {name: value for name, value in told.items() if name in row}


def _values(headlines: Iterable[Headline]) -> tuple[str, ...]:
    return tuple(sorted(each.value for each in headlines)) or NONE


def _statuses(chosen: tuple[str, ...]) -> tuple[str, ...]:
    if not chosen:
        return ()
    return tuple(each.value for each in ChannelStatus if SHOWN_CHANNELS[each] in chosen) or NONE
