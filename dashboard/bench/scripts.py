"""How long a page's script takes, cold and warm: ``python -m dashboard.bench.scripts RUNS``.

Runs in a process of its own, on the settings' database, and prints ``Times`` as JSON. The time is
of one whole run of the app in-process, the gate and the menu in it, without a browser.
"""

import json
import logging
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

import sqlalchemy as sa
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from dashboard import clock
from dashboard.bench.scenarios import SCENARIOS, Scenario
from dashboard.db.counts import EVERYONE, Tally
from dashboard.db.engine import reading
from dashboard.db.models import Account, Organization
from dashboard.diagnosis import Reason, playbook
from dashboard.queries import accounts
from dashboard.ui import clicks

APP: Final = Path(__file__).parent.parent / "app.py"

Times = list[tuple[str, int, list[float]]]
"""What was timed, with how many accounts, and the milliseconds of each run."""


def measure(runs: int) -> Times:
    """Time every scenario: first with Streamlit's caches empty, then with the answers in them."""
    names = _names()
    with reading() as session:
        number = session.scalar(
            sa.select(sa.func.sum(Tally.accounts)).where(
                Tally.strategist_id == EVERYONE, Tally.marketplace_id == ""
            )
        )
    # A server looks through the installed packages as it begins; here each run would.
    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
    _time(SCENARIOS[0], names)  # what is imported and connected once is nobody's page
    found: Times = []
    for scenario in SCENARIOS:
        cold, warm = [], []
        for _ in range(runs):
            st.cache_data.clear()
            clicks.forget()
            cold.append(_time(scenario, names))
            warm.append(_time(scenario, names))
        found.append((f"{scenario.name}: script, cold", number or 0, cold))
        found.append((f"{scenario.name}: script, warm", number or 0, warm))
    return found


def _names() -> Mapping[str, str | int]:
    """What stands for {strategist}, {reason}, {organization} and {account} in addresses."""
    with reading() as session:
        newest = session.scalar(sa.select(sa.func.max(Account.id)))
        return {
            "strategist": accounts.strategists(session)[0][1],
            "reason": playbook()[Reason.CONSENT_REVOKED].title,
            "organization": session.scalar(sa.select(sa.func.max(Organization.id))) or 0,
            "account": newest or 0,
            "day": (clock.now() - timedelta(days=200)).date().isoformat(),
        }


def _time(scenario: Scenario, names: Mapping[str, str | int]) -> float:
    """Milliseconds of one run in a new session."""
    app = AppTest.from_file(APP, default_timeout=600)
    for name, value in scenario.params.items():
        app.query_params[name] = str(value).format(**names)
    if scenario.page != "overview":
        app.switch_page(f"../pages/{scenario.page}.py")
    began = time.perf_counter()
    app.run()
    taken = (time.perf_counter() - began) * 1000
    if app.exception or app.error:
        raise RuntimeError(f"{scenario.name}: {[each.value for each in app.error]}")
    return taken


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    json.dump(measure(int(sys.argv[1])), sys.stdout)
