"""Estimating the curve of first syncs: counts in, curves out. Workers alone load this library."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from statsmodels.duration.survfunc import SurvfuncRight

from dashboard.actions.forecasting.counting import QUARTER
from dashboard.forecast import Curve

HOURS: Final = QUARTER.total_seconds() / 3600
CONFIDENCE: Final = 1.959964
"""Standard errors to either side that hold 95 %."""


def estimate(finished: Mapping[int, int], waiting: Mapping[int, int]) -> Curve:
    """The Kaplan-Meier curve of first syncs.

    Args:
        finished: how many took so many quarter hours.
        waiting: how many are in flight since so many whole quarter hours; 0 counts for nothing.
    """
    lengths = [*finished, *waiting]
    numbers = [*finished.values(), *waiting.values()]
    ended = [1] * len(finished) + [0] * len(waiting)
    known = sum(finished.values())
    until = max(lengths, default=0) * HOURS
    if not known:
        return Curve((), (), (), (), 0, sum(waiting.values()), until)
    found = SurvfuncRight(np.array(lengths), np.array(ended), freq_weights=np.array(numbers))
    left = np.clip(found.surv_prob, 0.0, 1.0)
    low, high = _bounds(left, found.n_risk, found.n_events)
    return Curve(
        tuple((found.surv_times * HOURS).tolist()),
        tuple((1 - left).tolist()), tuple((1 - high).tolist()), tuple((1 - low).tolist()),
        known, sum(waiting.values()), until,
    )  # fmt: skip


def _bounds(
    left: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    at_risk: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    events: "np.ndarray[tuple[int], np.dtype[np.float64]]",
) -> tuple["np.ndarray[tuple[int], np.dtype[np.float64]]", ...]:
    """Bounds of the share left, by Greenwood's variance of the log of its log.

    Where nobody is left there is no variance: the last bounds stay.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(events / (at_risk * (at_risk - events)))
        spread = CONFIDENCE * np.sqrt(variance) / np.log(left)
        low, high = left ** np.exp(-spread), left ** np.exp(spread)
    known = np.isfinite(spread)
    last = np.maximum.accumulate(np.where(known, np.arange(len(left)), 0))
    if not known.any():
        return np.zeros_like(left), np.ones_like(left)
    return np.where(known, low, 0.0), np.where(known, high, high[last])
