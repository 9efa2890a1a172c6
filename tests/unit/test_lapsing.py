"""Spans of time in which consents lapse, and the days our own clients' secrets have left."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.diagnosis import Channel
from dashboard.settings import Settings
from dashboard.status import lapsing
from dashboard.status.lapsing import ClientSecret, Within

NOW = datetime(2026, 11, 26, 14, 30, tzinfo=UTC)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_spans_are_whole_days_from_today_on() -> None:
    week = lapsing.within(Within.DAYS_7, NOW)

    assert week.start == datetime(2026, 11, 26, tzinfo=UTC)
    assert week.end == datetime(2026, 12, 4, tzinfo=UTC)
    assert week.days() == (date(2026, 11, 26), date(2026, 12, 3))
    assert lapsing.within(Within.OVERDUE, NOW).end == week.start


@given(moments, st.timedeltas(timedelta(), timedelta(days=395)))
def test_every_moment_of_a_year_is_in_one_month(now: datetime, ahead: timedelta) -> None:
    months, at = lapsing.months(now), now + ahead

    assert len(months) == 13
    assert months[0].start <= now < months[0].end
    assert all(one.end == other.start for one, other in pairwise(months))
    assert sum(each.start <= at < each.end for each in months) == (at < months[-1].end)
    assert len({each.words for each in months}) == 13


@pytest.mark.parametrize(
    ("age", "said"),
    [(10, ""), (149, ""), (150, "(in 30 days)"), (179, "(tomorrow)"), (180, "(today)"),
     (181, "(now overdue)")],
)  # fmt: skip
def test_a_secret_is_told_of_in_its_last_thirty_days(age: int, said: str) -> None:
    today = NOW.date()
    secret = ClientSecret(Channel.SP_API, "DASHBOARD_X_SINCE", today - timedelta(days=age))

    assert secret.days_left(today) == 180 - age
    sentence = lapsing.warning(secret, today)
    assert (said in sentence) if said else not sentence
    assert bool(said) == ("DASHBOARD_X_SINCE" in sentence)


def test_a_secret_of_unknown_age_says_which_setting_is_missing() -> None:
    chosen = Settings(mode="production")  # type: ignore[arg-type]
    found = lapsing.client_secrets(chosen.client_secrets_since(NOW.date()))

    assert [each.channel for each in found] == list(Channel)
    for each in found:
        assert each.ends_on is None
        assert f"set {each.setting} to that day" in lapsing.warning(each, NOW.date())
        assert each.setting.removeprefix("DASHBOARD_").lower() in Settings.model_fields
