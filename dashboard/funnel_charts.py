"""Charts of how customers came aboard: the funnel, its cohorts, and how long it took.

Pure, as ``charts``: frames in, figures out; colours come from the caller.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from dashboard.clock import spoken
from dashboard.funnels import Stage
from dashboard.milestones import Milestone

ROW: Final = 40
"""Pixels of a step."""
FEW: Final = 20
"""Samples below which a percentile says little."""
LINES: Final = {"p95": "dot", "p90": "dash", "p75": "dashdot", "p50": "solid"}

_MARGIN: Final = {"l": 0, "r": 0, "t": 22, "b": 10}


def words(milestone: str, promise_hours: int) -> str:
    """A step as charts and tables name it."""
    named = Milestone(milestone).words
    return f"{named} within {promise_hours} h" if milestone == Milestone.LIVE else named


def funnel(
    known: Sequence[Stage],
    earlier: Sequence[Stage],
    colors: Mapping[str, str],
    worst: Milestone | None,
    promise_hours: int,
) -> go.Figure:
    """Draw the funnel: of those who got to each step, who took it, is on the way, has stopped.

    Args:
        known: the stages, in order.
        earlier: those of the period before, whose share of the invited is marked; empty: none.
        colors: ``reached``, ``moving``, ``stopped``, ``worst``, ``before`` and ``ink``.
        worst: the milestone at which most have stopped, which stands out.
        promise_hours: within which customers are to be live.
    """
    names = [words(each.milestone, promise_hours) for each in known]
    invited = known[0].reached if known else 0
    both = {
        "type": "bar", "orientation": "h", "y": names, "width": 0.72,
        "customdata": [each.milestone.value for each in known],
        "hovertext": [_told(each, promise_hours) for each in known],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }  # fmt: skip
    stopped = [colors["worst" if each.milestone is worst else "stopped"] for each in known]
    traces: list[dict[str, Any]] = [
        both
        | {"x": [each.reached for each in known], "marker": _filled(colors["reached"])}
        | {"text": [f"{each.reached:,}" for each in known], "textposition": "inside"}
        | {"insidetextanchor": "start"},
        both | {"x": [each.moving for each in known], "marker": _filled(colors["moving"])},
        both | {"x": [each.stopped for each in known], "marker": _filled(stopped)},
    ]
    if earlier:
        traces.append(_before(earlier, names, invited, colors["before"]))
    return go.Figure(
        traces,
        layout={
            "height": 16 + ROW * len(known),
            "margin": {"l": 0, "r": 0, "t": 4, "b": 4},
            "barmode": "stack",
            "dragmode": False,
            "showlegend": False,
            "xaxis": {"fixedrange": True, "visible": False, "range": [0, max(invited, 1) * 1.42]},
            "yaxis": _rows(),
            "annotations": [
                {
                    "x": max([each.arrived, *(was.share * invited for was in earlier[place:][:1])]),
                    "y": names[place], "text": _beside(each), "showarrow": False,
                    "xanchor": "left", "xshift": 8, "align": "left",
                    "font": {"color": colors["worst" if each.milestone is worst else "ink"]},
                }
                for place, each in enumerate(known)
            ],
        },
    )  # fmt: skip


def cohorts(shares: pd.DataFrame, tint: str, ink: str) -> go.Figure:
    """Draw what share of each cohort's invited reached each step.

    Args:
        shares: a row for each step (in words), a column for each cohort (in words); 0 to 1.
        tint: the colour, as #RRGGBB, of 100 %.
        ink: the colour of the texts.
    """
    red, green, blue = (int(tint[place : place + 2], 16) for place in (1, 3, 5))
    return go.Figure(
        [
            {
                "type": "heatmap",
                "x": list(shares.columns),
                "y": list(shares.index),
                "z": shares.to_numpy(),
                "zmin": 0,
                "zmax": 1,
                "text": shares.map(lambda each: f"{each * 100:.0f}").to_numpy(),
                "texttemplate": "%{text}",
                "textfont": {"color": ink},
                "colorscale": [
                    [0, f"rgba({red},{green},{blue},0.03)"],
                    [1, f"rgba({red},{green},{blue},0.5)"],
                ],
                "showscale": False,
                "xgap": 2,
                "ygap": 2,
                "hovertemplate": "%{x}, %{y}: %{z:.0%} of the invited<extra></extra>",
            }
        ],
        layout={
            "height": 46 + 28 * len(shares),
            "margin": _MARGIN | {"t": 4},
            "dragmode": False,
            "xaxis": {"fixedrange": True, "showgrid": False, "type": "category", "nticks": 14},
            "yaxis": _rows(),
        },
    )


def lengths(
    known: pd.DataFrame,
    names: Sequence[str],
    color: str,
    gray: str,
    promise_hours: int | None = None,
) -> go.Figure:
    """Draw percentiles of a length, in hours, cohort by cohort; few samples are greyed.

    Args:
        known: columns ``samples`` and the percentiles (seconds), a row for each cohort.
        names: of the cohorts.
        color: of lines and marks.
        gray: of marks of fewer than ``FEW`` samples, and of the promise's line.
        promise_hours: what was promised, if it was.
    """
    highest = float(known["p95"].max()) / 3600 if len(known) else 1.0
    marks = [color if each >= FEW else gray for each in known["samples"]]
    promised = [] if promise_hours is None else [promise_hours]
    return go.Figure(
        [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": list(names),
                "y": known[column].astype("float64") / 3600,
                "name": column,
                "opacity": 1.0 if column == "p50" else 0.75,
                "line": {"color": color, "width": 2 if column == "p50" else 1.2, "dash": dash},
                "marker": {"color": marks, "size": 7 if column == "p50" else 5},
                "customdata": [f"{each:,}" for each in known["samples"]],
                "hovertemplate": "%{y:,.1f} h (of %{customdata})",
            }
            for column, dash in LINES.items()
        ],
        layout={
            "height": 280,
            "margin": _MARGIN,
            "hovermode": "x unified",
            "dragmode": False,
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            "xaxis": {"fixedrange": True, "showgrid": False, "type": "category", "nticks": 10},
            "yaxis": {
                "fixedrange": True,
                "ticksuffix": " h",
                "nticks": 5,
                "range": [0, max([highest, *promised]) * 1.15],
            },
            "shapes": [
                {
                    "type": "line", "line": {"color": gray, "width": 1, "dash": "dot"},
                    "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": hours, "y1": hours,
                }
                for hours in promised
            ],
            "annotations": [
                {
                    "text": f"promised: {hours} h", "showarrow": False, "yanchor": "bottom",
                    "xref": "paper", "x": 1, "xanchor": "right", "y": hours,
                }
                for hours in promised
            ],
        },
    )  # fmt: skip


def _filled(color: str | Sequence[str]) -> dict[str, Any]:
    return {"color": color, "line": {"width": 0}}


def _rows() -> dict[str, Any]:
    """An axis of rows, the first on top."""
    return {
        "fixedrange": True, "showgrid": False, "autorange": "reversed", "ticksuffix": "  ",
        "automargin": True,
    }  # fmt: skip


def _before(
    earlier: Sequence[Stage], names: Sequence[str], invited: int, color: str
) -> dict[str, Any]:
    """Where each bar would end with the shares of the period before."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [each.share * invited for each in earlier],
        "y": list(names),
        "marker": {"symbol": "line-ns-open", "size": 26, "color": color, "line": {"width": 2}},
        "hovertext": [f"{each.share:.0%} in the period before" for each in earlier],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _told(stage: Stage, promise_hours: int) -> str:
    lines = [
        f"<b>{words(stage.milestone, promise_hours)}</b>",
        f"{stage.reached:,} of {stage.arrived:,} who came this far",
    ]
    lines += [f"{stage.moving:,} may be on the way"] if stage.moving else []
    lines += [f"{stage.stopped:,} stopped ({stage.lost:.0%})"] if stage.stopped else []
    lines += [f"half took it within {spoken(stage.took)}"] if stage.took else []
    return "<br>".join(lines)


def _beside(stage: Stage) -> str:
    share = f"{stage.share:.0%}".replace("%", " %")
    if not stage.stopped:
        return share
    # On two lines: on a phone there is no room for more beside the bars.
    return f"{share}<br>{stage.stopped:,} stopped"
