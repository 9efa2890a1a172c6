"""Charts of first syncs: the curve they follow, and how many are in flight against the promise.

Pure: curves and frames in, figures out. Colours come from the caller, who knows the reader's theme.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from dashboard.forecast import Curve

_MARGIN: Final = {"l": 0, "r": 0, "t": 22, "b": 0}
MOST_LATE: Final = -30
"""``hours_left`` of the bar that counts all that are overdue by more than a day."""


def first_sync_curve(
    curve: Curve, lasted: float, promise: float, colors: Mapping[str, str]
) -> go.Figure:
    """Draw which share of first syncs was done after how many hours, and where one stands.

    Args:
        curve: of the channel and region.
        lasted: hours since the one began that the chart is about.
        promise: hours since it began after which its end is promised.
        colors: of the ``curve``, the mark of ``this`` account, and the ``line`` of the promise.
    """
    # Room for a label to the right of the last line, also on a phone.
    end = max(promise, lasted, 1) * 1.2
    share, sides = curve.done_by(lasted), _sides(promise, lasted, end)
    shown = [place for place, hours in enumerate(curve.hours) if hours <= end]
    hours = [0.0, *(curve.hours[place] for place in shown), end]

    def steps(values: Sequence[float]) -> list[float]:
        kept = [values[place] for place in shown]
        return [0.0, *kept, kept[-1] if kept else 0.0]

    step = {"type": "scatter", "mode": "lines", "x": hours}
    edge = {"line": {"width": 0, "shape": "hv"}, "hoverinfo": "skip", "showlegend": False}
    return go.Figure(
        [
            step | edge | {"y": steps(curve.low)},
            step | edge | {
                "y": steps(curve.high), "fill": "tonexty", "fillcolor": _faint(colors["curve"]),
            },
            step | {
                "y": steps(curve.done),
                "line": {"color": colors["curve"], "width": 2, "shape": "hv"},
                "hovertemplate": "%{y:.0%} were done after %{x:.1f} h<extra></extra>",
            },
            {
                "type": "scatter", "mode": "markers", "x": [lasted], "y": [share],
                "marker": {"color": colors["this"], "size": 12, "symbol": "diamond"},
                "cliponaxis": False,
                "hovertemplate": f"This account, after {lasted:.1f} h<extra></extra>",
            },
        ],
        layout={
            "height": 230, "margin": _MARGIN | {"b": 38}, "showlegend": False, "dragmode": False,
            "xaxis": {
                "range": [0, end], "fixedrange": True, "showgrid": False, "ticksuffix": " h",
                "title": {"text": "since it began", "standoff": 6},
            },
            "yaxis": {"range": [0, 1.04], "fixedrange": True, "tickformat": ".0%", "nticks": 5},
            "shapes": [_upright(promise, colors["line"]), _upright(lasted, colors["this"])],
            "annotations": [
                _label("promised", promise, sides[0]),
                _label("<b>now</b>", lasted, sides[1]),
            ],
        },
    )  # fmt: skip


def burn_down(
    left: pd.DataFrame, promise: int, order: Sequence[str], colors: Mapping[str, str], line: str
) -> go.Figure:
    """Draw how many first syncs in flight have how much time left until the promise.

    Args:
        left: columns ``hours_left`` (the least of a bar; negative: overdue), ``headline`` and
            ``accounts``.
        promise: hours within which an end is promised.
        order: headlines in the order in which they are stacked.
        colors: the colour of each headline.
        line: the colour of the line that marks the promise.
    """
    step = 6
    bars = []
    for headline in [each for each in order if each in set(left["headline"])]:
        mine = left[left["headline"] == headline]
        numbers = zip(mine["accounts"].tolist(), mine["hours_left"].tolist(), strict=True)
        bars.append(
            {
                "type": "bar",
                "name": headline,
                "x": mine["hours_left"] + step / 2,
                "y": mine["accounts"],
                "width": step * 0.88,
                "marker": {
                    "color": colors[headline],
                    "line": {"width": 0},
                    "pattern": {"shape": ["/" if each < 0 else "" for each in mine["hours_left"]]},
                },
                "customdata": [headline] * len(mine),
                "hovertext": [
                    f"{number:,} {headline}, {spoken(hours)}" for number, hours in numbers
                ],
                "hovertemplate": "%{hovertext}<extra></extra>",
            }
        )
    most = -(-promise // step) * step
    ticks = [*range(most, 0, -12), 0, -12, -24]
    return go.Figure(
        bars,
        layout={
            "height": 230,
            "margin": _MARGIN | {"b": 38},
            "barmode": "stack",
            "dragmode": False,
            # Whoever shows it names the headlines with their colours beside it.
            "showlegend": False,
            "xaxis": {
                "range": [most + 1, MOST_LATE - 1],
                "fixedrange": True,
                "showgrid": False,
                "tickvals": ticks,
                "ticktext": [f"{abs(each)} h" for each in ticks],
                "title": {"text": "time left, or over", "standoff": 6},
            },
            "yaxis": {"fixedrange": True, "rangemode": "tozero", "tickformat": ",d", "nticks": 4},
            "shapes": [_upright(0, line)],
            "annotations": [_label(f"{promise} h", 0)],
        },
    )


def spoken(hours_left: int) -> str:
    """What a bar's time left means, in words."""
    step = 6
    if hours_left <= MOST_LATE:
        return f"over by more than {-MOST_LATE - step} h"
    if hours_left < 0:
        return f"over by {-hours_left - step} to {-hours_left} h"
    return f"{hours_left} to {hours_left + step} h left"


def _upright(place: float, color: str) -> dict[str, Any]:
    where = {"xref": "x", "x0": place, "x1": place, "yref": "paper", "y0": 0, "y1": 1}
    return {"type": "line", "line": {"color": color, "width": 1, "dash": "dot"}} | where


def _label(text: str, place: float, anchor: str = "center") -> dict[str, Any]:
    where = {"xref": "x", "x": place, "yref": "paper", "y": 1, "yanchor": "bottom"}
    return {"text": text, "showarrow": False, "xanchor": anchor} | where


def _sides(promise: float, lasted: float, end: float) -> tuple[str, str]:
    """Where the labels of both lines are held so that they keep clear of each other and the edges.

    A label that is held at its left end stands to the right of its line.
    """
    if abs(promise - lasted) < end / 4:
        return ("left", "right") if lasted <= promise else ("right", "left")
    return ("center", "left" if lasted < end / 8 else "center")


def _faint(color: str) -> str:
    parts = ",".join(str(int(color[place : place + 2], 16)) for place in (1, 3, 5))
    return f"rgba({parts},0.15)"
