"""The frame of every page: title, how old its data are, who may see it, and errors in words."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex

import streamlit as st

from dashboard import clock
from dashboard.errors import SwitchboardError
from dashboard.roles import Permission, Staff
from dashboard.ui import times
from dashboard.ui.read import fresh, noting
from dashboard.ui.who import signed_in

logger = logging.getLogger(__name__)


@contextmanager
def page(title: str, *, permission: Permission = Permission.VIEW) -> Iterator[Staff]:
    """Frame a page; its body is the block.

    The body is refused, not only hidden, to whoever lacks the permission. An error ends the body
    with its sentence; what was shown before it stays.

    Args:
        title: the heading.
        permission: what one must be permitted to see the page at all.

    Yields:
        The person at the screen, as the staff table knows them now.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="frame"):
        st.title(title, anchor=False)
        as_of = st.empty()
    with acting(permission) as staff, noting() as moments:
        try:
            yield staff
        finally:
            if moments:
                _show_age(as_of, times.ago(min(moments), clock.now()))


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


@contextmanager
def in_words() -> Iterator[None]:
    """Turn an error inside the block into one sentence; details go to the log only."""
    try:
        yield
    except SwitchboardError as error:
        st.error(str(error), icon=":material/error:")
    except Exception:
        reference = token_hex(4)
        logger.exception("Unexpected error, reference %s", reference)
        st.error(
            "Something went wrong on our side. Reload the page; if that does not help, give this "
            f"reference to whoever runs Switchboard: {reference}.",
            icon=":material/error:",
        )


def _show_age(place: st.delta_generator.DeltaGenerator, said: str) -> None:
    with place.container(horizontal=True, horizontal_alignment="right", key="frame_age"):
        st.caption(f"as of {said}", width="content")
        st.button(
            "Refresh", icon=":material/refresh:", type="tertiary", key="refresh", on_click=fresh
        )
