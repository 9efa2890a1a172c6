"""Time that passes in a test: every moment that is stored becomes so much older.

Whoever reads the clock sees the same as if they had waited, or as if the clock had been set.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from dashboard.db.engine import transaction
from dashboard.db.history import Event
from dashboard.db.models import Model, Moment


def passes(time: timedelta) -> None:
    """Let time pass; a negative time is a clock that was set back. History stays as written."""
    with transaction() as session:
        sqlite = session.get_bind().dialect.name == "sqlite"
        for table in Model.metadata.sorted_tables:
            columns = [each for each in table.c if isinstance(each.type, Moment)]
            if columns and table is not Event.__table__:
                older = {
                    each.name: _older_text(each, time) if sqlite else _older(each, time)
                    for each in columns
                }
                session.execute(sa.update(table).values(older))


def _older(column: sa.Column[datetime], time: timedelta) -> sa.ColumnElement[datetime]:
    seconds = sa.literal_column(f"INTERVAL '{time.total_seconds():.0f} seconds'", sa.Interval())
    return sa.type_coerce(sa.type_coerce(column, sa.DateTime(timezone=True)) - seconds, column.type)


def _older_text(column: sa.Column[datetime], time: timedelta) -> sa.ColumnElement[str]:
    """SQLite keeps moments as text: with milliseconds, to which the microseconds are added."""
    seconds = f"{-time.total_seconds():+.0f} seconds"
    text = sa.func.strftime("%Y-%m-%d %H:%M:%f000", column, seconds)
    return sa.cast(text, sa.String)
