"""A stand-in Amazon, and customers with links to walk."""

from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from dashboard.actions.connecting import links
from dashboard.db.engine import transaction
from dashboard.roles import COMMAND_LINE
from dashboard.settings import settings
from tests import factories
from tests.connect.customer import Customer
from tests.sandboxes import Sandbox, serving


@pytest.fixture(scope="session")
def served() -> Iterator[Sandbox]:
    """One stand-in Amazon for all tests."""
    with serving() as sandbox:
        yield sandbox


@pytest.fixture
def amazon(served: Sandbox, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Amazon as it should be, with an empty database on each engine."""
    monkeypatch.setenv("DASHBOARD_SANDBOX_PORT", served.base.rpartition(":")[2])
    settings.cache_clear()
    served.reset()
    yield served
    settings.cache_clear()


@pytest.fixture
def customer(amazon: Sandbox) -> Customer:
    return Customer(amazon)


@pytest.fixture
def invitation(amazon: Sandbox) -> Callable[..., SecretStr]:
    """Makes a link to add an account to a new organization."""

    def make(name: str = "Acme GmbH") -> SecretStr:
        with transaction() as session:
            organization_id = factories.organization(session, name, contacts=["ana@acme.example"])
        return links.add_account(COMMAND_LINE, organization_id).url

    return make
