"""How long the demo's first syncs took: what would have been counted as they ended."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from dashboard.actions.demo.lanes import Lane
from dashboard.actions.demo.telling import Told
from dashboard.actions.forecasting.counting import INTERRUPTED, quarters
from dashboard.db.bulk import upsert
from dashboard.db.forecasting import FirstSyncLength


def write(session: Session, told: Iterable[Told]) -> None:
    """Count the first syncs of these accounts that have ended and were not interrupted."""
    found: Counter[tuple[Any, ...]] = Counter()
    for each in told:
        for channel in each.life.channels:
            lanes = each.life.of(channel)
            ended = _ended(lanes)
            if ended is None or _interrupted(each, lanes[0].added_at, ended):
                continue
            began = lanes[0].added_at
            kind = (channel.value, each.life.shape.region.value)
            found[*kind, began.date(), quarters(ended - began)] += 1
    names = ("channel", "region", "began_on", "quarters")
    rows = [dict(zip(names, key, strict=True)) | {"syncs": count} for key, count in found.items()]
    upsert(session, FirstSyncLength, rows, add=["syncs"])


def _ended(lanes: list[Lane]) -> datetime | None:
    """When the last of these streams first succeeded, if all have."""
    ends = [lane.first[1] for lane in lanes if lane.first is not None]
    return max(ends) if ends and len(ends) == len(lanes) else None


def _interrupted(told: Told, began: datetime, ended: datetime) -> bool:
    return any(
        spell.headline in INTERRUPTED
        and spell.started_at < ended
        and (spell.ended_at is None or spell.ended_at > began)
        for spell in told.past.spells
    )
