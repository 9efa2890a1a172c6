"""Charts of the fleet: how old its data are, where it is broken, and whether that gets better.

Pure: frames in, figures out. Colours come from the caller, who knows the reader's theme; fonts,
grid and background are Streamlit's. What can be clicked carries in ``customdata`` what the accounts
behind it have in common.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from dashboard.marketplaces import Region, marketplaces
from dashboard.status import AgeBand

BANDS: Final = [band.value for band in AgeBand if band is not AgeBand.NEVER]
LINES: Final = {
    "24 h": BANDS.index(AgeBand.UNDER_48_H.value) - 0.5,
    "48 h": BANDS.index(AgeBand.UNDER_7_D.value) - 0.5,
}
"""What is promised, and where among the bands it stands."""
LANE: Final = 86
"""Pixels for one region."""
ACROSS: Final = 6
"""Marketplaces side by side; more of a region go below."""
TILE: Final = 46
"""Pixels for one row of marketplaces."""
ALARMING: Final = 0.2
"""The share of broken accounts from which a marketplace is coloured as strongly as can be read."""

_CLEAR: Final = "rgba(0,0,0,0)"
_MARGIN: Final = {"l": 0, "r": 0, "t": 22, "b": 0}


def sync_ages(ages: pd.DataFrame, colors: Mapping[str, str], line: str) -> go.Figure:
    """Draw how many accounts are how old, a lane for each region, with the 24 h and 48 h lines.

    Args:
        ages: columns ``region``, ``age_band`` and ``accounts``.
        colors: the colour of each age band.
        line: the colour of the two lines.
    """
    regions = [each.value for each in Region if each in set(ages["region"])]
    bars: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    for place, region in enumerate(regions):
        counted = ages[ages["region"] == region].set_index("age_band")["accounts"]
        numbers = [int(counted.get(band, 0)) for band in BANDS]
        number = str(place + 1) if place else ""
        bars += _lane(region, numbers, f"y{number}", colors)
        top = 1 - place / len(regions)
        axes[f"yaxis{number}"] = {
            "domain": [top - 0.9 / len(regions), top],
            # Room above the tallest bar for its number.
            "range": [0, max(numbers) * 1.4],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": True,
            "tickvals": [max(numbers) * 0.6],
            "ticktext": [f"<b>{region}</b>"],
        }
    return go.Figure(
        bars,
        layout={
            "height": 46 + LANE * max(len(regions), 1),
            "margin": _MARGIN,
            "barmode": "overlay",
            "bargap": 0.12,
            "showlegend": False,
            "dragmode": False,
            "xaxis": {
                "categoryorder": "array",
                "categoryarray": BANDS,
                "range": [-0.5, len(BANDS) - 0.5],
                "anchor": f"y{len(regions)}" if len(regions) > 1 else "y",
                "fixedrange": True,
                "showgrid": False,
            },
            "shapes": [_upright(place, line) for place in LINES.values()],
            "annotations": [
                _label(label, xref="x", x=place, yref="paper", y=1)
                for label, place in LINES.items()
            ],
            **axes,
        },
    )


def matrix(cells: pd.DataFrame, alarm: str, calm: str, ink: str) -> go.Figure:
    """Draw a tile for each marketplace by region: its accounts, and the share that is broken.

    Args:
        cells: columns ``region``, ``marketplace_id``, ``accounts`` and ``broken``, in the order
            in which a region's tiles stand.
        alarm: the colour, as #RRGGBB, that a high share is tinted with.
        calm: the colour, likewise, of a marketplace where nothing is broken.
        ink: the colour of the texts.
    """
    tiles: list[dict[str, Any]] = []
    labels: dict[float, str] = {}
    row = 0
    for region in Region:
        own = cells[cells["region"] == region.value]
        for place, cell in enumerate(own.itertuples(index=False)):
            where = {"x": place % ACROSS, "y": -(row + place // ACROSS)}
            tiles.append(where | _tile(cell, alarm, calm))
        if len(own):
            labels[-row] = f"<b>{region.value}</b>"
            row += -(-len(own) // ACROSS)
    shown = pd.DataFrame(tiles, columns=["x", "y", "text", "hover", "fill", "place"])
    return go.Figure(
        [
            {
                "type": "bar",
                "x": shown["x"],
                "y": [0.92] * len(shown),
                "base": shown["y"] - 0.46,
                "width": 0.95,
                "marker": {"color": shown["fill"], "line": {"width": 0}},
                "customdata": shown["place"],
                "hovertext": shown["hover"],
                "hovertemplate": "%{hovertext}<extra></extra>",
            },
            {
                "type": "scatter",
                "mode": "text",
                "x": shown["x"],
                "y": shown["y"],
                "text": shown["text"],
                "textfont": {"color": ink},
                "hoverinfo": "skip",
            },
        ],
        layout={
            "height": TILE * max(row, 1) + 10,
            "margin": _MARGIN | {"t": 0},
            "barmode": "overlay",
            "showlegend": False,
            "dragmode": False,
            "xaxis": {"range": [-0.5, ACROSS - 0.5], "visible": False, "fixedrange": True},
            "yaxis": {
                "range": [-row + 0.45, 0.55],
                "tickvals": list(labels),
                "ticktext": list(labels.values()),
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
            },
        },
    )


def trend(ages: pd.DataFrame, colors: Sequence[str], line: str) -> go.Figure:
    """Draw median and 90th percentile of sync age, in hours, day by day.

    Args:
        ages: columns ``day``, ``median`` and ``p90`` (seconds), oldest first.
        colors: of the median and of the 90th percentile.
        line: the colour of the 24 h and 48 h lines.
    """
    names = {"median": "Median", "p90": "90 % are younger than"}
    highest = float(ages["p90"].max()) / 3600 if len(ages) else 0.0
    heights = {"24 h": 24, "48 h": 48} if highest > 24 else {"24 h": 24}
    return go.Figure(
        [
            {
                "type": "scatter",
                # A single day would otherwise be a line without length.
                "mode": "lines" if len(ages) > 1 else "markers",
                "x": ages["day"],
                "y": ages[column] / 3600,
                "name": name,
                "line": {"color": color, "width": 2, "dash": dash},
                "hovertemplate": "%{y:.1f} h",
            }
            for (column, name), color, dash in zip(
                names.items(), colors, ("solid", "dash"), strict=True
            )
        ],
        layout={
            "height": 250,
            "margin": _MARGIN | {"b": 10},
            "hovermode": "x unified",
            "dragmode": False,
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            "xaxis": {"fixedrange": True, "showgrid": False} | _named_days(ages["day"]),
            "yaxis": {
                "range": [0, max(highest * 1.1, 26)],
                "fixedrange": True,
                "ticksuffix": " h",
                "nticks": 5,
            },
            "shapes": [_level(height, line) for height in heights.values()],
            "annotations": [
                _label(label, xref="paper", x=1, xanchor="right", y=height)
                for label, height in heights.items()
            ],
        },
    )


def _named_days(days: pd.Series) -> dict[str, Any]:
    """How few days stand on an axis, which would otherwise be divided into hours or less."""
    if not 0 < len(days) < 8:
        return {}
    half = pd.Timedelta(hours=12)
    ends = [pd.Timestamp(days.iloc[0]) - half, pd.Timestamp(days.iloc[-1]) + half]
    return {"tickformat": "%-d %b", "dtick": 24 * 60 * 60 * 1000, "range": ends}


def _lane(
    region: str, numbers: Sequence[int], axis: str, colors: Mapping[str, str]
) -> list[dict[str, Any]]:
    """A region's bars, and over them clear ones as high as the lane: small bars are hard to hit."""
    held = [(band, number) for band, number in zip(BANDS, numbers, strict=True) if number]
    bands = [band for band, _ in held]
    both = {"type": "bar", "x": bands, "yaxis": axis}
    return [
        both
        | {
            "y": [number for _, number in held],
            "marker": {"color": [colors[band] for band in bands], "line": {"width": 0}},
            "text": [f"{number:,}" for _, number in held],
            "textposition": "outside",
            "cliponaxis": False,
            "hoverinfo": "skip",
        },
        both
        | {
            "y": [max(numbers) * 1.3] * len(held),
            "marker": {"color": _CLEAR, "line": {"width": 0}},
            "customdata": [[region, band] for band in bands],
            "hovertext": [f"{region}, {band}: {number:,} accounts" for band, number in held],
            "hovertemplate": "%{hovertext}<extra></extra>",
        },
    ]


def _tile(cell: Any, alarm: str, calm: str) -> dict[str, Any]:
    place = marketplaces()[cell.marketplace_id]
    share = cell.broken / cell.accounts
    said = (
        "0 %" if not cell.broken else "<1 %" if share < 0.01 else f"{share:.0%}".replace("%", " %")
    )
    strength = 0.12 + 0.43 * min(share / ALARMING, 1)
    return {
        "text": f"<b>{place.country_code}</b> {said}<br>{cell.accounts:,}",
        "hover": f"{place.country}: {cell.broken:,} of {cell.accounts:,} accounts broken",
        "fill": tinted(alarm, strength) if cell.broken else tinted(calm, 0.12),
        "place": place.country_code,
    }


def tinted(color: str, strength: float) -> str:
    """A colour, as #RRGGBB, of which only some (0 to 1) covers what lies below it."""
    parts = ",".join(str(int(color[place : place + 2], 16)) for place in (1, 3, 5))
    return f"rgba({parts},{strength:.2f})"


def _upright(place: float, color: str) -> dict[str, Any]:
    where = {"xref": "x", "x0": place, "x1": place, "yref": "paper", "y0": 0, "y1": 1}
    return {"type": "line", "line": {"color": color, "width": 1, "dash": "dot"}} | where


def _level(height: float, color: str) -> dict[str, Any]:
    where = {"xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": height, "y1": height}
    return {"type": "line", "line": {"color": color, "width": 1, "dash": "dot"}} | where


def _label(text: str, **where: Any) -> dict[str, Any]:
    return {"text": text, "showarrow": False, "yanchor": "bottom"} | where
