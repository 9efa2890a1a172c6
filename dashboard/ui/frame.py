"""The frame of every page: title, how old its data are, who may see it, and errors in words."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from secrets import token_hex
from typing import Final, NoReturn

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import clock
from dashboard.errors import SwitchboardError
from dashboard.roles import Permission, Staff
from dashboard.ui import looks, silent, times
from dashboard.ui.read import fresh, telling
from dashboard.ui.who import signed_in

DONE: Final = "done"
"""Where what was just done waits for the page to be drawn anew."""

logger = logging.getLogger(__name__)

_SHOWN: Final = "page_shown"
_LEFT: Final = "page_left"
_scope: ContextVar[DeltaGenerator] = ContextVar("_scope")
_heading: ContextVar["_Heading"] = ContextVar("_heading")


@contextmanager
def page(
    title: str, *, permission: Permission = Permission.VIEW, named: bool = False
) -> Iterator[Staff]:
    """Frame a page; its body is the block.

    The body is refused, not only hidden, to whoever lacks the permission. An error ends the body
    with its sentence; what was shown before it stays.

    Args:
        title: the heading.
        permission: what one must be permitted to see the page at all.
        named: the heading is a name that the page has to look up first: it calls ``entitle``.

    Yields:
        The person at the screen, as the staff table knows them now.
    """
    st.session_state[_LEFT] = st.session_state.get(_SHOWN)
    st.session_state[_SHOWN] = title
    with st.container(horizontal=True, vertical_alignment="center", key="frame"):
        heading = _Heading(st.empty())
        if not named:
            heading.say(title)
        scope = st.container(width="content")
        with st.container(
            horizontal=True,
            horizontal_alignment="right",
            vertical_alignment="center",
            width="content",
        ):
            as_of = _AsOf(st.empty())
            st.button(
                "Refresh", icon=":material/refresh:", type="tertiary", key="refresh", on_click=fresh
            )
    if sentence := st.session_state.pop(DONE, None):
        st.toast(looks.plain(sentence), icon=":material/check:")
    tokens = _scope.set(scope), _heading.set(heading)
    try:
        with acting(permission) as staff, telling(as_of.tell):
            silent.warn()
            yield staff
        # An error came before the name was known.
        if not heading.said:
            heading.say(title)
    finally:
        _scope.reset(tokens[0])
        _heading.reset(tokens[1])


def beside_title() -> DeltaGenerator:
    """Where in its head a page says, or lets one choose, whose data it shows."""
    return _scope.get()


def entitle(name: str) -> None:
    """Say in heading and browser tab whose page it is: an account's, an organization's."""
    _heading.get().say(looks.plain(name))
    st.set_page_config(page_title=name)


def just_arrived() -> bool:
    """Whether the person has come to this page from another one, in this very run."""
    return bool(st.session_state.get(_LEFT) != st.session_state.get(_SHOWN))


@contextmanager
def acting(permission: Permission = Permission.VIEW) -> Iterator[Staff]:
    """Frame a fragment, a dialog or a callback: Streamlit runs those without page and gate.

    Yields:
        The person at the screen, looked up again: they may have been removed since the page ran.
    """
    staff = None
    with in_words():
        staff = signed_in()
        staff.require(permission)
    if staff is None or not staff.can(permission):
        st.stop()
    with in_words():
        yield staff


def done(sentence: str) -> NoReturn:
    """After a write: draw the page anew with what was written, and say there what was done."""
    fresh()
    # A toast shown right before a rerun is at times lost with what else was not sent yet.
    st.session_state[DONE] = sentence
    st.rerun()


@contextmanager
def in_words() -> Iterator[None]:
    """Turn an error inside the block into one sentence; details go to the log only."""
    try:
        yield
    except SwitchboardError as error:
        st.error(looks.plain(str(error)), icon=":material/error:")
    except Exception:
        reference = token_hex(4)
        logger.exception("Unexpected error, reference %s", reference)
        st.error(
            "Something went wrong on our side. Reload the page; if that does not help, give this "
            f"reference to whoever runs Switchboard: {reference}.",
            icon=":material/error:",
        )


class _Heading:
    """The heading of a page, which some pages can say only once they have read whose they are."""

    def __init__(self, place: DeltaGenerator) -> None:
        self.place = place
        self.said = False

    def say(self, markdown: str) -> None:
        """Show it."""
        self.said = True
        self.place.title(markdown, anchor=False)


class _AsOf:
    """How old the oldest answer on the page is: kept true from read to read.

    Not drawn at the end, because a page may stop where it is, and can then draw no more.
    """

    def __init__(self, place: DeltaGenerator) -> None:
        self.place = place
        self.oldest: datetime | None = None

    def tell(self, at: datetime) -> None:
        """Take note of an answer given at this moment."""
        if self.oldest is None or at < self.oldest:
            self.oldest = at
            self.place.caption(f"as of {times.ago(at, clock.now())}", width="content")
