"""Parts of queries that each database wants said in its own way."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.selectable import HasHints

from dashboard.db.bulk import connection_of
from dashboard.status import TOLERANCE

Selected = TypeVar("Selected", bound=HasHints)
FEW = 3
"""Up to how many values stand in a statement one by one."""


def lapsed(
    until: InstrumentedAttribute[Any], now: datetime, longest: timedelta
) -> sa.ColumnElement[bool]:
    """Whether what somebody holds until a moment is free.

    It is also free where the moment is further away than anybody ever holds anything: then it was
    written by a clock that has been set back since, and may be waited for in vain.

    Args:
        until: a column, empty while nobody holds anything.
        now: aware UTC.
        longest: how long anybody ever holds it; machines' clocks may differ a little besides.
    """
    return sa.or_(until.is_(None), until <= now, until > now + longest + TOLERANCE)


def among(
    session: Session | sa.Connection,
    column: sa.ColumnElement[Any] | InstrumentedAttribute[Any],
    values: Any,
) -> sa.ColumnElement[bool]:
    """Whether a column is one of very many numbers or words: an array for PostgreSQL, else JSON.

    Making a statement with a thousand values costs more than finding their rows. PostgreSQL plans
    anew for each array, though, which for a few values costs more than all else.
    """
    if len(values) <= FEW:
        return column.in_(values)
    if connection_of(session).dialect.name == "sqlite":
        given = sa.func.json_each(orjson.dumps(list(values)).decode()).table_valued("value")
        return column.in_(sa.select(given.c.value))
    return column == sa.any_(sa.literal(list(values), postgresql.ARRAY(column.type)))


def of_some(
    session: Session | sa.Connection,
    statement: Any,
    column: InstrumentedAttribute[Any],
    values: Any,
) -> sa.Result[Any]:
    """Execute a statement for the rows whose column is one of some values, as by ``among``.

    For few of them, what is made of the statement, a constant, is kept: to make one costs more than
    its answer.
    """
    if len(values) <= FEW:
        return session.execute(_of_few(statement, column), {"the_few": list(values)})
    return session.execute(statement.where(among(session, column, values)))


@cache
def _of_few(statement: Any, column: InstrumentedAttribute[Any]) -> Any:
    return statement.where(column.in_(sa.bindparam("the_few", expanding=True)))


def day_of(session: Session, moment: InstrumentedAttribute[Any]) -> sa.ColumnElement[Any]:
    """The UTC day of a column of moments."""
    if session.get_bind().dialect.name == "sqlite":
        return sa.func.date(moment, type_=sa.Date())
    return sa.cast(sa.func.timezone("UTC", moment), sa.Date)


def next_ids(session: Session, model: type[Any], number: int) -> list[int]:
    """Take free ids of a table numbered by ``id``, for rows that ``insert_many`` is to add."""
    if session.get_bind().dialect.name == "sqlite":
        # Nobody else writes during this transaction, so what is free stays free.
        first = (session.scalar(sa.select(sa.func.max(model.id))) or 0) + 1
        return list(range(first, first + number))
    sequence = sa.func.pg_get_serial_sequence(model.__tablename__, "id")
    taken = sa.select(sa.func.nextval(sequence)).select_from(sa.func.generate_series(1, number))
    return list(session.scalars(taken))


def number_on(session: Session | sa.Connection, model: type[Any]) -> None:
    """Have rows that are added to a table numbered by ``id`` follow those that brought their own.

    SQLite numbers from the highest id anyway; PostgreSQL's numbering does not see given ids.
    """
    if connection_of(session).dialect.name == "sqlite":
        return
    sequence = sa.func.pg_get_serial_sequence(model.__tablename__, "id")
    highest = sa.select(sa.func.max(model.id)).scalar_subquery()
    session.execute(sa.select(sa.func.setval(sequence, highest)))


def through_index(query: Selected, model: type[Any], index: str) -> Selected:
    """Have the query walk this index of the table.

    SQLite does not weigh how common a value is, and would gather and sort most of the table to
    return its first rows; PostgreSQL knows, and needs no telling.
    """
    return query.with_hint(model, f"INDEXED BY {index}", dialect_name="sqlite")
