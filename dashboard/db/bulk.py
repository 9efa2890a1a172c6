"""Writing rows in each database's own way: very many at once, or over those that are there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

FEW = 50
"""Up to how many values go to PostgreSQL one by one, by a statement that is kept for that number of
rows: psycopg keeps none with more."""


def update_many(
    session: Session | sa.Connection,
    model: type[Any],
    rows: Sequence[Mapping[str, Any]],
    keys: Sequence[str] = ("id",),
) -> None:
    """Change many rows in the open transaction, each to values of its own, in one statement.

    Args:
        session: the open transaction.
        model: the table.
        rows: dictionaries with the same columns each, no two of the same row.
        keys: the columns by which a row is found; the others are set.
    """
    if not rows:
        return
    connection, names = connection_of(session), list(rows[0])
    values = bound(model, names, rows, connection.dialect)
    with closing(connection.connection.cursor()) as cursor:
        if connection.dialect.name == "sqlite":
            cursor.executemany(_update_one(model, names, keys, ":{}"), _named(names, values))
        elif len(rows) == 1:
            cursor.execute(_update_one(model, names, keys, "%({})s"), *_named(names, values))
        elif len(rows) * len(names) <= FEW:
            few = _update_few(model, names, keys, len(rows), connection.dialect)
            cursor.execute(few, [value for each in values for value in each])
        else:
            columns = [list(each) for each in zip(*values, strict=True)]
            cursor.execute(_update_all(model, names, keys, connection.dialect), columns)


def _named(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in rows]


def _update_one(model: type[Any], names: Sequence[str], keys: Sequence[str], mark: str) -> str:
    """The statement that changes one row; ``mark`` is how a driver marks a value by its name."""
    marked = {name: f'"{name}" = {mark.format(name)}' for name in names}
    new = ", ".join(marked[name] for name in names if name not in keys)
    found = " AND ".join(marked[name] for name in keys)
    return f"UPDATE {model.__tablename__} SET {new} WHERE {found}"  # noqa: S608


def _update_few(
    model: type[Any], names: Sequence[str], keys: Sequence[str], number: int, dialect: sa.Dialect
) -> str:
    """PostgreSQL's statement that changes so many rows, each given by itself."""
    row = ", ".join(f"%s::{each}" for each in _kinds(model, names, dialect))
    rows = ", ".join([f"({row})"] * number)
    return _update_from(model, names, keys, f"(VALUES {rows})")


def _update_all(
    model: type[Any], names: Sequence[str], keys: Sequence[str], dialect: sa.Dialect
) -> str:
    """PostgreSQL's statement that changes all rows, which are given as an array for each column."""
    arrays = ", ".join(f"%s::{each}[]" for each in _kinds(model, names, dialect))
    return _update_from(model, names, keys, f"unnest({arrays})")


def _update_from(model: type[Any], names: Sequence[str], keys: Sequence[str], given: str) -> str:
    table = model.__tablename__
    new = ", ".join(f'"{name}" = given."{name}"' for name in names if name not in keys)
    found = " AND ".join(f'{table}."{name}" = given."{name}"' for name in keys)
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"UPDATE {table} SET {new} FROM {given} AS given ({quoted}) WHERE {found}"  # noqa: S608


def _kinds(model: type[Any], names: Sequence[str], dialect: sa.Dialect) -> Iterator[str]:
    """The columns' types as PostgreSQL names them; an order of its own is no part of one."""
    columns = model.__table__.c
    return (columns[name].type.compile(dialect).partition(" COLLATE ")[0] for name in names)


def bound(
    model: type[Any],
    names: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    dialect: sa.Dialect,
) -> Iterator[list[Any]]:
    """The rows' values as the driver wants them."""
    types = [model.__table__.c[name].type.dialect_impl(dialect) for name in names]
    columns = [
        (name, each.bind_processor(dialect)) for name, each in zip(names, types, strict=True)
    ]
    return (
        [process(row[name]) if process else row[name] for name, process in columns] for row in rows
    )


def connection_of(session: Session | sa.Connection) -> sa.Connection:
    """The connection of an open transaction."""
    return session.connection() if isinstance(session, Session) else session


def insert_many(
    session: Session | sa.Connection, model: type[Any], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert very many rows in the open transaction, past SQLAlchemy: many times as fast.

    Args:
        session: the open transaction.
        model: the table.
        rows: dictionaries with the same keys each: every column, but for an ``id`` that is to be
            numbered by the database.
    """
    if rows:
        _load(session, model, rows)


def upsert(
    session: Session | sa.Connection,
    model: type[Any],
    rows: Sequence[Mapping[str, Any]],
    add: Sequence[str] = (),
    keep: Sequence[str] = (),
) -> None:
    """Insert rows; where the primary key is taken, overwrite the other columns.

    Args:
        session: the open transaction.
        model: the table.
        rows: dictionaries with the same keys each: every column. Of several of one primary key the
            last counts; where columns are added, there may be no two of one.
        add: columns whose value is added to the stored one instead of replacing it.
        keep: columns whose stored value stays as it is.
    """
    if not rows:
        return
    keys = [column.name for column in model.__table__.primary_key]
    if not add:
        # PostgreSQL refuses to write over a row twice in one statement.
        rows = list({tuple(row[name] for name in keys): row for row in rows}.values())
    new = {name: f'excluded."{name}"' for name in rows[0] if name not in (*keys, *keep)}
    new |= {name: f'{model.__tablename__}."{name}" + {new[name]}' for name in add}
    over = ", ".join(f'"{name}" = {value}' for name, value in new.items())
    taken = ", ".join(f'"{name}"' for name in keys)
    _load(session, model, rows, f" ON CONFLICT ({taken}) DO UPDATE SET {over}")


def take_free(
    session: Session, model: type[Any], free: sa.ColumnElement[bool], values: Mapping[str, Any]
) -> set[int]:
    """Change rows that nobody else is changing at this moment, and wait for none of the others.

    Args:
        session: the open transaction.
        model: the table, numbered by ``id``.
        free: which rows.
        values: what is set in each.

    Returns:
        The ids of those that were changed.
    """
    found = sa.select(model.id).where(free).with_for_update(skip_locked=True)
    change = sa.update(model).where(model.id.in_(found)).values(**values).returning(model.id)
    return set(session.scalars(change, execution_options={"synchronize_session": False}))


def count_up(
    session: Session | sa.Connection, model: type[Any], row: Mapping[str, Any], column: str
) -> int:
    """Add to the count of a row that may not be there yet.

    Args:
        session: the open transaction.
        model: the table.
        row: its primary key, and how much is to be added.
        column: which counts.

    Returns:
        What it counts now.
    """
    connection = connection_of(session)
    statement = _count_up(connection.dialect.name, model.__table__, column)
    counted: int = connection.execute(statement, row).scalar_one()
    return counted


@cache
def _count_up(dialect: str, table: sa.Table, column: str) -> Any:
    """The statement of ``count_up``: made once, because making it costs more than it does."""
    insert = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    counted = table.c[column]
    return insert.on_conflict_do_update(
        index_elements=[each.name for each in table.primary_key],
        set_={column: counted + insert.excluded[column]},
    ).returning(counted)


def _load(
    session: Session | sa.Connection,
    model: type[Any],
    rows: Sequence[Mapping[str, Any]],
    over: str = "",
) -> None:
    """Hand rows to the driver; to PostgreSQL, unless they are few, all of them as one.

    ``over`` says what becomes of rows that are there already, which COPY cannot be told.
    """
    connection, names = connection_of(session), list(rows[0])
    values = bound(model, names, rows, connection.dialect)
    quoted = ", ".join(f'"{name}"' for name in names)
    into = f"INSERT INTO {model.__tablename__} ({quoted})"
    with closing(connection.connection.cursor()) as cursor:
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" for _ in names)
            cursor.executemany(f"{into} VALUES ({marks}){over}", list(values))
        elif len(rows) * len(names) <= FEW:
            marks = ", ".join([f"({', '.join('%s' for _ in names)})"] * len(rows))
            given = [value for each in values for value in each]
            cursor.execute(f"{into} VALUES {marks}{over}", given)
        elif over:
            columns = [list(each) for each in zip(*values, strict=True)]
            arrays = ", ".join(f"%s::{each}[]" for each in _kinds(model, names, connection.dialect))
            cursor.execute(f"{into} SELECT * FROM unnest({arrays}){over}", columns)  # noqa: S608
        else:
            with cursor.copy(f"COPY {model.__tablename__} ({quoted}) FROM STDIN") as copy:
                for value in values:
                    copy.write_row(value)
