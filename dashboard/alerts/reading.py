"""Reading numbered rows each once, though transactions end in another order than they number.

A row's number is given out when it is written, and the row is seen when its transaction ends: rows
with lower numbers may appear later. Numbers that were passed over are therefore looked for again,
for as long as a transaction may last; those that were given up meanwhile never appear.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

PATIENCE: Final = 3600
"""Seconds for which a number that was passed over is looked for."""
MOST: Final = 5000
"""Gaps that are remembered."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers, from ``first`` to ``last``, that were not there at ``noticed`` (seconds)."""

    first: int
    last: int
    noticed: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything up to ``position`` is read, but for what may yet appear in ``gaps``."""

    position: int = 0
    gaps: tuple[Gap, ...] = ()

    def further(self, ids: Sequence[int], now: int) -> "Reading":
        """After rows beyond ``position`` were read, in order, with none between left out."""
        gaps, position = list(self.gaps), self.position
        for each in ids:
            if each > position + 1:
                gaps.append(Gap(position + 1, each - 1, now))
            position = each
        return replace(self, position=position, gaps=tuple(gaps[-MOST:]))

    def filled(self, ids: Iterable[int]) -> "Reading":
        """After rows in gaps were read."""
        found = sorted(ids)
        return replace(self, gaps=tuple(part for gap in self.gaps for part in _split(gap, found)))

    def settled(self, now: int) -> "Reading":
        """Without the gaps in which nothing appears any more."""
        kept = tuple(each for each in self.gaps if each.noticed > now - PATIENCE)
        return replace(self, gaps=kept)


def _split(gap: Gap, found: Iterable[int]) -> list[Gap]:
    """What is left of a gap without these numbers, which are in order."""
    parts, first = [], gap.first
    for each in found:
        if gap.first <= each <= gap.last:
            parts.append(Gap(first, each - 1, gap.noticed))
            first = each + 1
    parts.append(Gap(first, gap.last, gap.noticed))
    return [each for each in parts if each.first <= each.last]
