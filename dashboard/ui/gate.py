"""The gate before every page: sign in, or be told whom to ask; and the person in the sidebar."""

from pathlib import Path
from typing import Final

import streamlit as st

from dashboard.errors import NotAllowed
from dashboard.roles import Role, Staff
from dashboard.settings import Mode, settings
from dashboard.ui import looks, menu, who
from dashboard.ui.frame import in_words

ICON: Final = Path(__file__).with_name("switchboard.svg")
WORDMARK: Final = Path(__file__).with_name("wordmark.svg")


def admit() -> Staff:
    """Let through whoever may be here; everybody else sees only why not, and the run ends."""
    staff = None
    with in_words():
        try:
            staff = who.signed_in()
        except who.NotSignedIn as refusal:
            _closed(looks.plain(str(refusal)))
            if st.button("Sign in", key="sign_in", type="primary"):
                st.login()
        except NotAllowed as refusal:
            _closed(looks.plain(str(refusal)))
            if settings().mode is Mode.PRODUCTION and st.button("Sign out", key="sign_out"):
                st.logout()
    if staff is None:
        # Naming the pages keeps the address that was asked for until after the sign-in.
        st.navigation(menu.pages(None), position="hidden")
        st.stop()
    return staff


def show_person(staff: Staff) -> None:
    """Say in the sidebar who is signed in, with the way out; in a demo, the switch of roles."""
    if settings().mode is Mode.DEMO:
        st.selectbox(
            "Role in this demo",
            list(Role),
            index=list(Role).index(staff.role),
            format_func=str.capitalize,
            key=who.DEMO_ROLE,
            help="A demo has no sign-in. Choose a role to see what it may do.",
        )
        return
    st.caption(f"**{looks.plain(staff.name)}**  \n{staff.role.capitalize()}", help=staff.email)
    if st.button("Sign out", icon=":material/logout:", type="tertiary", key="sign_out"):
        st.logout()


def _closed(sentence: str) -> None:
    st.title("Switchboard", anchor=False)
    st.write("Connection health of every customer's Amazon accounts.")
    st.info(sentence, icon=":material/lock:", width=560)
