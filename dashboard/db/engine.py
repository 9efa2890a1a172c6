"""Connections and transactions: the only module that knows one database from the other."""

import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from functools import cache, partial
from threading import Lock
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.selectable import HasHints

from dashboard.db.bulk import bound, connection_of
from dashboard.errors import ConfigurationError
from dashboard.settings import settings
from dashboard.status import TOLERANCE

Selected = TypeVar("Selected", bound=HasHints)
WRITES = "switchboard_writes"
MAKING = Lock()
USED = "switchboard_used"
RESTED = 1.0
"""Seconds after which a connection is tried before it is used: the database may be another."""
CONNECTIONS = 15
"""How many connections a process has at most; whoever finds none free waits for one."""


class HintingCompiler(SQLiteCompiler):
    """SQLite's SQL with hints on tables, which SQLAlchemy writes for other databases only."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        """The hint as it stands after the table's name."""
        return text


def engine(url: str | None = None) -> sa.Engine:
    """The engine of this process for a database URL (the settings' when none is given).

    Raises:
        ConfigurationError: the URL cannot be understood.
    """
    # Threads that begin together would each make one, with connections of its own.
    with MAKING:
        return _engine(url or settings().database)


@cache
def _engine(url: str) -> sa.Engine:
    try:
        made = sa.create_engine(
            url, hide_parameters=True,
            # As many as there are, all kept: opening one costs more than most of what it is for.
            pool_size=CONNECTIONS, max_overflow=0,
        )  # fmt: skip
    except (sa.exc.ArgumentError, ImportError):
        raise ConfigurationError("DASHBOARD_DATABASE_URL is not a database address.") from None
    if made.dialect.name == "sqlite":
        made.dialect.statement_compiler = HintingCompiler
        event.listen(made, "connect", _prepare_sqlite)
        event.listen(made, "begin", _begin_sqlite)
    else:
        event.listen(made, "checkin", _rest)
        event.listen(made, "checkout", partial(_wake, made.dialect))
    return made


def _rest(_connection: Any, record: Any) -> None:
    record.info[USED] = time.monotonic()


def _wake(dialect: sa.Dialect, connection: Any, record: Any, _proxy: Any) -> None:
    """See whether a connection that has rested still works; if not, all are opened anew."""
    if time.monotonic() - record.info.get(USED, 0.0) < RESTED:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error:
        raise sa.exc.InvalidatePoolError from None


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # Python's driver would begin transactions by itself, and never for reads; we begin them.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "busy_timeout=30000",
        "foreign_keys=ON",
        "synchronous=NORMAL",
        "cache_size=-65536",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    # A write that began as a read could be refused half-way; IMMEDIATE waits its turn instead.
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@cache
def _for_reading(base: sa.Engine) -> sa.Engine:
    if base.dialect.name != "postgresql":
        return base
    return base.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


@cache
def _for_writing(base: sa.Engine) -> sa.Engine:
    return base.execution_options(**{WRITES: True})


@contextmanager
def reading(url: str | None = None) -> Iterator[Session]:
    """A session that sees one consistent moment and writes nothing."""
    with Session(_for_reading(engine(url)), autoflush=False) as session:
        yield session


@contextmanager
def writing() -> Iterator[sa.Connection]:
    """As ``transaction``, without objects: for what is done some hundred times a second."""
    with _for_writing(engine()).begin() as connection:
        yield connection


@contextmanager
def transaction(url: str | None = None) -> Iterator[Session]:
    """A session whose writes are all kept when the block ends, or none if it raises."""
    with Session(_for_writing(engine(url)), expire_on_commit=False) as session, session.begin():
        yield session


def exclusive(session: Session | sa.Connection, name: str) -> None:
    """Let only one transaction at a time do what ``name`` stands for; others wait their turn.

    Held until the transaction ends. On SQLite every writing transaction is alone anyway.
    """
    if connection_of(session).dialect.name == "postgresql":
        key = zlib.crc32(name.encode())
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def lock_rows(session: Session | sa.Connection, chosen: sa.Select[Any]) -> None:
    """Lock, in its order, the rows that a query finds; rows that point at them may be added.

    Held until the transaction ends. On SQLite every writing transaction is alone anyway.
    """
    if connection_of(session).dialect.name == "postgresql":
        session.execute(chosen.with_for_update(key_share=True))


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
    session: Session, column: sa.ColumnElement[Any] | InstrumentedAttribute[Any], values: Any
) -> sa.ColumnElement[bool]:
    """Whether a column is one of very many values: an array for PostgreSQL.

    There, taking apart a statement with a thousand values costs more than finding their rows.
    """
    if session.get_bind().dialect.name == "sqlite":
        return column.in_(values)
    return column == sa.any_(sa.literal(list(values), postgresql.ARRAY(column.type)))


def among_given(
    dialect: str, column: sa.ColumnElement[Any] | InstrumentedAttribute[Any], name: str
) -> sa.ColumnElement[bool]:
    """The same for a query that is made once, and given its values as parameter ``name``."""
    if dialect == "sqlite":
        return column.in_(sa.bindparam(name, expanding=True))
    return column == sa.any_(sa.bindparam(name, type_=postgresql.ARRAY(column.type)))


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
        connection = connection_of(session)
        with closing(connection.connection.cursor()) as cursor:
            _load(cursor, model, list(rows[0]), rows, connection.dialect)


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
        rows: dictionaries with the same keys each.
        add: columns whose value is added to the stored one instead of replacing it.
        keep: columns whose stored value stays as it is.
    """
    if not rows:
        return
    table = model.__table__
    insert = (
        sqlite.insert(table) if connection_of(session).dialect.name == "sqlite"
        else postgresql.insert(table)
    )  # fmt: skip
    keys = [column.name for column in table.primary_key]
    changed = {
        name: table.c[name] + insert.excluded[name] if name in add else insert.excluded[name]
        for name in rows[0]
        if name not in (*keys, *keep)
    }
    session.execute(
        insert.on_conflict_do_update(index_elements=keys, set_=changed), [dict(row) for row in rows]
    )


def count_up(session: Session, model: type[Any], row: Mapping[str, Any], column: str) -> int:
    """Add to the count of a row that may not be there yet.

    Args:
        session: the open transaction.
        model: the table.
        row: its primary key, and how much is to be added.
        column: which counts.

    Returns:
        What it counts now.
    """
    dialect = session.get_bind().dialect.name
    counted: int = session.execute(_count_up(dialect, model.__table__, column), row).scalar_one()
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


@contextmanager
def indexes_apart(models: Sequence[type[Any]]) -> Iterator[None]:
    """Drop the secondary indexes of these tables for the block, and build them anew after it."""
    indexes = [index for model in models for index in model.__table__.indexes]
    with engine().execution_options(**{WRITES: True}).begin() as connection:
        for index in indexes:
            index.drop(connection)
    yield
    for index in indexes:
        with engine().execution_options(**{WRITES: True}).begin() as connection:
            index.create(connection)


@contextmanager
def unchecked() -> Iterator[sa.Connection]:
    """A transaction that does not check foreign keys, for very many rows known to be right."""
    with restructuring() as connection, connection.begin():
        if connection.dialect.name != "sqlite":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        yield connection


@contextmanager
def restructuring(url: str | None = None) -> Iterator[sa.Connection]:
    """A connection that may change tables, before its first transaction.

    SQLite changes a column by making the table anew, and dropping the old one would break the
    foreign keys of the rows that point at it: there they are not checked.
    """
    with engine(url).execution_options(**{WRITES: True}).connect() as connection:
        if connection.dialect.name == "sqlite":
            cursor: Any = connection.connection.driver_connection
            cursor.execute("PRAGMA foreign_keys=OFF")
        try:
            yield connection
        finally:
            connection.invalidate()


def _load(
    cursor: Any,
    model: type[Any],
    names: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    dialect: sa.Dialect,
) -> None:
    """Hand rows to the driver: to PostgreSQL by COPY."""
    values = bound(model, names, rows, dialect)
    table, quoted = model.__tablename__, ", ".join(f'"{name}"' for name in names)
    if dialect.name == "sqlite":
        marks = ", ".join("?" for _ in names)
        cursor.executemany(f"INSERT INTO {table} ({quoted}) VALUES ({marks})", values)  # noqa: S608
        return
    with cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy:
        for value in values:
            copy.write_row(value)


def through_index(query: Selected, model: type[Any], index: str) -> Selected:
    """Have the query walk this index of the table.

    SQLite does not weigh how common a value is, and would gather and sort most of the table to
    return its first rows; PostgreSQL knows, and needs no telling.
    """
    return query.with_hint(model, f"INDEXED BY {index}", dialect_name="sqlite")


def analyze(url: str | None = None) -> None:
    """Let the database count what its tables hold, after much has been added."""
    with engine(url).execution_options(**{WRITES: True}).begin() as connection:
        connection.exec_driver_sql("ANALYZE")
