"""Alembic's entry: migrates the database of the settings, or one handed over as a connection."""

from typing import Literal

from alembic import context

from dashboard.db import (
    alerting,
    connecting,
    counts,
    forecasting,
    history,
    models,
    past,
    requests,
    syncing,
    triage,
)
from dashboard.db.engine import engine

TABLES = (
    models, history, counts, connecting, syncing, forecasting, past, triage, alerting, requests,
)  # fmt: skip
"""Every module that declares tables: importing them is what makes them known."""


def render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Migrations hold plain types only, so that they outlive the classes of today."""
    return (
        "sa.DateTime(timezone=True)"
        if kind == "type" and isinstance(item, models.Moment)
        else False
    )


def run(connection: object) -> None:
    """Apply what was asked for to this connection."""
    context.configure(
        connection=connection,  # type: ignore[arg-type]
        target_metadata=models.Model.metadata,
        render_as_batch=True,
        render_item=render,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if (given := context.config.attributes.get("connection")) is not None:
    run(given)
else:
    with engine().connect() as opened:
        run(opened)
