"""Every page says when no worker reports, and shows no green that nobody vouches for."""

from datetime import timedelta

import pytest

from dashboard import clock
from dashboard.actions import workers
from dashboard.db.engine import transaction
from dashboard.ui.read import fresh
from tests import factories
from tests.pages.opening import opened, text

pytestmark = pytest.mark.usefixtures("database")


def beat(minutes: float) -> None:
    seen_at = clock.now() - timedelta(minutes=minutes)
    workers.beat("here", seen_at, seen_at, checks=0, syncs=0, failures=0)


@pytest.mark.parametrize("page", ["overview", "accounts", "account", "activity"])
def test_silence_is_said_on_every_page_and_ends_with_it(page: str) -> None:
    with transaction() as session:
        account_id = factories.account(session, factories.organization(session))
    address = {"id": account_id} if page == "account" else {}
    beat(8)
    fresh()

    silent = opened(page, **address)

    assert "No worker has reported for 8 min" in silent.error[0].value
    if page in {"overview", "accounts"}:
        assert "Healthy" not in text(silent)
    if page == "account":
        assert "We must act" in text(silent)
    beat(0)
    fresh()
    assert not opened(page, **address).error
