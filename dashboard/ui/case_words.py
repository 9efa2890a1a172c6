"""Why a case stands where it does, whose it is, and how it goes on: in words."""

from datetime import datetime
from typing import Any

import pandas as pd

from dashboard import clock
from dashboard.cases import CLEAN, State
from dashboard.queries.cases import COUNTED
from dashboard.ui import times


def counted(cases: int) -> str:
    """A number of cases, which are counted up to ``COUNTED``: ``1,000+``."""
    return f"{cases:,}{'+' if cases == COUNTED else ''}"


def why(row: Any, now: datetime) -> str:
    """Why a case stands where it does, as plain text: ``6 h over x 12 markets``.

    Args:
        row: of ``queries.cases.listing``, or a ``queries.case.Detail``.
        now: aware UTC.
    """
    if row.state == State.CLEARING:
        left = CLEAN - row.clean
        return f"reason gone, {left} clean check{'' if left == 1 else 's'} to go"
    if is_missing(row.deadline_at):
        return ""
    size = f"{row.size:,} market{'' if row.size == 1 else 's'}"
    if now >= row.deadline_at:
        return f"{clock.spoken(now - row.deadline_at)} over \N{MULTIPLICATION SIGN} {size}"
    return f"{clock.spoken(row.deadline_at - now)} left, {size}"


def in_full(case: Any, customer: str, now: datetime) -> str:
    """The same as a sentence, for one who asks how the order comes about."""
    if case.state == State.CLOSED:
        return f"Closed {times.ago(case.closed_at, now)}: its reason is gone."
    if case.state == State.CLEARING:
        return (
            f"Its reason is gone since {clock.spoken(now - case.gone_at)}. It closes by itself "
            f"after {CLEAN} clean checks, of which {case.clean} was made so far, and stands last "
            "until then."
        )
    within = clock.spoken(case.deadline_at - case.opened_at)
    size = f"{case.size:,} marketplace{'' if case.size == 1 else 's'}"
    if now >= case.deadline_at:
        over = clock.spoken(now - case.deadline_at)
        return (
            f"{over} over its deadline (within {within} of opening), times the {size} of "
            f"{customer}: the greater the product, the further up it stands."
        )
    left = clock.spoken(case.deadline_at - now)
    return (
        f"{left} left of the {within} it may take, divided by the {size} of {customer}: the less, "
        "the further up it stands. What is over its deadline comes first."
    )


def whose(row: Any, me: str) -> str:
    """Whose a case is, as plain text: a name, ``you``, ``any support``, or nothing for nobody's."""
    if row.owner:
        return "you" if row.owner == me else str(row.owner_name)
    return f"any {row.role}" if row.role else ""


def snoozed(row: Any) -> str:
    """Until when a case is put aside, as plain text; nothing if it is not."""
    if is_missing(row.snoozed_until):
        return ""
    until = times.short(row.snoozed_until)
    return f"until something happens, or {until}" if row.until_change else f"until {until}"


def is_missing(moment: Any) -> bool:
    """Whether a moment, of a frame or of a row, is none."""
    return moment is None or bool(pd.isna(moment))
