"""The tables that migrations make are those of the models, on both databases."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic import command

from dashboard import web
from dashboard.clock import now
from dashboard.connect import app as connect
from dashboard.db.engine import analyze, engine, transaction
from dashboard.db.history import Event
from dashboard.db.migrate import config, is_current, migrate, rebuild
from dashboard.db.models import Account, AccountMarketplace
from dashboard.errors import ConfigurationError
from dashboard.settings import settings
from dashboard.sync import worker
from tests import factories


def test_migrations_go_up_and_down_and_up_again(empty_url: str) -> None:
    for _ in range(2):
        migrate(empty_url)
        assert is_current(empty_url)
        with engine(empty_url).connect() as connection:
            command.downgrade(config(connection), "base")
            connection.commit()
            assert sa.inspect(connection).get_table_names() == ["alembic_version"]
        assert not is_current(empty_url)


def test_models_and_migrations_agree(empty_url: str) -> None:
    migrate(empty_url)
    with engine(empty_url).connect() as connection:
        command.check(config(connection))


def test_migrating_a_current_database_changes_nothing(empty_url: str) -> None:
    migrate(empty_url)
    migrate(empty_url)
    assert is_current(empty_url)


@pytest.mark.parametrize(
    "serve",
    [lambda: web.serve(settings()), lambda: connect.serve(settings()), worker.serve],
    ids=["dashboard", "customers' pages", "worker"],
)
def test_nothing_starts_on_a_database_of_another_version(
    serve: Callable[[], None], empty_url: str, use_database: Callable[[str], None]
) -> None:
    use_database(empty_url)
    with pytest.raises(ConfigurationError, match="run `dashboard migrate` first"):
        serve()


def test_rebuilding_throws_away_every_row_and_leaves_foreign_keys_checked(database: str) -> None:
    with transaction() as session:
        factories.account(session, factories.organization(session))
    rebuild()
    assert is_current()
    with transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 0
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.add(AccountMarketplace(account_id=1, marketplace_id="A1", sort_name=""))


def test_the_database_keeps_what_it_counts_of_its_tables(database: str) -> None:
    with transaction() as session:
        factories.account(session, factories.organization(session))
    analyze()
    counts = {
        "sqlite": "SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'accounts'",
        "postgresql": "SELECT count(*) FROM pg_stats WHERE tablename = 'accounts'",
    }
    with transaction() as session:
        assert session.scalar(sa.text(counts[session.get_bind().dialect.name]))


@pytest.mark.parametrize("change", ["UPDATE events SET kind = 'x'", "DELETE FROM events"])
def test_the_database_refuses_to_change_history(database: str, change: str) -> None:
    with transaction() as session:
        session.add(Event(at=now(), kind="imported", staff_name="Ana", details={}))
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), transaction() as session:
        session.execute(sa.text(change))
    with transaction() as session:
        assert session.scalar(sa.select(Event.kind)) == "imported"
