"""Connections and transactions of either database."""

import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from threading import Lock
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.orm import Session

from dashboard.db.bulk import connection_of
from dashboard.errors import ConfigurationError
from dashboard.settings import settings

WRITES = "switchboard_writes"
MAKING = Lock()
USED = "switchboard_used"
RESTED = 1.0
"""Seconds after which a connection is tried before it is used: the database may be another."""
CONNECTIONS = 15
"""How many connections a process has at most; whoever finds none free waits for one."""

ALONE = sa.select(sa.func.pg_advisory_xact_lock(sa.bindparam("key", type_=sa.BigInteger)))
STATEMENTS = 500
"""How many statements each connection to PostgreSQL keeps prepared, so that it plans them once."""


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
            # The one used last has what it needs at hand, statements that are prepared above all.
            pool_use_lifo=True,
            # Counts of past days are long.
            json_deserializer=orjson.loads,
        )  # fmt: skip
    except (sa.exc.ArgumentError, ImportError):
        raise ConfigurationError("DASHBOARD_DATABASE_URL is not a database address.") from None
    if made.dialect.name == "sqlite":
        made.dialect.statement_compiler = HintingCompiler
        event.listen(made, "connect", _prepare_sqlite)
        event.listen(made, "begin", _begin_sqlite)
    else:
        event.listen(made, "connect", _prepare_postgresql)
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


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    # Of a customer's walk alone there are more than the driver keeps by itself.
    connection.prepared_max = STATEMENTS


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
    chosen = _for_reading(engine(url))
    with Session(chosen, autoflush=False, expire_on_commit=False) as session:
        yield session
        # Rolled back, PostgreSQL's driver would forget every statement that it has prepared.
        session.expunge_all()
        session.commit()


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
        session.execute(ALONE, {"key": zlib.crc32(name.encode())})


def lock_rows(session: Session | sa.Connection, chosen: sa.Select[Any]) -> None:
    """Lock, in its order, the rows that a query finds; rows that point at them may be added.

    Held until the transaction ends. On SQLite every writing transaction is alone anyway.
    """
    if connection_of(session).dialect.name == "postgresql":
        session.execute(chosen.with_for_update(key_share=True))


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


def analyze(url: str | None = None) -> None:
    """Let the database count what its tables hold, after much has been added."""
    with engine(url).execution_options(**{WRITES: True}).begin() as connection:
        connection.exec_driver_sql("ANALYZE")
