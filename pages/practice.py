"""Practice: what goes wrong at the stand-in Amazon of a demo, and for whom."""

import streamlit as st

from dashboard.amazon import practice as amazon
from dashboard.errors import AmazonDown
from dashboard.roles import Permission
from dashboard.settings import Mode, settings
from dashboard.ui import looks, practice
from dashboard.ui.frame import page

with page("Practice", permission=Permission.PRACTISE):
    if settings().mode is not Mode.DEMO:
        st.info("Practice is for demos only: here is the real Amazon.", icon=":material/school:")
        st.stop()
    st.caption(
        "A stand-in plays Amazon in this demo. Decide what goes wrong there, then open a link and "
        "walk it as the customer would."
    )
    try:
        cast = amazon.cast()
    except AmazonDown as away:
        st.warning(looks.plain(str(away)), icon=":material/cloud_off:")
        st.stop()
    practice.show(cast)
