"""What a member of staff is about to do with a link: kept from the button to the end of its dialog.

A link's secret address lives here and nowhere else: in the session of whoever made it, until its
dialog is closed or another page is opened.
"""

from dataclasses import dataclass, replace
from typing import Final

import streamlit as st

from dashboard.actions.connecting.making import NewLink
from dashboard.actions.connecting.messages import Text
from dashboard.flow import LinkKind

ASKED: Final = "link_asked_for"


@dataclass(frozen=True, slots=True)
class Ask:
    """A link that is being made, or was.

    ``place`` is the page it was asked for on, such as ``account 7``. ``accounts`` are several to
    relaunch at once; with ``early``, SP-API also where it works still. Once made, ``link`` is its
    address and ``text`` what may be mailed with it; ``sent_to`` is whom it was mailed to.
    ``results`` is, by account, what came of several.
    """

    place: str
    kind: LinkKind
    account_id: int | None = None
    organization_id: int | None = None
    accounts: tuple[int, ...] = ()
    early: bool = False
    link: NewLink | None = None
    text: Text | None = None
    sent_to: tuple[str, ...] = ()
    results: tuple[tuple[str, str], ...] = ()


def begin(ask: Ask) -> None:
    """Open the dialog for this with the present run, or with the next if called back."""
    st.session_state[ASKED] = ask


def present(place: str) -> Ask | None:
    """What is being asked for on this page; what was asked for on another is forgotten."""
    ask: Ask | None = st.session_state.get(ASKED)
    if ask is not None and ask.place != place:
        forget()
        return None
    return ask


def forget() -> None:
    """The dialog was closed: nobody needs the address any more."""
    st.session_state.pop(ASKED, None)


def made(ask: Ask, link: NewLink, text: Text, *sent_to: str) -> None:
    """A link was made; its dialog goes on with the address."""
    begin(replace(ask, link=link, text=text, sent_to=sent_to))
