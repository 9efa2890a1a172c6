"""Moments as people say them."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from dashboard.ui import times

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (NOW - timedelta(seconds=45), "45 s ago"),
        (NOW - timedelta(hours=3), "3 h ago"),
        (NOW - timedelta(days=5), "5 d ago"),
        (NOW + timedelta(hours=3), "in 3 h"),
        (None, "never"),
        (pd.NaT, "never"),
    ],
)
def test_how_long_ago_is_said_as_a_person_would(moment: datetime | None, said: str) -> None:
    assert times.ago(moment, NOW) == said


def test_an_exact_moment_names_its_time_zone() -> None:
    assert times.exact(NOW) == "Mon 4 May 2026, 12:00:00 UTC"
    assert times.exact(None) == "never"
