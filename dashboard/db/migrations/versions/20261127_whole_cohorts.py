"""Cohorts are kept of all regions and types together as well: one row instead of one for each."""

import zlib
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "e48b03f7c915"
down_revision = "c2a9417e5d08"
branch_labels = None
depends_on = None

TALLIES = sa.table(
    "daily_tallies",
    sa.column("kind", sa.String()),
    sa.column("strategist_id", sa.Integer()),
    sa.column("marketplace_id", sa.String()),
    sa.column("day", sa.Date()),
    sa.column("region", sa.String()),
    sa.column("type", sa.String()),
    sa.column("counts", sa.JSON()),
)
KINDS = {"joined week": "joined week whole", "joined month": "joined month whole"}


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        # Nobody is to add up cohorts meanwhile: this is what they hold while they do.
        op.execute(sa.select(sa.func.pg_advisory_xact_lock(zlib.crc32(b"past"))))
    downgrade()  # a worker may have been started too early
    cohorts = sa.select(TALLIES.c.kind, TALLIES.c.day).distinct()
    for kind, day in op.get_bind().execute(cohorts.where(TALLIES.c.kind.in_(KINDS))).all():
        _sum_up(kind, day)


def _sum_up(kind: str, day: Any) -> None:
    found: dict[tuple[int, str], dict[str, Any]] = {}
    rows = sa.select(TALLIES.c.strategist_id, TALLIES.c.marketplace_id, TALLIES.c.counts).where(
        TALLIES.c.kind == kind, TALLIES.c.day == day
    )
    for strategist_id, marketplace_id, counts in op.get_bind().execute(rows):
        _add(found.setdefault((strategist_id, marketplace_id), {}), counts)
    where = {"kind": KINDS[kind], "day": day, "region": "", "type": ""}
    op.bulk_insert(
        TALLIES,
        [
            where | {"strategist_id": whose, "marketplace_id": place, "counts": counts}
            for (whose, place), counts in found.items()
        ],
    )


def _add(counts: dict[str, Any], more: dict[str, Any]) -> None:
    # As ``spreads.add`` was when this was written: a migration changes with nothing else.
    for name, value in more.items():
        if isinstance(value, dict):
            _add(counts.setdefault(name, {}), value)
        else:
            counts[name] = counts.get(name, 0) + value


def downgrade() -> None:
    op.execute(sa.delete(TALLIES).where(TALLIES.c.kind.in_(list(KINDS.values()))))
