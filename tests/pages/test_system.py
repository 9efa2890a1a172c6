"""The System page: empty, and with a worker that works."""

import pytest

from dashboard import clock
from dashboard.actions import workers
from dashboard.roles import Role
from tests.pages.opening import opened, text

pytestmark = pytest.mark.usefixtures("database")


def test_without_workers_it_says_how_to_start_one() -> None:
    page = opened("system", Role.VIEWER)
    assert "dashboard worker" in page.info[0].value
    assert page.metric[0].value == "0"


def test_it_shows_who_works_and_what_failed() -> None:
    now = clock.now()
    done = {("check", "ok"): 30, ("check", "Throttled"): 10}
    workers.beat("host-1-ab", now, now, done, checks=40, syncs=0, failures=10, queued=7, waited=3)
    workers.note_round("rewrite_due", now, 0.4, 12)

    page = opened("system")

    assert not page.info
    assert [each.value for each in page.metric][:2] == ["1", "7"]
    assert "25.0% failed" in text(page)
    tables = [each.value for each in page.dataframe]
    assert "Amazon asked us to call less often (429)" in tables[0]["outcome"].tolist()
    assert tables[1]["name"].tolist() == ["Sweep: statuses that time has changed"]
    assert tables[2]["id"].tolist() == ["host-1-ab"]
