"""Charts of the past: lanes in words, marks in shapes, times on the reader's clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from dashboard.history_charts import headline_strip, sync_runs

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
COLORS = {
    "Healthy": "#00ff00",
    "Stuck": "#ff0000",
    "Needs reconnect": "#ff0000",
    "succeeded": "#00ff00",
    "failed": "#ff0000",
    "running": "#0000ff",
}


def spells(*rows: tuple[str, str, float, float | None]) -> pd.DataFrame:
    """Spells as headline, reason, and days since their beginning and end."""
    return pd.DataFrame(
        {
            "headline": [row[0] for row in rows],
            "reason": [row[1] for row in rows],
            "started_at": pd.to_datetime([NOW - row[2] * DAY for row in rows], utc=True),
            "ended_at": pd.to_datetime(
                [None if row[3] is None else NOW - row[3] * DAY for row in rows], utc=True
            ),
        }
    )


def runs(*rows: tuple[int, float, str]) -> pd.DataFrame:
    """Runs as stream, days since their beginning, and outcome."""
    return pd.DataFrame(
        {
            "stream_id": [row[0] for row in rows],
            "started_at": pd.to_datetime([NOW - row[1] * DAY for row in rows], utc=True),
            "finished_at": pd.to_datetime(
                [
                    None if row[2] == "running" else NOW - row[1] * DAY + timedelta(minutes=4)
                    for row in rows
                ],
                utc=True,
            ),
            "outcome": [row[2] for row in rows],
            "reason": ["throttled" if row[2] == "failed" else "" for row in rows],
            "rows": [1200 for _ in rows],
        }
    )


STREAMS = pd.DataFrame({"id": [7, 9], "country_code": ["DE", "DE"], "channel": ["AAA", "SP-API"]})


def test_each_headline_has_a_lane_of_its_own_the_most_urgent_on_top() -> None:
    past = spells(
        ("Healthy", "", 90, 9), ("Needs reconnect", "consent_revoked", 9, 8),
        ("Healthy", "", 8, 2), ("Stuck", "sync_stalled", 2, None),
    )  # fmt: skip

    figure = headline_strip(past, NOW - 120 * DAY, NOW, COLORS, UTC)

    assert list(figure.layout.yaxis.categoryarray) == ["Healthy", "Needs reconnect", "Stuck"]
    assert [len(trace.x) for trace in figure.data] == [2, 1, 1]
    assert figure.data[2].x[0] == 2 * DAY.total_seconds() * 1000
    assert "The sync makes no progress" in figure.data[2].customdata[0]
    assert "until now" in figure.data[2].customdata[0]


def test_a_spell_that_began_before_the_strip_is_cut_off_but_said_in_full() -> None:
    figure = headline_strip(spells(("Healthy", "", 300, None)), NOW - 120 * DAY, NOW, COLORS, UTC)

    assert figure.data[0].x[0] == 120 * DAY.total_seconds() * 1000
    assert "for 300 d" in figure.data[0].customdata[0]


def test_times_are_on_the_readers_clock() -> None:
    past = spells(("Healthy", "", 1, None))

    figure = headline_strip(past, NOW - 120 * DAY, NOW, COLORS, ZoneInfo("Asia/Tokyo"))

    assert pd.Timestamp(figure.data[0].base[0]) == pd.Timestamp("2026-05-03 21:00")
    assert "3 May 2026, 21:00" in figure.data[0].customdata[0]


def test_runs_are_told_apart_by_mark_and_word() -> None:
    past = runs((7, 3, "succeeded"), (9, 2, "failed"), (7, 1, "running"))

    figure = sync_runs(past, STREAMS, NOW, COLORS, UTC)

    assert [trace.name for trace in figure.data] == ["Succeeded", "Failed", "Running"]
    assert len({trace.marker.symbol for trace in figure.data}) == 3
    assert [list(trace.y) for trace in figure.data] == [["DE AAA"], ["DE SP-API"], ["DE AAA"]]
    assert "took 4 min, 1,200 rows" in figure.data[0].customdata[0]
    assert "Delayed: Amazon limits our requests" in figure.data[1].customdata[0]
    assert "not finished" in figure.data[2].customdata[0]


def test_a_stream_that_never_ran_keeps_its_lane() -> None:
    figure = sync_runs(runs((7, 1, "succeeded")), STREAMS, NOW, COLORS, UTC)

    assert list(figure.layout.yaxis.categoryarray) == ["DE SP-API", "DE AAA"]
    assert len(figure.data) == 1
