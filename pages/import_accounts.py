"""Being written."""

import streamlit as st

st.title("import_accounts")
