"""The weekly mail for managers: a few numbers of the week that is over, and where to look further.

Whichever worker comes first writes it into the outbox; the mark it leaves keeps the others from it.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock, funnels, spreads
from dashboard.actions.past import headlines, places, relinks, troubles
from dashboard.actions.past.headlines import midnight
from dashboard.actions.past.places import Counts, Place
from dashboard.cohorts import Grain
from dashboard.db.connecting import Message
from dashboard.db.counts import EVERYONE
from dashboard.db.engine import exclusive, transaction
from dashboard.db.models import StaffMember
from dashboard.db.past import DailyTally
from dashboard.milestones import Milestone
from dashboard.roles import Role
from dashboard.settings import settings
from dashboard.status import Headline

KIND: Final = "weekly mail"
AT: Final = timedelta(hours=6)
"""How long after Monday's beginning (UTC) it is written: the days before are counted by then."""
WEEK: Final = timedelta(days=7)
COHORTS: Final = 4
"""Weeks whose customers the funnel is of: those of last week have only begun."""
MARK: Final = Place(EVERYONE, "", "", "")


def write(now: datetime | None = None) -> int:
    """Write the mail about last week to every manager, unless that was done.

    Args:
        now: aware UTC; the present unless given.

    Returns:
        To how many managers it was written.
    """
    moment = now or clock.now()
    monday = Grain.WEEK.first(moment.date())
    if not settings().weekly_mail or moment < midnight(monday) + AT:
        return 0
    with transaction() as session:
        exclusive(session, KIND)
        if places.kept(session, KIND, monday):
            return 0
        emails = session.scalars(
            sa.select(StaffMember.email)
            .where(StaffMember.role == Role.MANAGER.value, StaffMember.active)
            .order_by(StaffMember.email)
        ).all()
        text = _text(session, monday)
        if not text:
            return 0
        first = monday - WEEK
        for email in emails:
            subject = f"Switchboard: the week of {first.day} {first:%B}"
            session.add(
                Message(kind="weekly", email=email, subject=subject, body=text,
                        created_at=moment, due_at=moment)
            )  # fmt: skip
        places.replace(session, KIND, monday, {MARK: {"written": len(emails)}})
    return len(emails)


def _text(session: Session, monday: date) -> str:
    """What is written; nothing while nothing is known of the week."""
    now, before = _healthy(session, monday - timedelta(days=1)), _healthy(session, monday - WEEK)
    if now is None:
        return ""
    lines = [f"{now * 100:.1f} % of the accounts in use are healthy{_changed(now, before)}."]
    lines += _joined(session, monday) + _fared(session, monday)
    since = "how it was before" if before is None else "how it changed"
    there = f"{settings().web_base}/metrics"
    ways = {
        "Where customers stop": {"view": "Funnel", "period": "4 weeks", "cohort": "Week"},
        f"What went wrong, and {since}": {"view": "Health", "period": "4 weeks"},
    }
    links = [f"{name}: {there}?{urlencode(address)}" for name, address in ways.items()]
    return "Hello,\n\n" + "\n\n".join(["\n".join(lines), "\n".join(links), "Switchboard"])


def _joined(session: Session, monday: date) -> list[str]:
    """How many came, and where those of the last weeks have stopped."""
    weeks = [monday - WEEK * back for back in range(1, COHORTS + 1)]
    known = {week: _sum(session, Grain.WEEK.kind, [week]) for week in weeks}
    invited = [known[week].get("invited", 0) for week in weeks]
    lines = [f"{invited[0]:,} customers were invited, {invited[1]:,} in the week before."]
    stages = funnels.stages(funnels.whole(known.values()), monday)
    if not stages[0].reached:
        return lines
    live = next(each for each in stages if each.milestone is Milestone.LIVE)
    lines.append(
        f"Of the {stages[0].reached:,} invited in the last {COHORTS} weeks, {live.reached:,} were "
        f"live within {settings().promise_hours} hours."
    )
    worst = funnels.worst(stages)
    if worst is not None:
        lines.append(
            f"Most stopped at: {worst.milestone.words}, {worst.stopped:,} of {worst.arrived:,}."
        )
    return lines


def _fared(session: Session, monday: date) -> list[str]:
    """What went wrong, and what was put right."""
    days = [monday - timedelta(days=back) for back in range(1, 8)]
    trouble, links = _sum(session, troubles.KIND, days), _sum(session, relinks.KIND, days)
    back = trouble.get("reconnected", {})
    lines = [f"{sum(trouble.get('entered', {}).values()):,} times an account got into trouble."]
    if back:
        mean = clock.spoken(timedelta(seconds=back["seconds"] / back["times"]))
        lines.append(f"{back['times']:,} lost connections work again, after {mean} on average.")
    if links:
        lines.append(
            f"{links['made']:,} links to reconnect were made, {links['opened']:,} of them opened, "
            f"{links['done']:,} led back."
        )
    return lines


def _healthy(session: Session, day: date) -> float | None:
    """The share of accounts in use that was healthy at the end of a day."""
    counts: Counts = {}
    for place, known in places.kept(session, headlines.KIND, day).items():
        if place.strategist_id == EVERYONE and not place.marketplace_id:
            spreads.add(counts, {headline: hours[-1] for headline, hours in known.items()})
    idle = counts.get(Headline.PAUSED, 0) + counts.get(Headline.DISCONNECTED, 0)
    used = sum(counts.values()) - idle
    return counts.get(Headline.HEALTHY, 0) / used if used else None


def _changed(now: float, before: float | None) -> str:
    if before is None:
        return ""
    return f", {(now - before) * 100:+.1f} points in a week"


def _sum(session: Session, kind: str, days: list[date]) -> Mapping[str, Any]:
    rows = session.scalars(
        sa.select(DailyTally.counts).where(
            DailyTally.kind == kind, DailyTally.strategist_id == EVERYONE,
            DailyTally.marketplace_id == "", DailyTally.day.in_(days),
        )
    )  # fmt: skip
    return funnels.whole(rows)
