"""First syncs in flight: all of them against the promise, and what is forecast of one."""

from datetime import timedelta
from typing import Final

import pandas as pd
import streamlit as st

from dashboard import clock, forecast_charts
from dashboard.diagnosis import Reason
from dashboard.forecast import FEWEST, Outlook
from dashboard.marketplaces import Region
from dashboard.queries.first_syncs import Expectation
from dashboard.status import IN_FLIGHT, SEVERITY, Headline
from dashboard.ui import clicks, links, looks

ORDER: Final = sorted(IN_FLIGHT, key=lambda each: SEVERITY[each])
REASONS: Final = {
    Headline.FIRST_SYNC: Reason.FIRST_SYNC,
    Headline.AT_RISK: Reason.FIRST_SYNC_AT_RISK,
    Headline.LATE: Reason.FIRST_SYNC_OVERDUE,
}
"""By which reason the list finds accounts of a headline for their first sync alone."""
ALT: Final = "First syncs in flight by the time they have left, and by status"


def burn_down(left: pd.DataFrame, promise_hours: int, strategist: str | None) -> None:
    """Show how many first syncs are in flight, each number and bar the way to its accounts.

    Args:
        left: with the columns of ``queries.first_syncs.BURN_DOWN``.
        promise_hours: within how many hours an end is promised.
        strategist: whose accounts they are, as the list's filter says it; ``None`` for everyone's.
    """
    if left.empty:
        st.caption("No first sync is in flight.")
        return
    numbers = left.groupby("headline")["accounts"].sum()
    with st.container(horizontal=True, key="first_syncs"):
        for headline in ORDER:
            if number := numbers.get(headline.value):
                _accounts(headline, strategist).show(f"{looks.text(headline)} **{number:,}**")
    figure = clicks.drawn(
        forecast_charts.burn_down, left, promise_hours, [each.value for each in ORDER],
        looks.hexes(ORDER), looks.palette()["gray"],
    )  # fmt: skip
    if clicked := clicks.clickable(figure, "burn_down", ALT):
        _accounts(Headline(clicked), strategist).go()


def expectation(found: Expectation, promise_hours: int) -> None:
    """Show what is forecast of an account's first sync, and where it stands on the curve."""
    st.subheader("First sync", anchor=False)
    outlook = found.outlook
    if outlook is None:
        st.caption(
            f"Too few first syncs like this one have ended to forecast it: "
            f"{found.curve.finished} of {FEWEST}."
        )
        return
    told, drawn = st.columns([2, 3], gap="large")
    with told:
        st.markdown(said(outlook, found.lasted, found.promise, promise_hours))
        likely = "Of those that had lasted as long, half ended in the likely time."
        st.caption(
            f"From {found.curve.finished:,} first syncs of {found.channel} in "
            f"{Region(found.region).words} that have ended and {found.curve.waiting:,} in flight. "
            f"{'' if outlook.outlasted else likely}"
        )
    with drawn:
        colors = looks.palette()
        figure = forecast_charts.first_sync_curve(
            found.curve, found.lasted, found.promise,
            {"curve": colors["blue"], "this": colors["orange"], "line": colors["gray"]},
        )  # fmt: skip
        clicks.chart(figure, "first_sync", "Share of first syncs done by hours, and this account")


def said(outlook: Outlook, lasted: float, promise: float, promise_hours: int) -> str:
    """The forecast in words, as markdown.

    Args:
        outlook: of the first sync.
        lasted: hours since it began.
        promise: hours since then within which its end is promised.
        promise_hours: the promise as customers know it.
    """
    lines = [f"**{percent(outlook.done)} of similar accounts were done by now.**"]
    if outlook.outlasted:
        lines.append("It has lasted longer than any that has ended: its end cannot be forecast.")
    else:
        lines.append(f"Likely to finish in {_window(outlook)}.")
    if lasted >= promise:
        over = clock.spoken(timedelta(hours=lasted - promise))
        lines.append(f"It is {over} over the {promise_hours} h.")
    elif outlook.miss is not None:
        most = "" if outlook.exact else "At most "
        lines.append(f"{most}{percent(outlook.miss)} chance to miss {promise_hours} h.")
    return "  \n".join(lines)


def percent(share: float) -> str:
    """A share as people say it; never quite none or all where it is not."""
    if 0 < share < 0.01:
        return "under 1 %"
    if 0.99 < share < 1:
        return "over 99 %"
    return f"{share * 100:.0f} %"


def _window(outlook: Outlook) -> str:
    if outlook.soonest is None:
        return f"more than {_hours(outlook.known)} h"
    if outlook.latest is None:
        return f"{_hours(outlook.soonest)} h or more"
    soonest, latest = _hours(outlook.soonest), _hours(outlook.latest)
    return f"{soonest} h" if soonest == latest else f"{soonest}-{latest} h"


def _hours(hours: float) -> int:
    """Whole hours; what takes minutes takes an hour."""
    return max(round(hours), 1)


def _accounts(headline: Headline, strategist: str | None) -> links.Link:
    if headline in REASONS:
        return links.accounts(reason=REASONS[headline], strategist=strategist)
    return links.accounts(headline=headline, strategist=strategist)
