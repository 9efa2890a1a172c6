"""Charts of an account's past: its headline over the last days, and the runs of its streams."""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from dashboard.clock import spoken
from dashboard.diagnosis import Reason, playbook
from dashboard.status import SEVERITY, Headline

LANE: Final = 26
"""Pixels for one line of a chart."""
OUTCOMES: Final = {"succeeded": "square", "failed": "x", "running": "diamond"}
"""The outcomes of a run, and the marks that tell them apart without colour."""


def headline_strip(
    spells: pd.DataFrame,
    start: datetime,
    now: datetime,
    colors: Mapping[str, str],
    zone: tzinfo,
) -> go.Figure:
    """Show when an account had which headline: a lane for each, the most urgent on top.

    Args:
        spells: columns ``headline``, ``reason``, ``started_at`` and ``ended_at`` (``NaT`` for the
            present one).
        start: where the strip begins; earlier parts of a spell are cut off.
        now: where it ends.
        colors: the colour of each headline.
        zone: in which times are said.
    """
    lanes = sorted(set(spells["headline"]), key=lambda each: SEVERITY[Headline(each)])
    bars = []
    for lane in lanes:
        mine = spells[spells["headline"] == lane]
        begins = mine["started_at"].clip(lower=start)
        ends = mine["ended_at"].fillna(now)
        bars.append(
            {
                "type": "bar",
                "orientation": "h",
                "y": [lane] * len(mine),
                "base": _local(begins, zone),
                "x": (ends - begins).dt.total_seconds() * 1000,
                "width": 0.6,
                "marker": {"color": colors[lane], "line": {"width": 0}},
                "customdata": [_said(row, now, zone) for row in mine.itertuples(index=False)],
                "hovertemplate": "%{customdata}<extra></extra>",
            }
        )
    return _drawn(bars, lanes, (start, now), zone, legend=False)


def sync_runs(
    runs: pd.DataFrame,
    streams: pd.DataFrame,
    now: datetime,
    colors: Mapping[str, str],
    zone: tzinfo,
) -> go.Figure:
    """Show the newest runs of each stream: a lane for each, a mark for each run.

    Args:
        runs: columns ``stream_id``, ``started_at``, ``finished_at``, ``outcome``, ``reason``,
            ``rows``.
        streams: columns ``id``, ``country_code``, ``channel``, in the order to be shown.
        now: where the chart ends.
        colors: the colour of each outcome.
        zone: in which times are said.
    """
    names = {row.id: f"{row.country_code} {row.channel}" for row in streams.itertuples(index=False)}
    marks = []
    for outcome, symbol in OUTCOMES.items():
        mine = runs[runs["outcome"] == outcome]
        if mine.empty:
            continue
        marks.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": outcome.capitalize(),
                "x": _local(mine["started_at"], zone),
                "y": mine["stream_id"].map(names),
                "marker": {"color": colors[outcome], "symbol": symbol, "size": 8},
                "customdata": [_told(row, zone) for row in mine.itertuples(index=False)],
                "hovertemplate": "%{customdata}<extra></extra>",
            }
        )
    start = min(runs["started_at"].min(), now - timedelta(days=1))
    lanes = [names[each] for each in reversed(list(streams["id"]))]
    return _drawn(marks, lanes, (start, now), zone, legend=True)


def _drawn(
    traces: list[dict[str, Any]],
    lanes: list[str],
    period: tuple[datetime, datetime],
    zone: tzinfo,
    *,
    legend: bool,
) -> go.Figure:
    """A chart of lanes over a period."""
    start, end = (each.astimezone(zone).replace(tzinfo=None) for each in period)
    margin = (end - start) / 100
    # All in one go: Plotly takes its time over every single change of a figure.
    return go.Figure(
        data=traces,
        layout={
            "height": 72 + LANE * len(lanes),
            "margin": {"l": 0, "r": 0, "t": 24 if legend else 4, "b": 46},
            "barmode": "overlay",
            "dragmode": False,
            "hovermode": "closest",
            "showlegend": legend,
            "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
            "xaxis": {
                "type": "date",
                "range": [start - margin, end + margin],
                "fixedrange": True,
            },
            "yaxis": {
                "categoryorder": "array",
                "categoryarray": lanes,
                "range": [-0.6, len(lanes) - 0.4],
                "fixedrange": True,
                "ticksuffix": "  ",
                "automargin": True,
            },
        },
    )


def _local(moments: "pd.Series[Any]", zone: tzinfo) -> "pd.Series[Any]":
    """Moments on the reader's clock; Plotly knows no time zones."""
    naive: pd.Series[Any] = moments.dt.tz_convert(zone).dt.tz_localize(None)
    return naive


def _said(spell: Any, now: datetime, zone: tzinfo) -> str:
    ended = now if pd.isna(spell.ended_at) else spell.ended_at
    until = "now" if pd.isna(spell.ended_at) else _exact(spell.ended_at, zone)
    lines = [
        f"<b>{spell.headline}</b> for {spoken(ended - spell.started_at)}",
        f"{_exact(spell.started_at, zone)} until {until}",
        *_why(spell.reason),
    ]
    return "<br>".join(lines)


def _told(run: Any, zone: tzinfo) -> str:
    took = (
        "not finished"
        if pd.isna(run.finished_at)
        else f"took {spoken(run.finished_at - run.started_at)}"
    )
    lines = [
        f"<b>{run.outcome.capitalize()}</b>, {took}, {run.rows:,} rows",
        _exact(run.started_at, zone),
        *_why(run.reason),
    ]
    return "<br>".join(lines)


def _exact(moment: datetime, zone: tzinfo) -> str:
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M}"


def _why(reason: str) -> list[str]:
    return [playbook()[Reason(reason)].title] if reason else []
