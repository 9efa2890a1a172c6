"""The entrypoint of the staff dashboard: the gate, then the menu, then the page.

It stands apart from ``pages/`` on purpose: beside it, Streamlit would serve a deep link without
running this, and so without the gate.
"""

import streamlit as st

from dashboard.ui import gate, menu
from dashboard.ui.frame import in_words

SIDEBAR = 200
"""Pixels: no wider than its words, because tables need the room."""

st.set_page_config(
    page_title="Switchboard", page_icon=gate.ICON, layout="wide", initial_sidebar_state=SIDEBAR
)
st.logo(gate.WORDMARK, icon_image=gate.ICON)
staff = gate.admit()
with st.sidebar:
    gate.show_person(staff)
chosen = st.navigation(menu.pages(staff))
with in_words():
    chosen.run()
