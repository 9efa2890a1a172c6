"""A view's figures as a file: every number of it, a line each."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy.orm import Session

from dashboard import funnels
from dashboard.diagnosis import Reason, playbook
from dashboard.marketplaces import countries
from dashboard.queries.metrics import funnel, health, replay, work
from dashboard.ui import files, filters
from dashboard.ui.files import Offer
from dashboard.ui.metrics import joining
from dashboard.ui.metrics.choosing import Chosen, View
from dashboard.ui.read import moment

COLUMNS: Final = ["Figure", "When", "What", "Number", "Unit"]
"""``When`` is the first day of a cohort or a week, a day, or an hour (UTC)."""
ACCOUNTS: Final = "accounts"
Row = tuple[str, str, str, float | None, str]


def offer(chosen: Chosen, when: datetime | None = None) -> None:
    """Offer the view's figures; ``when`` is the hour that is replayed."""
    rows = ROWS[chosen.view]
    files.button(
        Offer(
            noun="figures",
            said=f"Every number of this view, a line each: {chosen.view.lower()}, as filtered.",
            columns=COLUMNS,
            rows=lambda session: rows(session, chosen, when),
            filters={"view": chosen.view.value, **chosen.said},
        )
    )


def _funnel(session: Session, chosen: Chosen, _when: datetime | None) -> Iterator[Row]:
    today = moment().date()
    for name, period in (("", chosen.period), (", before", chosen.period.before(chosen.grain))):
        known = funnel.cohorts(session, chosen.scope, period, chosen.grain)
        whole = funnels.whole(known.values())
        yield from _stages(f"Funnel{name}", "", funnels.stages(whole, today) if whole else [])
        for day, counts in known.items():
            yield from _stages(f"Funnel by {chosen.grain}{name}", day.isoformat(),
                               funnels.stages(counts, today))  # fmt: skip


def _stages(figure: str, when: str, known: Iterable[funnels.Stage]) -> Iterator[Row]:
    for each in known:
        step = joining.named(each.milestone)
        yield figure, when, f"{step}: reached", each.reached, "customers"
        yield figure, when, f"{step}: share of the invited", round(each.share, 4), ""
        yield figure, when, f"{step}: may be on the way", each.moving, "customers"
        yield figure, when, f"{step}: stopped", each.stopped, "customers"
        yield figure, when, f"{step}: half of the stopped have waited", each.waited, "days"
        took = each.took.total_seconds() if each.took else None
        yield figure, when, f"{step}: half took it within", took, "seconds"


def _times(session: Session, chosen: Chosen, _when: datetime | None) -> Iterator[Row]:
    known = funnel.lengths(funnel.cohorts(session, chosen.scope, chosen.period, chosen.grain))
    names = {"connect": "Invitation to connected", "live": "Connected to live"}
    for row in known.itertuples(index=False):
        when, figure = _day(row.cohort), names[str(row.measure)]
        yield figure, when, "customers", _number(row.samples), "customers"
        for name in funnel.PERCENTILES:
            yield figure, when, name, _number(getattr(row, name)), "seconds"


def _health(session: Session, chosen: Chosen, _when: datetime | None) -> Iterator[Row]:
    known = health.headlines(session, chosen.scope, chosen.period)
    for row in known.itertuples(index=False):
        yield (
            "Accounts by status",
            _day(row.day),
            str(row.headline),
            _number(row.accounts),
            ACCOUNTS,
        )
    for row in health.healthy(known).itertuples(index=False):
        yield "Share healthy", _day(row.day), "share", _number(row.share), ""
    for row in health.troubles(session, chosen.scope, chosen.period).itertuples(index=False):
        why = str(row.reason)
        title = playbook()[Reason(why)].title if why in tuple(Reason) else why
        yield "What went wrong", _day(row.week), title, _number(row.accounts), "times"
    for name, period in (("Period", chosen.period), ("Period before", chosen.before)):
        sums = health.sums(session, chosen.scope, period)
        for what, unit in SUMS.items():
            yield name, period.first.isoformat(), what.replace("_", " "), getattr(sums, what), unit


SUMS: Final = {
    "detected": "times",
    "detected_seconds": "seconds in all",
    "reconnected": "times",
    "reconnected_seconds": "seconds in all",
    "made": "links",
    "opened": "links",
    "done": "links",
}


def _load(session: Session, chosen: Chosen, _when: datetime | None) -> Iterator[Row]:
    units = {"accounts": ACCOUNTS, "us": ACCOUNTS, "customer": ACCOUNTS, "open": "cases",
             "closed": "cases", "first": "seconds, half"}  # fmt: skip
    for row in work.strategists(session, chosen.period).to_dict("records"):
        for name, unit in units.items():
            who = str(row["strategist"]) or filters.NOBODY
            yield f"By strategist: {name}", "", who, _number(row[name]), unit
    units = {"closed": "cases", "acted": "cases", "first": "seconds, half", "p90": "seconds"}
    for row in work.people(session, chosen.period).to_dict("records"):
        for name, unit in units.items():
            yield f"By person: {name}", "", str(row["name"]), _number(row[name]), unit


def _replay(session: Session, chosen: Chosen, when: datetime | None) -> Iterator[Row]:
    if when is None:
        return
    hour = f"{when:%Y-%m-%d %H:00}"
    then = replay.day(session, chosen.scope, when.date()).at(when.hour)
    for row in then.counts.to_dict("records"):
        yield "Accounts by status", hour, str(row["headline"]), _number(row["accounts"]), ACCOUNTS
    for row in then.matrix.to_dict("records"):
        place = f"{row['region']} {' '.join(countries([str(row['marketplace_id'])]))}"
        yield "Accounts by marketplace", hour, place, _number(row["accounts"]), ACCOUNTS
        yield "Broken by marketplace", hour, place, _number(row["broken"]), ACCOUNTS
    for row in then.ages.to_dict("records"):
        where = f"{row['region']} {row['age_band']}"
        yield "Accounts by sync age", hour, where, _number(row["accounts"]), ACCOUNTS


def _day(moment: Any) -> str:
    return f"{moment:%Y-%m-%d}"


def _number(value: Any) -> float | None:
    """A number for a cell; nothing where none is known."""
    if pd.isna(value):
        return None
    return int(value) if float(value).is_integer() else round(float(value), 4)


ROWS: Final[Mapping[View, Callable[[Session, Chosen, datetime | None], Iterator[Row]]]] = {
    View.FUNNEL: _funnel,
    View.TIMES: _times,
    View.HEALTH: _health,
    View.LOAD: _load,
    View.REPLAY: _replay,
}
"""The lines of each view."""
