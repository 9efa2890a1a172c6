"""Renewals: which sellers' consents lapse when, and when our own secrets do."""

import streamlit as st

from dashboard import clock
from dashboard.queries import renewals
from dashboard.queries.choice import LAST_PAGE, PAGE_SIZE
from dashboard.queries.renewals import MOST, Wanted
from dashboard.roles import Staff
from dashboard.settings import settings
from dashboard.status import lapsing
from dashboard.status.lapsing import Span
from dashboard.ui import opening, relaunch, times
from dashboard.ui import renewals as shown
from dashboard.ui.frame import page
from dashboard.ui.read import moment, read


def turn_pages(number: int) -> int:
    """Show the pages there are."""
    with st.container(horizontal=True, horizontal_alignment="right"):
        return st.pagination(
            max(1, min(-(-number // PAGE_SIZE), LAST_PAGE)), key="page", bind="query-params",
            max_visible_pages=5,
        )  # fmt: skip


def consents(staff: Staff, wanted: Wanted, span: Span, number: int) -> None:
    """List the consents of a span, with the button that renews those selected, or all."""
    if not number:
        # Looking for none would mean walking the whole span.
        st.info("No consent lapses in this time.", icon=":material/event_available:")
        return
    head, body, foot = (
        st.container(horizontal=True, vertical_alignment="center", key="head"),
        st.container(),
        st.container(),
    )
    with foot:
        at = turn_pages(number) if number > PAGE_SIZE else 1
    listing = read(renewals.listing, wanted, span, moment(), at)
    with head:
        verb = "lapsed" if span.words == "overdue" else "lapses" if number == 1 else "lapse"
        when = "" if span.words == "overdue" else f" {span.words}"
        noun = "consent" if number == 1 else "consents"
        st.markdown(f"**{number:,} {noun}** {verb}{when}", width="content")
    if listing.empty:
        body.info("No consent lapses in this time.", icon=":material/event_available:")
        return
    with body:
        chosen = shown.table(listing, clock.now())
    with head:
        if chosen:
            shown.renew(staff, f"Renew {len(chosen):,} selected", chosen, urgent=True)
            return
        every = read(renewals.leads, wanted, span)
        label = f"Renew all {len(every):,}" if number <= MOST else f"Renew the first {MOST:,}"
        shown.renew(staff, label, every)


with page("Renewals") as staff:
    opening.follow()
    relaunch.dialog(shown.PLACE)
    now = moment()
    head, within, chart = (
        st.container(horizontal=True, vertical_alignment="bottom", key="filters"),
        st.container(),
        st.container(),
    )
    shown.due(now)
    with head:
        wanted = shown.choose(staff)
    days = read(renewals.days, wanted, lapsing.months(now)[-1].end.date())
    # A click in the chart chooses the month, so it is heard before the choice is shown.
    with chart:
        shown.by_month(days, now)
    with head:
        shown.month(now)
    with within:
        span = shown.within(days, now)
    consents(staff, wanted, span, shown.total(days, span))
    st.caption(f"Numbers counted {times.ago(read(renewals.counted_at), now)}.")
    today = now.date()
    shown.secrets(lapsing.client_secrets(settings().client_secrets_since(today)), today)
