"""What the Accounts page draws, from constants."""

import streamlit as st

from dashboard.bench.static.constants import MOMENT, ROWS, head, some_filter
from dashboard.queries.accounts import LISTING
from dashboard.queries.frames import frame
from dashboard.ui import filters, tables

head("Accounts")
with st.container(horizontal=True, vertical_alignment="bottom"):
    st.text_input("Search", key="search", bind="query-params", width=260,
                  label_visibility="collapsed")  # fmt: skip
    for label, width in zip(filters.LABELS.values(), (110, 135, 150, 125), strict=False):
        some_filter(label, width)
    with st.popover("More", icon=":material/tune:"), st.grid(2):
        for label in list(filters.LABELS.values())[4:]:
            some_filter(label)
    if st.query_params.get("search"):
        st.button("Clear filters", type="tertiary")
with st.container(horizontal=True, vertical_alignment="center"):
    st.markdown("**1,000,000 accounts**", width="content")
    st.selectbox("Group by", ["organization", "region"], index=None, width=150,
                 placeholder="Group by", label_visibility="collapsed")  # fmt: skip
    st.selectbox("Sort by", ["organization", "oldest"], width=170,
                 icon=":material/sort:", label_visibility="collapsed")  # fmt: skip
    st.button("Export", icon=":material/download:")
tables.accounts(frame(ROWS, LISTING), MOMENT)
with st.container(horizontal=True, horizontal_alignment="right"):
    st.pagination(200, max_visible_pages=5)
