"""Charts of the fleet: every bar and tile says how many, and carries where a click leads."""

from datetime import timedelta

import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboard import charts
from dashboard.marketplaces import by_country, marketplaces
from dashboard.queries.overview import AGES, MATRIX, TREND
from dashboard.status import AgeBand

COLORS = {band.value: f"#0000{place:02d}" for place, band in enumerate(AgeBand)}
RED, GRAY, INK = "#BC3128", "#5B6472", "#1D2330"


def ages(*rows: tuple[str, AgeBand, int]) -> pd.DataFrame:
    return pd.DataFrame([(region, band.value, number) for region, band, number in rows],
                        columns=list(AGES))  # fmt: skip


def cells(*rows: tuple[str, int, int]) -> pd.DataFrame:
    places = by_country()
    return pd.DataFrame(
        [(places[code].region.value, places[code].id, number, broken)
         for code, number, broken in rows],
        columns=list(MATRIX),
    )  # fmt: skip


def clickable(figure: go.Figure) -> dict[object, str]:
    """What a click on each bar gives, and what the bar says of itself."""
    return {
        tuple(data) if isinstance(data, list | tuple) else data: text
        for trace in figure.data
        if trace.customdata is not None
        for data, text in zip(trace.customdata, trace.hovertext, strict=True)
    }


def test_each_age_bar_leads_to_the_accounts_of_its_region_and_band() -> None:
    figure = charts.sync_ages(
        ages(("EU", AgeBand.UNDER_6_H, 1200), ("EU", AgeBand.OVER_7_D, 3),
             ("NA", AgeBand.UNDER_48_H, 7)),
        COLORS, GRAY,
    )  # fmt: skip

    assert clickable(figure) == {
        ("NA", "24-48 h"): "NA, 24-48 h: 7 accounts",
        ("EU", "under 6 h"): "EU, under 6 h: 1,200 accounts",
        ("EU", "over 7 d"): "EU, over 7 d: 3 accounts",
    }


def test_bars_are_as_high_as_their_number_and_coloured_by_their_band() -> None:
    figure = charts.sync_ages(ages(("EU", AgeBand.UNDER_6_H, 12)), COLORS, GRAY)

    drawn = next(trace for trace in figure.data if trace.customdata is None)
    assert list(drawn.y) == [12]
    assert list(drawn.text) == ["12"]
    assert list(drawn.marker.color) == [COLORS["under 6 h"]]


def test_the_lines_of_24_and_48_hours_stand_between_the_bands() -> None:
    figure = charts.sync_ages(ages(("EU", AgeBand.UNDER_6_H, 1)), COLORS, GRAY)

    bands = list(figure.layout.xaxis.categoryarray)
    assert bands == [band.value for band in AgeBand if band is not AgeBand.NEVER]
    lines = {note.text: note.x for note in figure.layout.annotations}
    assert lines == {
        "24 h": bands.index("24-48 h") - 0.5,
        "48 h": bands.index("2-7 d") - 0.5,
    }
    assert [line.x0 for line in figure.layout.shapes] == list(lines.values())


def test_every_marketplace_has_its_own_tile_in_the_rows_of_its_region() -> None:
    everywhere = cells(*((code, 10, 1) for code in by_country()))

    figure = charts.matrix(everywhere, RED, GRAY, INK)

    assert set(clickable(figure)) == set(by_country())
    bars = figure.data[0]
    places = list(zip(bars.x, bars.base, strict=True))
    assert len(set(places)) == len(marketplaces())
    assert max(bars.x) < charts.ACROSS
    region_of = {code: by_country()[code].region for code in bars.customdata}
    rows: dict[float, set[object]] = {}
    for code, base in zip(bars.customdata, bars.base, strict=True):
        rows.setdefault(base, set()).add(region_of[code])
    assert all(len(regions) == 1 for regions in rows.values())


@pytest.mark.parametrize(
    ("accounts", "broken", "said"),
    [(10, 0, "0 %"), (1000, 3, "<1 %"), (200, 31, "16 %"), (7, 7, "100 %")],
)
def test_a_tile_says_its_accounts_and_the_share_broken(
    accounts: int, broken: int, said: str
) -> None:
    figure = charts.matrix(cells(("DE", accounts, broken)), RED, GRAY, INK)

    assert list(figure.data[1].text) == [f"<b>DE</b> {said}<br>{accounts:,}"]
    assert clickable(figure) == {"DE": f"Germany: {broken:,} of {accounts:,} accounts broken"}


def test_a_higher_share_is_tinted_more_and_none_is_not_red() -> None:
    figure = charts.matrix(
        cells(("DE", 100, 0), ("FR", 100, 1), ("IT", 100, 10), ("ES", 100, 90)), RED, GRAY, INK
    )

    calm, *tints = figure.data[0].marker.color
    assert not calm.startswith("rgba(188,")
    strengths = [float(tint.removesuffix(")").rsplit(",", 1)[1]) for tint in tints]
    assert strengths == sorted(set(strengths))


def test_the_trend_is_in_hours_and_shows_the_promise_it_is_measured_by() -> None:
    days = pd.to_datetime(["2026-05-01", "2026-05-02"])
    young = pd.DataFrame(
        {"day": days, "accounts": [5, 5], "median": [3600, 7200], "p90": [36000, 36000]}
    )
    old = young.assign(p90=60 * 3600)

    figure = charts.trend(young, [RED, GRAY], GRAY)

    assert [list(line.y) for line in figure.data] == [[1, 2], [10, 10]]
    assert [note.text for note in figure.layout.annotations] == ["24 h"]
    assert figure.layout.yaxis.range[1] > 24
    assert [note.text for note in charts.trend(old, [RED, GRAY], GRAY).layout.annotations] == [
        "24 h",
        "48 h",
    ]


@pytest.mark.parametrize("number", [1, 3])
def test_few_days_of_a_trend_stand_as_days_and_not_as_parts_of_one(number: int) -> None:
    days = pd.date_range("2026-05-01", periods=number)
    ages = pd.DataFrame({"day": days, "accounts": 5, "median": 3600, "p90": 36000})

    axis = charts.trend(ages, [RED, GRAY], GRAY).layout.xaxis

    assert axis.dtick == timedelta(days=1) / timedelta(milliseconds=1)
    assert axis.range[0] < days[0]
    assert days[-1] < axis.range[1]


def test_without_rows_there_are_still_charts() -> None:
    for figure in (
        charts.sync_ages(pd.DataFrame(columns=list(AGES)), COLORS, GRAY),
        charts.matrix(pd.DataFrame(columns=list(MATRIX)), RED, GRAY, INK),
        charts.trend(pd.DataFrame(columns=list(TREND)), [RED, GRAY], GRAY),
    ):
        assert figure.to_json()
