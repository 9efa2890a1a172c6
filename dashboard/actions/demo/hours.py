"""The sync ages of every past hour: what each hour would have noted, had we been there."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from sqlalchemy.orm import Session

from dashboard.actions.demo.history import Track
from dashboard.actions.demo.life import Life
from dashboard.actions.past import ages, places
from dashboard.actions.past.headlines import HOURS
from dashboard.actions.past.places import Place
from dashboard.marketplaces import by_country
from dashboard.status import EDGES, AgeBand

BANDS: Final = [band.value for band in AgeBand]
_EDGES: Final = [edge.total_seconds() for edge, _ in EDGES]


class Hours:
    """Collects the bands of accounts at each full hour of some past days."""

    def __init__(self, now: datetime, days: int) -> None:
        first = datetime.combine(now.date(), datetime.min.time(), UTC) - timedelta(days=days)
        self.first = first
        self.number = int((now - first).total_seconds()) // 3600 + 1
        self.moments = first.timestamp() + 3600.0 * np.arange(self.number)
        self.found: dict[Place, Any] = {}

    def add(self, life: Life, tracks: Sequence[Track]) -> None:
        """Count an account in, wherever it counts."""
        bands = self._bands(life, tracks)
        born = self.moments >= life.steps[0][0].timestamp()
        hits = np.zeros((len(BANDS), self.number), dtype=np.int64)
        hits[bands[born], np.flatnonzero(born)] = 1
        joined = ["", *(by_country()[country].id for country in life.shape.countries)]
        lead = life.lead.id if life.lead else None
        for place in places.spread(lead, joined, life.shape.region.value, life.shape.type.value):
            known = self.found.get(place)
            self.found[place] = hits if known is None else known + hits

    def write(self, session: Session) -> None:
        """Write what each day would have noted."""
        for start in range(0, self.number, HOURS):
            end = min(start + HOURS, self.number)
            rest: list[int | None] = [None] * (HOURS - (end - start))
            counts = {
                place: {
                    band: [*map(int, hours[start:end]), *rest]
                    for band, hours in zip(BANDS, known, strict=True)
                    if hours[start:end].any()
                }
                for place, known in self.found.items()
            }
            day = (self.first + timedelta(hours=start)).date()
            held = {place: bands for place, bands in counts.items() if bands}
            places.replace(session, ages.KIND, day, held)

    def _bands(self, life: Life, tracks: Sequence[Track]) -> Any:
        """The band of the account at each moment: by its oldest required stream."""
        required = set(life.channels)
        oldest: Any = self.moments
        known = [each.successes for each in tracks if each.lane.channel in required]
        for successes in known:
            at = np.array([each.timestamp() for each in successes])
            place = np.searchsorted(at, self.moments, side="right")
            last = np.where(place > 0, at[place - 1] if len(at) else -1.0, np.nan)
            oldest = np.minimum(oldest, last)
        found = np.digitize(self.moments - oldest, _EDGES)
        never = np.isnan(oldest) if known else np.ones(self.number, dtype=bool)
        return np.where(never, BANDS.index(AgeBand.NEVER.value), found)
