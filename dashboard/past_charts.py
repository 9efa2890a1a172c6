"""Charts of the past: how customers came aboard, and how the connections fared.

Pure, as ``charts``: frames in, figures out; colours come from the caller.
"""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from dashboard.status import SEVERITY, Headline

ROW: Final = 27
"""Pixels of a row of a table drawn as a chart."""

_MARGIN: Final = {"l": 0, "r": 0, "t": 22, "b": 10}


def headlines(known: pd.DataFrame, colors: Mapping[str, str], paper: str) -> go.Figure:
    """Draw how many accounts had which headline, one on top of the other, the most urgent on top.

    Healthy accounts are left out: beside them nothing else could be seen.

    Args:
        known: columns ``day``, ``headline`` and ``accounts``.
        colors: the colour of each headline.
        paper: the colour of the page, which keeps bands of one colour apart.
    """
    days = sorted(set(known["day"]))
    shown = set(known["headline"]) - {Headline.HEALTHY.value}
    order = sorted(shown, key=lambda each: SEVERITY[Headline(each)])
    numbers = known.pivot_table(
        index="day", columns="headline", values="accounts", aggfunc="sum", fill_value=0
    ).reindex(days)
    return go.Figure(
        [
            {
                "type": "scatter",
                "mode": "lines" if len(days) > 1 else "markers",
                "stackgroup": "all",
                "x": days,
                "y": numbers[headline],
                "name": headline,
                "fillcolor": colors[headline],
                "line": {"color": paper, "width": 0.8},
                "marker": {"color": colors[headline]},
                "hovertemplate": "%{y:,}",
            }
            for headline in order
        ],
        layout={
            "height": 260,
            "margin": _MARGIN,
            "hovermode": "x unified",
            "dragmode": False,
            "showlegend": False,
            "xaxis": {"fixedrange": True, "showgrid": False, "hoverformat": "%-d %b %Y"},
            "yaxis": {"fixedrange": True, "rangemode": "tozero", "nticks": 5, "tickformat": ",d"},
        },
    )


def share(known: pd.DataFrame, color: str, before: float | None, line: str) -> go.Figure:
    """Draw the share of healthy accounts, and the share at the end of the period before.

    Args:
        known: columns ``day`` and ``share`` (0 to 1).
        color: of the line.
        before: the share to compare with, if there is one.
        line: the colour of what is compared with.
    """
    low = min([*known["share"], before if before is not None else 1.0])
    level = [] if before is None else [_level(before, line)]
    return go.Figure(
        [
            {
                "type": "scatter",
                "mode": "lines" if len(known) > 1 else "markers",
                "x": known["day"],
                "y": known["share"],
                "line": {"color": color, "width": 2},
                "hovertemplate": "%{x|%-d %b}: %{y:.1%}<extra></extra>",
            }
        ],
        layout={
            "height": 200,
            "margin": _MARGIN,
            "dragmode": False,
            "showlegend": False,
            "xaxis": {"fixedrange": True, "showgrid": False},
            "yaxis": {
                "fixedrange": True,
                "range": [max(0.0, low - 0.06), 1.0],
                "tickformat": ".0%",
                "nticks": 4,
            },
            "shapes": level,
            "annotations": [
                _label("before", xref="paper", x=1, xanchor="right", y=before) for _ in level
            ],
        },
    )


def reasons(known: pd.DataFrame, tint: str, ink: str) -> go.Figure:
    """Draw how often which reason came up in each week: a row for each, the commonest on top.

    Args:
        known: columns ``week``, ``reason`` (in words) and ``accounts``.
        tint: the colour, as #RRGGBB, of the highest number.
        ink: the colour of the texts.
    """
    numbers = known.pivot_table(
        index="reason", columns="week", values="accounts", aggfunc="sum", fill_value=0
    )
    numbers = numbers.loc[numbers.sum(axis=1).sort_values().index]
    weeks = [f"{week.day} {week:%b}" for week in pd.DatetimeIndex(numbers.columns)]
    red, green, blue = (int(tint[place : place + 2], 16) for place in (1, 3, 5))
    return go.Figure(
        [
            {
                "type": "heatmap",
                "x": weeks,
                "y": list(numbers.index),
                "z": numbers.to_numpy(),
                "text": numbers.map(lambda each: f"{each:,}" if each else "").to_numpy(),
                "texttemplate": "%{text}",
                "textfont": {"color": ink},
                "colorscale": [
                    [0, f"rgba({red},{green},{blue},0.04)"],
                    [1, f"rgba({red},{green},{blue},0.45)"],
                ],
                "showscale": False,
                "xgap": 2,
                "ygap": 2,
                "hovertemplate": "%{y}<br>week of %{x}: %{z:,}<extra></extra>",
            }
        ],
        layout={
            "height": 40 + ROW * max(len(numbers), 1),
            "margin": _MARGIN | {"t": 4},
            "dragmode": False,
            "xaxis": {"fixedrange": True, "showgrid": False, "type": "category", "nticks": 14},
            "yaxis": {"fixedrange": True, "showgrid": False, "ticksuffix": "  "},
        },
    )


def _level(height: float, color: str) -> dict[str, Any]:
    where = {"xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": height, "y1": height}
    return {"type": "line", "line": {"color": color, "width": 1, "dash": "dot"}} | where


def _label(text: str, **where: Any) -> dict[str, Any]:
    return {"text": text, "showarrow": False, "yanchor": "bottom"} | where
