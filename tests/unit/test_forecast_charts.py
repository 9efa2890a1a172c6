"""Charts of first syncs, and the forecast in words."""

import pandas as pd
import pytest

from dashboard.forecast import Curve, outlook
from dashboard.forecast_charts import burn_down, first_sync_curve, spoken
from dashboard.queries.first_syncs import BURN_DOWN
from dashboard.status import Headline
from dashboard.ui.first_syncs import ORDER, percent, said

COLORS = {each.value: f"#0000{place:02d}" for place, each in enumerate(ORDER)}
LOOK = {"curve": "#2B62B5", "this": "#9A5B00", "line": "#5B6472"}
HALVES = Curve((10.0, 20.0), (0.6, 0.8), (0.4, 0.6), (0.7, 0.9), 40, 10, 60.0)


def left(*rows: tuple[int, Headline, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [(hours, each.value, number) for hours, each, number in rows], columns=list(BURN_DOWN)
    )


def test_an_account_stands_on_the_curve_where_its_hours_are() -> None:
    figure = first_sync_curve(HALVES, 12, 48, LOOK)
    line, mark = figure.data[2], figure.data[3]

    assert list(line.x) == [0, 10, 20, pytest.approx(57.6)]
    assert list(line.y) == [0, 0.6, 0.8, 0.8]
    assert (list(mark.x), list(mark.y)) == ([12], [0.6])
    assert list(figure.data[0].y) == [0, 0.4, 0.6, 0.6]
    assert [each.x0 for each in figure.layout.shapes] == [48, 12]


@pytest.mark.parametrize("lasted", [0, 3, 40, 48, 52, 90])
def test_the_labels_of_promise_and_account_never_lie_on_each_other(lasted: float) -> None:
    promised, this = first_sync_curve(HALVES, lasted, 48, LOOK).layout.annotations

    if abs(lasted - 48) < 10:
        assert {promised.xanchor, this.xanchor} == {"left", "right"}
        assert (this.xanchor == "right") is (lasted <= 48)


def test_a_curve_of_which_nothing_is_known_is_flat() -> None:
    nothing = Curve((), (), (), (), 0, 0, 0.0)
    assert list(first_sync_curve(nothing, 3, 48, LOOK).data[2].y) == [0, 0]


def test_each_bar_of_the_burn_down_says_what_it_counts_and_leads_to_its_headline() -> None:
    figure = burn_down(
        left((42, Headline.FIRST_SYNC, 1200), (0, Headline.AT_RISK, 3), (-6, Headline.LATE, 2),
             (-30, Headline.LATE, 1)),
        48, [each.value for each in ORDER], COLORS, "#5B6472",
    )  # fmt: skip

    assert {
        text: (data, bar)
        for trace in figure.data
        for text, data, bar in zip(trace.hovertext, trace.customdata, trace.x, strict=True)
    } == {
        "1,200 First sync, 42 to 48 h left": ("First sync", 45),
        "3 At risk, 0 to 6 h left": ("At risk", 3),
        "2 Late, over by 0 to 6 h": ("Late", -3),
        "1 Late, over by more than 24 h": ("Late", -27),
    }
    late = next(trace for trace in figure.data if trace.name == "Late")
    assert list(late.marker.pattern.shape) == ["/", "/"]
    low, high = figure.layout.xaxis.range
    assert low > 48 > -30 > high
    assert spoken(-30) == "over by more than 24 h"


def test_the_forecast_in_words() -> None:
    sure = Curve(
        (5.0, 24.0, 29.0, 60.0), (0.6, 0.7, 0.912, 1.0), (0.0,) * 4, (1.0,) * 4, 100, 0, 60
    )

    assert said(outlook(sure, 15, 48), 15, 48, 48).split("  \n") == [
        "**60 % of similar accounts were done by now.**",
        "Likely to finish in 9-14 h.",
        "22 % chance to miss 48 h.",
    ]


@pytest.mark.parametrize(
    ("lasted", "promise", "wanted"),
    [
        (5, 48, "Likely to finish in 5-15 h."),
        (12, 48, "Likely to finish in 8 h or more."),
        (12, 70, "At most 50 % chance to miss 48 h."),
        (20, 48, "It has lasted longer than any that has ended: its end cannot be forecast."),
        (20, 15.5, "It is 4 h over the 48 h."),
    ],
)
def test_the_edges_of_what_is_known_are_said(lasted: float, promise: float, wanted: str) -> None:
    assert wanted in said(outlook(HALVES, lasted, promise), lasted, promise, 48).split("  \n")


def test_what_is_likely_beyond_what_is_known_takes_longer_than_that() -> None:
    few = Curve((10.0, 50.0), (0.1, 0.2), (0.0, 0.0), (1.0, 1.0), 40, 160, 60.0)
    assert "more than 45 h" in said(outlook(few, 15, 48), 15, 48, 48)


def test_a_share_is_never_rounded_to_none_or_all() -> None:
    assert [percent(each) for each in (0, 0.001, 0.224, 0.999, 1)] == [
        "0 %", "under 1 %", "22 %", "over 99 %", "100 %",
    ]  # fmt: skip
