"""The chart of the Renewals page: how many consents lapse in which month.

Pure: frames in, figures out; colours come from the caller, who knows the reader's theme.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

import pandas as pd
import plotly.graph_objects as go

HEIGHT: Final = 200
PALE: Final = 0.55
"""How strong the bars are that are not chosen."""


def by_month(months: pd.DataFrame, color: str, ink: str, chosen: str) -> go.Figure:
    """Draw the consents that lapse in each month; a click tells the month.

    Args:
        months: columns ``month`` (such as ``2026-11``) and ``consents``, in order.
        color: of the bars, as #RRGGBB; the month that is chosen has it in full.
        ink: the colour of the numbers.
        chosen: that month, if there is one.
    """
    most = max([*months["consents"], 1])
    return go.Figure(
        [
            {
                "type": "bar",
                "x": months["month"],
                "y": months["consents"],
                "text": [f"{each:,}" if each else "" for each in months["consents"]],
                "textposition": "outside",
                "textfont": {"color": ink},
                "cliponaxis": False,
                "customdata": months["month"],
                "hovertext": [f"{date.fromisoformat(f'{m}-01'):%B %Y}" for m in months["month"]],
                "marker": {
                    "color": color,
                    "opacity": [1 if each == chosen else PALE for each in months["month"]],
                },
                # Texts of bars that were clicked need these, or the click is lost.
                "selected": {"textfont": {"color": ink}},
                "unselected": {"textfont": {"color": ink}},
                "hovertemplate": "%{y:,} lapse in %{hovertext}<extra></extra>",
            }
        ],
        layout={
            "height": HEIGHT,
            "margin": {"l": 0, "r": 0, "t": 8, "b": 0},
            "bargap": 0.25,
            "showlegend": False,
            "dragmode": False,
            "xaxis": {
                "type": "category",
                "tickvals": months["month"],
                "ticktext": _labels(months["month"]),
                "tickangle": 0,
                "fixedrange": True,
                "showgrid": False,
            },
            "yaxis": {
                "fixedrange": True,
                "showgrid": False,
                "showticklabels": False,
                "range": [0, most * 1.2],
            },
        },
    )


def _labels(months: Iterable[str]) -> list[str]:
    """Months in short, with the year where one begins."""
    days = [date.fromisoformat(f"{each}-01") for each in months]
    return [
        f"{day:%b}<br>{day.year}" if not place or day.month == 1 else f"{day:%b}"
        for place, day in enumerate(days)
    ]
