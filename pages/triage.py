"""Triage: the cases that need somebody, the most urgent first, and one of them on the desk."""

import pandas as pd
import streamlit as st

from dashboard import clock
from dashboard.queries import case as queries
from dashboard.queries import cases
from dashboard.queries.cases import View, Wanted
from dashboard.roles import Staff
from dashboard.ui import (
    case_acts,
    case_bulk,
    case_desk,
    case_dialogs,
    case_incidents,
    case_list,
    case_notes,
    case_views,
    case_watch,
    relaunch,
)
from dashboard.ui.frame import beside_title, page
from dashboard.ui.read import read


def nothing(wanted: Wanted) -> None:
    if case_list.is_narrowed(wanted):
        st.info("No case matches these filters.", icon=":material/search_off:")
        st.button("Clear filters", key="clear", on_click=case_list.clear)
    elif wanted.view is View.ALL:
        st.success("The queue is empty: nothing needs us.", icon=":material/task_alt:")
    else:
        st.info("No case is in this view.", icon=":material/task_alt:")


def queue(wanted: Wanted, listing: pd.DataFrame, staff: Staff, current: int | None) -> None:
    if listing.empty:
        nothing(wanted)
    else:
        head = st.container(horizontal=True, vertical_alignment="center", key="queue_head")
        selected = case_list.table(listing, current, staff, clock.now())
        case_list.turn_pages(listing)
        with head:
            case_desk.steps()
            matching = read(cases.total, wanted)
            case_bulk.offer(staff, selected, matching, lambda: read(cases.ids, wanted))


with page("Triage") as staff:
    with beside_title(), st.container(horizontal=True, vertical_alignment="center"):
        case_desk.tools()
        case_views.show(staff)
    wanted = case_list.choose(staff)
    case_incidents.show(wanted)
    listing = read(cases.listing, wanted)
    current = case_list.present(listing)
    left, right = st.columns([11, 9], gap="medium")
    with left:
        queue(wanted, listing, staff, current)
    case = read(queries.detail, current) if current is not None else None
    with right:
        if case is not None:
            case_desk.show(staff, case)
            case_notes.show(staff, case)
    relaunch.dialog(case_acts.PLACE)
    case_dialogs.show(case)
    # Last, so that no click is lost to it.
    case_watch.queue(wanted, listing, current)
