"""Saved views of the queue: each is an address with a name, one's own or everybody's."""

import streamlit as st

from dashboard.actions.cases import views
from dashboard.queries import case as queries
from dashboard.queries.frames import records
from dashboard.roles import Permission, Staff
from dashboard.ui import case_list, links, looks
from dashboard.ui.frame import acting, done
from dashboard.ui.read import read


def show(staff: Staff) -> None:
    """Show the saved views behind a button, and let the present one be saved."""
    with st.popover("Views", icon=":material/bookmark:", key="views"):
        known = read(queries.views, staff.key)
        for view in records(known):
            with st.container(horizontal=True, vertical_alignment="center"):
                shared = "" if view.owner == staff.key else f"shared by {view.owner_name}"
                links.triage(**view.query).show(
                    looks.plain(str(view.name)),
                    icon=":material/group:" if view.shared else ":material/lock:",
                    help=looks.plain(shared) or None,
                )  # fmt: skip
                if view.owner == staff.key and st.button(
                    "Delete", key=f"view_{view.id}", type="tertiary", icon=":material/delete:"
                ):
                    with acting(Permission.NOTE) as person:
                        views.delete(person, int(view.id))
                        done("The view is deleted.")
        if known.empty:
            st.caption("No view has been saved yet.")
        if staff.can(Permission.NOTE):
            _save()


def _save() -> None:
    with st.form("save_view", border=False, clear_on_submit=True):
        name = st.text_input(
            "Name", key="view_name", max_chars=views.LONGEST,
            placeholder="Name for what is shown now",
        )  # fmt: skip
        shared = st.checkbox("Share it with everybody", key="view_shared")
        save = st.form_submit_button("Save this view", key="view_save")
    if save:
        with acting(Permission.NOTE) as person:
            views.save(person, name, case_list.query(), shared=shared)
            done("The view is saved: its address can be copied, too.")
