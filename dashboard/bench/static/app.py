"""The floor: Overview and Accounts drawn by Streamlit from constants, without database or rules.

``streamlit run dashboard/bench/static/app.py`` serves it; ``bench.browser`` times it in turn with
the dashboard. Its pages draw what those of the dashboard draw: the same widgets, tables and charts.
"""

import streamlit as st

from dashboard.roles import Role
from dashboard.ui import gate
from dashboard.ui.menu import PLACES

DRAWN = {"", "accounts"}

st.set_page_config(page_title="Static", page_icon=gate.ICON, layout="wide")
st.logo(gate.WORDMARK, icon_image=gate.ICON)
with st.sidebar:
    st.selectbox("Role in this demo", list(Role), format_func=str.capitalize)
st.navigation(
    [
        st.Page(
            f"../pages/{place.file}" if place.path in DRAWN else lambda: None,
            title=place.title,
            icon=place.icon,
            url_path=place.path or "overview",
            default=not place.path,
        )
        for place in PLACES
    ]
).run()
