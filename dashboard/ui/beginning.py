"""What whoever opens an empty dashboard is told: where accounts come from."""

import streamlit as st

from dashboard.roles import Permission, Staff
from dashboard.ui import links, relaunch


def no_accounts(staff: Staff, place: str) -> None:
    """Say that there are no accounts yet, with the ways to have some that this reader may go.

    Args:
        staff: who reads.
        place: the page, for the dialog in which a customer is invited.
    """
    st.info(
        "There are no accounts yet. Import a file, or load the demo company with "
        "`dashboard demo`, and they show here.",
        icon=":material/storefront:",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if staff.can(Permission.IMPORT):
            links.import_accounts().show("Import accounts", icon=":material/upload_file:")
        relaunch.invite(staff, place)
