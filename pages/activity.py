"""Activity: who did what to which account, when."""

import streamlit as st

from dashboard import clock
from dashboard.queries import account, activity, organization
from dashboard.queries.activity import SEARCHED, Wanted
from dashboard.roles import Permission, Staff
from dashboard.ui import (
    event_filters,
    events,
    exporting,
    link_table,
    looks,
    opening,
    outbox,
    relaunch,
    times,
)
from dashboard.ui.frame import beside_title, page
from dashboard.ui.read import moment, read

EVENTS, LINKS, MESSAGES = "Events", "Links", "Messages"
PLACE = "activity"


def about(wanted: Wanted) -> None:
    """Say whose history this is, with the way back to that of all."""
    names = {}
    if wanted.account_id is not None:
        names["account"] = read(account.detail, wanted.account_id, moment()).name
    if wanted.organization_id is not None:
        names["organization"] = read(organization.customer, wanted.organization_id).name
    for parameter, name in names.items():
        st.button(
            f"Only {parameter} {looks.plain(name)}",
            icon=":material/close:",
            key=f"all_{parameter}",
            help="Show the events of all",
            on_click=event_filters.forget,
            args=(parameter,),
        )


def instead(staff: Staff) -> bool:
    """Show links or messages, where these were chosen instead of the events."""
    chosen = beside_title().segmented_control(
        "Show", [EVENTS, LINKS, MESSAGES], key="show", bind="query-params", required=True,
        default=EVENTS, label_visibility="collapsed",
    )  # fmt: skip
    if chosen == LINKS:
        link_table.show(staff, PLACE, clock.now())
        relaunch.dialog(PLACE)
    elif chosen == MESSAGES:
        outbox.show(staff)
    return bool(chosen != EVENTS)


def nothing(wanted: Wanted) -> None:
    if wanted == Wanted():
        st.info(
            "Nothing has happened yet. Import a file, or load the demo, and it shows here.",
            icon=":material/history:",
        )
    else:
        st.info("No event matches these filters.", icon=":material/search_off:")
        st.button("Clear filters", key="clear", on_click=event_filters.clear)


with page("Activity") as staff:
    opening.follow()
    if instead(staff):
        st.stop()
    wanted = event_filters.choose()
    head = st.container(horizontal=True)
    with head:
        about(wanted)
    found = read(activity.page, wanted)
    if found.events.empty and found.searched_to is None:
        nothing(wanted)
        st.stop()
    if found.searched_to is not None:
        until = times.exact(found.searched_to)
        st.caption(f'Looked through {SEARCHED:,} events, back to {until}. "Older" looks further.')
    if staff.can(Permission.EXPORT):
        with head:
            exporting.chosen_events(wanted)
    if not found.events.empty:
        events.show(found.events, clock.now())
    event_filters.turn_pages(found, wanted)
