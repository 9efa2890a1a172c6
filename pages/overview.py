"""Overview: what needs whom, how old the data is, where it is broken, what became worse."""

import streamlit as st

from dashboard import charts, clock
from dashboard.db.counts import EVERYONE
from dashboard.queries import cases, overview
from dashboard.queries import first_syncs as queries
from dashboard.roles import Role, Staff
from dashboard.settings import settings
from dashboard.status import AgeBand
from dashboard.ui import (
    beginning,
    clicks,
    filters,
    first_syncs,
    incidents,
    links,
    looks,
    opening,
    relaunch,
    tables,
    tiles,
)
from dashboard.ui.frame import beside_title, page
from dashboard.ui.read import moment, read

PLACE = "overview"


def scope(staff: Staff) -> tuple[int, str | None]:
    """Whose accounts count: the strategist's id, and how the filter of the list calls them."""
    name = filters.strategist_label(staff.id) if staff.id is not None else None
    if staff.id is None or name is None:
        return EVERYONE, None
    chosen = beside_title().segmented_control(
        "Whose accounts", ["mine", "all"], key="scope", bind="query-params", required=True,
        default="mine" if staff.role is Role.STRATEGIST else "all", label_visibility="collapsed",
    )  # fmt: skip
    return (staff.id, name) if chosen == "mine" else (EVERYONE, None)


def in_flight(strategist_id: int, name: str | None) -> None:
    st.subheader("First syncs in flight", anchor=False)
    promise = settings().limits.promise
    left = read(queries.burn_down, moment(), promise, strategist_id)
    first_syncs.burn_down(left, settings().promise_hours, name)


def sync_ages(strategist_id: int, name: str | None) -> None:
    st.subheader("Sync age by region", anchor=False)
    ages = read(overview.sync_ages, strategist_id)
    if ages.empty:
        st.caption("No account has been synced yet.")
        return
    figure = clicks.drawn(charts.sync_ages, ages, looks.hexes(AgeBand), looks.palette()["gray"])
    clicked = clicks.clickable(figure, "ages", "Accounts by region and sync age")
    if clicked:
        links.accounts(region=clicked[0], age=clicked[1], strategist=name).go()


def matrix(strategist_id: int, name: str | None) -> None:
    st.subheader("Share broken by region and marketplace", anchor=False)
    cells = read(overview.matrix, strategist_id)
    if cells.empty:
        st.caption("No account has joined a marketplace yet.")
        return
    colors = looks.palette()
    figure = clicks.drawn(charts.matrix, cells, colors["red"], colors["gray"], looks.ink())
    clicked = clicks.clickable(figure, "matrix", "Accounts by marketplace, and the share broken")
    if clicked:
        links.accounts(marketplace=clicked, strategist=name).go()


def trend(strategist_id: int) -> None:
    st.subheader("Sync age over 90 days", anchor=False)
    days = read(overview.trend, moment(), strategist_id)
    if days.empty:
        st.caption("Nothing is kept of past days yet: each day's ages are noted as it passes.")
        return
    colors = looks.palette()
    figure = clicks.drawn(charts.trend, days, [colors["blue"], colors["gray"]], colors["gray"])
    clicks.chart(figure, "trend", "Median and 90th percentile of sync age by day")


def worse(strategist_id: int) -> None:
    st.subheader("Worse since yesterday", anchor=False)
    found = read(overview.worse, moment(), strategist_id)
    if found.empty:
        st.caption("No account has become worse.")
        return
    tables.worse(found, clock.now())


with page("Overview") as staff:
    opening.follow()
    strategist_id, name = scope(staff)
    counts = read(overview.counts, strategist_id)
    if counts.empty:
        relaunch.dialog(PLACE)
        beginning.no_accounts(staff, PLACE)
        st.stop()
    incidents.banner()
    tiles.by_actor(counts, name)
    tiles.by_headline(counts, name)
    tiles.cases(*read(cases.waiting))
    left, right = st.columns(2, gap="large")
    with left:
        sync_ages(strategist_id, name)
    with right:
        matrix(strategist_id, name)
    left, right = st.columns([3, 2], gap="large")
    with left:
        trend(strategist_id)
    with right:
        in_flight(strategist_id, name)
    worse(strategist_id)
