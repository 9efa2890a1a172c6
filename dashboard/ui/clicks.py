"""Charts, and what in them was clicked."""

from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st

CONFIG: Final = {"displayModeBar": False}


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
