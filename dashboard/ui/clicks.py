"""Charts, and what in them was clicked."""

from collections.abc import Callable
from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st

CONFIG: Final = {"displayModeBar": False}
DRAWN: Final = 500
"""Charts that are kept: those of a few pages, by theme, scope and filters."""


def drawn(draw: Callable[..., go.Figure], *args: Any) -> go.Figure:
    """Draw a chart, or take the one that was drawn of the same data for somebody else.

    Making a figure costs more than anything else on a page; who shows it changes nothing of it.

    Args:
        draw: a pure function of ``charts`` and its neighbours.
        args: frames and plain values, by position.
    """
    return _drawn(draw, f"{draw.__module__}.{draw.__qualname__}", args)


def forget() -> None:
    """Draw every chart anew from here on."""
    _drawn.clear()


@st.cache_resource(max_entries=DRAWN, show_spinner=False)
def _drawn(
    _draw: Callable[..., go.Figure],
    name: str,  # noqa: ARG001 - with the data, what the chart is kept under
    args: tuple[Any, ...],
) -> go.Figure:
    return _draw(*args)


def chart(figure: go.Figure, key: str, alt: str) -> None:
    """Show a chart that is only looked at."""
    st.plotly_chart(figure, key=key, config=CONFIG, alt=alt)


def clickable(figure: go.Figure, key: str, alt: str) -> Any:
    """Show a chart whose bars can be clicked.

    Returns:
        The ``customdata`` of the bar that was clicked just now; ``None`` if none was.
    """
    # A chart remembers its selection: after each click it is a new one, on which none is made.
    turn = f"{key}_clicks"
    event = st.plotly_chart(
        figure,
        key=f"{key}_{st.session_state.setdefault(turn, 0)}",
        on_select="rerun",
        selection_mode="points",
        config=CONFIG,
        alt=alt,
    )
    held = [each["customdata"] for each in event.selection.points if each.get("customdata")]
    if not held:
        return None
    st.session_state[turn] += 1
    return held[0]
