"""What to do about a reason: what happened, the fix, who acts, and words for the customer."""

import streamlit as st

from dashboard.diagnosis import Remedy
from dashboard.ui import looks


def show(remedy: Remedy, *, message: bool = True) -> None:
    """Show the playbook's entry; the message for the customer, if wanted, can be copied."""
    st.markdown(f"**{looks.plain(remedy.title)}.** {looks.plain(remedy.happened)}")
    st.markdown(f"**What to do:** {looks.plain(remedy.fix)}")
    st.markdown(f"**Who acts:** {looks.text(remedy.actor)}")
    if remedy.customer and message:
        with st.expander("Message for the customer", icon=":material/mail:"):
            st.code(remedy.customer, language=None, wrap_lines=True)


def warn(remedy: Remedy) -> None:
    """Show what is worth knowing although the connection works."""
    st.warning(
        f"**{looks.plain(remedy.title)}.** {looks.plain(remedy.happened)}",
        icon=":material/info:",
    )
