"""How lengths of time spread: counted in bands of five percent, from which percentiles come. Pure.

Counts of bands can be added up, for any set of cohorts; percentiles cannot. A percentile found here
is less than three percent off.
"""

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

RATIO: Final = 1.05
"""How much longer the longest length of a band is than its shortest."""
SHORTEST: Final = 60.0
"""Seconds; whatever is shorter counts as that long."""


def band(length: timedelta) -> str:
    """The band of a length, as the key of a count."""
    seconds = max(length.total_seconds(), SHORTEST)
    return str(int(math.log(seconds / SHORTEST) / math.log(RATIO) + 1e-9))


def percentile(counts: Mapping[str, int], share: float) -> timedelta | None:
    """The length that this share of all does not exceed; ``None`` if there are none.

    Args:
        counts: how many lengths there are, by band.
        share: from 0 to 1.
    """
    rank = max(1, math.ceil(share * sum(counts.values()) - 1e-9))
    seen = 0
    for each in sorted(map(int, counts)):
        seen += counts[str(each)]
        if seen >= rank:
            return timedelta(seconds=SHORTEST * RATIO ** (each + 0.5))
    return None


def add(counts: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add numbers by name, or by names within names, to those of the same name."""
    for name, value in more.items():
        # Not any mapping: whether something is one takes longer to find out than to add.
        if isinstance(value, dict):
            add(counts.setdefault(name, {}), value)
        else:
            counts[name] = counts.get(name, 0) + value
