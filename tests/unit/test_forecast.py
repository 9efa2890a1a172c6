"""Forecasts of first syncs: what a curve says of one in flight, and how a curve is estimated."""

from collections import Counter
from math import isclose

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from dashboard.actions.forecasting.estimating import HOURS, estimate
from dashboard.forecast import FEWEST, Curve, outlook, restored, risky_after, stored

many = settings(max_examples=150, deadline=None)

COUNTS = st.dictionaries(st.integers(1, 300), st.integers(1, 40), max_size=12)
CURVES = st.builds(estimate, COUNTS, COUNTS)
KNOWN = CURVES.filter(lambda curve: curve.is_known)
AGES = st.floats(0, 100)


def straight(finished: int = 100, late: int = 0) -> Curve:
    """Of so many, one is done each quarter of an hour; ``late`` others still are not after 60 h."""
    return estimate(dict.fromkeys(range(1, finished + 1), 1), {240: late} if late else {})


def test_the_sentence_of_the_account_page_follows_from_the_curve() -> None:
    """A hundred first syncs, done one after the other within 25 h, of which 15 h have passed."""
    found = outlook(straight(), 15, 48)

    assert found.done == pytest.approx(0.6)
    assert (found.soonest, found.latest) == (2.5, 7.5)
    assert (found.miss, found.exact) == (0, True)


def test_those_still_in_flight_make_an_end_within_48_hours_less_likely() -> None:
    found = outlook(straight(80, late=20), 15, 48)

    assert found.done == pytest.approx(0.6)
    assert (found.miss, found.exact) == (pytest.approx(0.5), True)
    assert (found.soonest, found.latest) == (2.5, None)
    assert found.known == 45


def test_beyond_what_is_known_the_chance_is_only_a_most() -> None:
    """The longest has lasted 30 h: whether anybody is done by 48 h is not known."""
    found = outlook(estimate(dict.fromkeys(range(1, 81), 1), {120: 20}), 15, 48)

    assert (found.miss, found.exact) == (pytest.approx(0.5), False)


def test_one_that_has_lasted_longer_than_any_that_ended_has_no_forecast() -> None:
    for curve in (straight(), straight(80, late=20)):
        found = outlook(curve, 25, 48)

        assert found.outlasted
        assert (found.soonest, found.latest) == (None, None)
        assert risky_after(curve, 48, 0.99) <= 25


def test_a_first_sync_is_at_risk_from_when_its_chance_to_miss_reaches_the_limit() -> None:
    curve = straight(80, late=20)

    # 20 of 100 miss; once only 40 are left, half of those do.
    assert risky_after(curve, 48, 0.49) == 15
    assert outlook(curve, 14.75, 48).miss < 0.49 < outlook(curve, 15, 48).miss
    assert risky_after(curve, 48, 0.19) == 0


def test_where_all_were_done_in_time_it_is_at_risk_once_it_outlasts_them() -> None:
    assert risky_after(straight(), 48, 0.25) == 25


def test_too_few_say_nothing_of_a_risk() -> None:
    few = straight(FEWEST - 1)

    assert not few.is_known
    assert risky_after(few, 48, 0.25) is None
    assert straight(FEWEST).is_known


def test_without_any_that_ended_nothing_is_done_at_any_time() -> None:
    for curve in (estimate({}, {}), estimate({}, {40: 3})):
        assert (curve.done_by(1000), curve.longest, curve.reaching(0.1)) == (0, 0, None)
        assert outlook(curve, 5, 48).outlasted


@many
@given(CURVES, AGES, AGES)
def test_shares_are_probabilities_and_never_fall(curve: Curve, one: float, other: float) -> None:
    early, late = sorted((one, other))

    assert 0 <= curve.done_by(early) <= curve.done_by(late) <= 1
    for low, done, high in zip(curve.low, curve.done, curve.high, strict=True):
        assert -1e-9 <= low <= done + 1e-9
        assert done <= high + 1e-9 <= 1 + 2e-9
    assert list(curve.hours) == sorted(set(curve.hours))


@many
@given(KNOWN, AGES, AGES)
def test_an_outlook_is_ordered_and_its_chance_a_probability(
    curve: Curve, lasted: float, promise: float
) -> None:
    found = outlook(curve, lasted, promise)

    assert 0 <= found.done <= 1
    assert found.outlasted is (lasted >= curve.longest or found.done >= 1)
    if found.miss is not None:
        assert 0 <= found.miss <= 1
    if found.latest is not None:
        assert found.soonest is not None
        assert 0 < found.soonest <= found.latest
        # As many as were said were done by then, of those that had lasted as long.
        left = 1 - found.done
        assert 1 - curve.done_by(lasted + found.latest) <= left * 0.25 + 1e-9
        assert 1 - curve.done_by(lasted + found.soonest - HOURS) >= left * 0.75 - 1e-9


@many
@given(KNOWN, AGES, AGES, AGES)
def test_chances_at_two_moments_agree(curve: Curve, one: float, other: float, third: float) -> None:
    """To miss from the start is to last until some moment, and from there to miss."""
    first, second, promise = sorted((one, other, third))
    early, late = outlook(curve, first, promise), outlook(curve, second, promise)
    assume(early.miss is not None and late.miss is not None)

    lasts = (1 - curve.done_by(second)) / (1 - curve.done_by(first))
    assert isclose(early.miss, lasts * late.miss, abs_tol=1e-9)
    assert early.miss <= late.miss + 1e-9


@many
@given(KNOWN, AGES, st.floats(0.01, 0.99), AGES)
def test_it_is_at_risk_from_the_moment_that_is_told_and_not_before(
    curve: Curve, promise: float, chance: float, lasted: float
) -> None:
    after = risky_after(curve, promise, chance)
    assert after is not None
    assert 0 <= after <= curve.longest

    found = outlook(curve, min(lasted, promise), promise)
    if found.miss is not None and found.exact and not isclose(found.miss, chance):
        assert (found.miss >= chance) is (min(lasted, promise) >= after)


@many
@given(COUNTS, COUNTS)
def test_a_curve_is_the_one_kaplan_and_meier_would_draw(
    finished: dict[int, int], waiting: dict[int, int]
) -> None:
    """Done by hand, one first sync at a time, and by the library without weights."""
    curve = estimate(finished, waiting)
    ended = sorted(Counter(finished).elements())
    lasted = [*ended, *Counter(waiting).elements()]
    left, by_hand = 1.0, []
    for quarters in sorted(set(ended)):
        at_risk = sum(each >= quarters for each in lasted)
        left *= 1 - ended.count(quarters) / at_risk
        by_hand.append((quarters * HOURS, 1 - left))

    assert [*zip(curve.hours, curve.done, strict=True)] == [
        (hours, pytest.approx(done, abs=1e-9)) for hours, done in by_hand
    ]
    assert (curve.finished, curve.waiting) == (len(ended), len(lasted) - len(ended))
    if ended:
        status = [1] * len(ended) + [0] * (len(lasted) - len(ended))
        alone = SurvfuncRight(np.array(lasted), np.array(status))
        assert np.allclose(1 - alone.surv_prob, curve.done, atol=1e-9)


def test_the_bounds_are_those_of_greenwoods_variance() -> None:
    """Ten of twenty done: from 30 % to 72 %, by the variance of the log of the log."""
    curve = estimate({4: 10}, {8: 10})
    alone = SurvfuncRight(np.array([4] * 10 + [8] * 10), np.array([1] * 10 + [0] * 10))
    spread = 1.959964 * alone.surv_prob_se[0] / (0.5 * np.log(0.5))

    assert curve.high[0] == pytest.approx(1 - 0.5 ** np.exp(-spread))
    assert curve.low[0] == pytest.approx(1 - 0.5 ** np.exp(spread))
    assert curve.low[0] < 0.5 < curve.high[0]


@many
@given(CURVES)
def test_a_curve_that_was_stored_comes_back(curve: Curve) -> None:
    kept = restored(stored(curve), curve.finished, curve.waiting)

    assert (kept.until, len(kept.hours)) == (curve.until, len(curve.hours))
    assert all(
        isclose(one, other, abs_tol=1e-5) for one, other in zip(kept.done, curve.done, strict=True)
    )
