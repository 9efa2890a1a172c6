"""The trend of sync ages: what each past day's end would have noted, had we been there."""

from array import array
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from dashboard.actions.demo.history import Track, ages
from dashboard.actions.demo.life import Life
from dashboard.db.bulk import upsert
from dashboard.db.counts import EVERYONE, UNASSIGNED, DailyAge


class Trend:
    """Collects the sync ages of accounts at the end of each of some past UTC days, and at present.

    An age takes four bytes, so that a large company's are no burden.
    """

    def __init__(self, now: datetime, days: int) -> None:
        midnight = datetime.combine(now.date(), datetime.min.time(), UTC)
        self.moments = [midnight - timedelta(days=back) for back in range(days - 1, -1, -1)]
        self.days = [(each - timedelta(seconds=1)).date() for each in self.moments]
        self.moments.append(now)
        self.days.append(now.date())
        self.found: dict[tuple[int, int], array[int]] = defaultdict(lambda: array("i"))

    def add(self, life: Life, tracks: Sequence[Track]) -> None:
        """Count an account in, for everyone and for its strategist."""
        scope = life.lead.id if life.lead and life.lead.id else UNASSIGNED
        for place, age in enumerate(ages(life, tracks, self.moments)):
            if age is not None:
                self.found[scope, place].append(age)

    def write(self, session: Session) -> None:
        """Write the median and the 90th percentile of each day."""
        scopes = sorted({scope for scope, _ in self.found})
        for place, day in enumerate(self.days):
            each = {scope: self.found.get((scope, place), array("i")) for scope in scopes}
            everyone = array("i")
            for some in each.values():
                everyone.extend(some)
            rows = [_row(day, scope, some) for scope, some in (each | {EVERYONE: everyone}).items()]
            upsert(session, DailyAge, [row for row in rows if row["accounts"]])


def _row(day: Any, scope: int, found: Sequence[int]) -> dict[str, Any]:
    """A day's row; the places in order are those that the sweep takes."""
    inorder = sorted(found)
    shares = {"median": 0.5, "p90": 0.9}
    places = {name: round(share * (len(inorder) - 1)) for name, share in shares.items()}
    values = {name: inorder[place] if inorder else 0 for name, place in places.items()}
    return {"day": day, "strategist_id": scope, "accounts": len(inorder)} | values
