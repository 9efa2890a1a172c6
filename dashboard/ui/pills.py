"""Statuses in tables: coloured pills that hold the shape and the word."""

from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st

from dashboard.ui import looks


def pills(
    label: str, statuses: Iterable[Sequence[str]], **options: Any
) -> tuple[list[list[str]], Any]:
    """The cells of a table column of statuses, and its configuration.

    Args:
        label: the heading.
        statuses: for each row the status, and words to stand after it; empty for an empty cell.
        options: more for ``MultiselectColumn``.
    """
    colors: dict[str, looks.Color] = {}
    cells = []
    for status in statuses:
        cell = []
        if status:
            words = " \N{MIDDLE DOT} ".join(
                [looks.cell(status[0]), *(each for each in status[1:] if each)]
            )
            colors[words] = looks.look(status[0]).color
            cell.append(words)
        cells.append(cell)
    column = st.column_config.MultiselectColumn(
        label, options=list(colors), color=list(colors.values()), **options
    )
    return cells, column
