"""Accounts: every organization's accounts, and how each channel is doing."""

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import clock
from dashboard.queries import accounts, customers, selection
from dashboard.queries.choice import LAST_PAGE, PAGE_SIZE
from dashboard.queries.selection import Total
from dashboard.roles import Permission, Staff
from dashboard.ui import (
    administering,
    beginning,
    exporting,
    filters,
    opening,
    relaunch,
    requested,
    tables,
)
from dashboard.ui.filters import Chosen
from dashboard.ui.frame import page
from dashboard.ui.read import read

PLACE = "accounts"


def nothing(chosen: Chosen, staff: Staff) -> None:
    if chosen.said:
        st.info("No account matches these filters.", icon=":material/search_off:")
        return
    beginning.no_accounts(staff, PLACE)


def said(total: Total, noun: str) -> str:
    number = f"{total.accounts:,} {noun}{'' if total.accounts == 1 else 's'}"
    return f"**{number}**" if total.exact else f"**at least {number}**"


def turn_pages(total: Total) -> int:
    """Show the pages there are, and a sentence where there would be more."""
    needed = -(-total.accounts // PAGE_SIZE) if total.exact else LAST_PAGE + 1
    with st.container(horizontal=True, horizontal_alignment="right"):
        number = st.pagination(
            max(1, min(needed, LAST_PAGE)), key="page", bind="query-params", max_visible_pages=5
        )
    if number == LAST_PAGE < needed:
        st.caption(
            f"Pages end at {LAST_PAGE}. Narrow the filters to see what lies beyond, or export it."
        )
    return number


def grouped(chosen: Chosen, by: str) -> None:
    if len(chosen.choice.marketplace) > 1 and by != "marketplace":
        st.caption("An account counts here once for each chosen marketplace that it has joined.")
    if read(selection.too_many_to_gather, chosen.choice):
        st.caption("The search finds too many accounts to group: these counts leave it aside.")
    tables.groups(read(accounts.groups, chosen.choice, by), by)


def beside() -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="center", width="content")


with page("Accounts") as staff:
    opening.follow()
    relaunch.dialog(PLACE)
    administering.dialog(PLACE)
    requested.show(staff)
    chosen = filters.choose()
    total = read(selection.total, chosen.choice)
    head, body, foot = (
        st.container(horizontal=True, vertical_alignment="center", key="head"),
        st.container(),
        st.container(),
    )
    with head:
        st.markdown(said(total, "account"), width="content")
        more = st.empty()
        group, sort = filters.arrange()
        if total.accounts and staff.can(Permission.EXPORT):
            exporting.chosen_accounts(chosen, sort, total.accounts)
        if chosen.said:
            st.button("Clear filters", type="tertiary", key="clear", on_click=filters.clear)
    if not total.accounts:
        nothing(chosen, staff)
        st.stop()
    if group in accounts.GROUPED:
        grouped(chosen, group)
        st.stop()
    listed = read(customers.total, chosen.choice) if group == "organization" else total
    with foot:
        choice = replace(chosen.choice, sort=sort, page=turn_pages(listed))
    with body:
        if group == "organization":
            more.markdown(said(listed, "organization"), width="content")
            tables.organizations(read(customers.listing, choice), clock.now())
            st.stop()
        listing = read(accounts.listing, choice)
        if listing.empty:
            st.info("The list ends before this page.", icon=":material/last_page:")
        elif ids := tables.accounts(listing, clock.now()):
            with more, beside():
                relaunch.of_selected(staff, PLACE, listing, ids)
                administering.of_selected(staff, ids)
        else:
            with more, beside():
                relaunch.invite(staff, PLACE)
                administering.of_all(staff, PLACE, choice, total.accounts)
