"""Bring a database to the tables of this version."""

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from dashboard.db.engine import engine, restructuring
from dashboard.errors import ConfigurationError
from dashboard.settings import Settings

UNREACHABLE: Final = (
    "The database cannot be reached: check DASHBOARD_DATABASE_URL and that it is running."
)


def config(connection: sa.Connection) -> Config:
    """Alembic's configuration for an open connection."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.attributes["connection"] = connection
    return made


def migrate(url: str | None = None, to: str = "head") -> None:
    """Upgrade the database (the settings' when no URL is given); one that is current stays as is.

    Raises:
        ConfigurationError: the database cannot be reached, or was made by a newer version.
    """
    target = engine(url)
    if target.dialect.name == "sqlite" and target.url.database:
        Path(target.url.database).parent.mkdir(parents=True, exist_ok=True)
    try:
        with restructuring(url) as connection:
            command.upgrade(config(connection), to)
            connection.commit()
    except sa.exc.OperationalError:
        raise ConfigurationError(UNREACHABLE) from None


def require_ready(chosen: Settings) -> None:
    """Let nothing start before all is set, and the database has the tables of this version.

    Raises:
        ConfigurationError: something must be done first; the sentences name all of it.
    """
    if problems := chosen.problems():
        raise ConfigurationError(" ".join(problems))
    if not is_current():
        raise ConfigurationError(
            "The database lacks tables of this version: run `dashboard migrate` first."
        )


def is_current(url: str | None = None) -> bool:
    """Whether the database has exactly the tables of this version.

    Raises:
        ConfigurationError: the database cannot be reached.
    """
    try:
        with engine(url).connect() as connection:
            present = MigrationContext.configure(connection).get_current_heads()
            expected = ScriptDirectory.from_config(config(connection)).get_heads()
    except sa.exc.OperationalError:
        # The driver's own words may hold the password, so they are not repeated.
        raise ConfigurationError(UNREACHABLE) from None
    return set(present) == set(expected)


def rebuild(url: str | None = None) -> None:
    """Throw away every table and all rows, and make the tables anew."""
    migrate(url)
    with restructuring(url) as connection:
        command.downgrade(config(connection), "base")
        command.upgrade(config(connection), "head")
        connection.commit()
