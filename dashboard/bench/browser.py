"""How long a person waits: from navigation to the first rows or chart, in headless Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlencode
from urllib.request import urlopen

import psutil
from playwright.sync_api import Page, sync_playwright

from dashboard.bench.scenarios import SCENARIOS, Figure, Scenario, figure
from dashboard.errors import ConfigurationError

FLAGS: Final = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
STATIC: Final = Path(__file__).parent / "static" / "app.py"
MEASURED: Final = ("overview", "accounts", "accounts, search of one account")
"""Scenarios timed in the browser; the static page draws what these draw."""


def chromium() -> str:
    """Where Chromium is: ``CHROMIUM``, or on the path.

    Raises:
        ConfigurationError: there is none.
    """
    for each in (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"):
        if each and (found := shutil.which(each)):
            return found
    raise ConfigurationError("No browser is found: install chromium, or name one in CHROMIUM.")


@contextmanager
def serving(
    command: list[str], port: int, env: Mapping[str, str], health: str = "/_stcore/health"
) -> Iterator[psutil.Process]:
    """Run a server until the block ends; the block begins when its health page answers.

    Raises:
        ConfigurationError: it ended, or did not answer within a minute.
    """
    child = subprocess.Popen(  # noqa: S603 - our own command
        command, env={**os.environ, **env}, stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while not _answers(port, health):
            if child.poll() is not None or time.monotonic() > deadline:
                raise ConfigurationError(f"{' '.join(command[1:4])} did not start.")
            time.sleep(0.1)
        yield psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait(timeout=20)


def free_port() -> int:
    """A port on loopback that nothing uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def measure(env: Mapping[str, str], accounts: int, runs: int) -> list[Figure]:
    """Time the pages and the static page in turns, so that both see the same machine.

    Args:
        env: the settings of the database.
        accounts: its size, for the figures.
        runs: navigations per page; one more before them is not counted.
    """
    ours, static = free_port(), free_port()
    web = [sys.executable, "-m", "dashboard", "web"]
    page = [sys.executable, "-m", "streamlit", "run", str(STATIC), f"--server.port={static}",
            "--server.address=127.0.0.1", "--server.headless=true",
            "--browser.gatherUsageStats=false"]  # fmt: skip
    chosen = [each for each in SCENARIOS if each.name in MEASURED]
    figures = []
    with (
        serving(web, ours, {**env, "DASHBOARD_WEB_PORT": str(ours)}) as process,
        serving(page, static, env),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for scenario in chosen:
            addresses = {
                "browser": f"http://127.0.0.1:{ours}/{scenario.address}",
                "browser, static page": f"http://127.0.0.1:{static}/{scenario.address}",
            }
            taken: dict[str, list[float]] = {kind: [] for kind in addresses}
            for run in range(runs + 1):
                for kind, address in addresses.items():
                    context = browser.new_context(
                        viewport={"width": 1280, "height": 900}, bypass_csp=True
                    )
                    value = _wait(context.new_page(), address, scenario)
                    context.close()
                    if run:
                        taken[kind].append(value)
            figures += [figure(f"{scenario.name}: {kind}", accounts, "ms", values)
                        for kind, values in taken.items()]  # fmt: skip
        browser.close()
        memory = process.memory_info().rss / 2**20
        figures.append(figure("memory of the web process", accounts, "MiB", [memory]))
    return figures


def _wait(page: Page, address: str, scenario: Scenario) -> float:
    """Milliseconds from the start of the navigation until the page shows what it is for."""
    page.goto(f"{address}?{urlencode(scenario.params)}", wait_until="commit")
    shown = page.wait_for_function(
        "selector => document.querySelector(selector) && performance.now()",
        arg=scenario.shows,
        polling="raf",
        timeout=60_000,
    )
    return float(shown.json_value())


def _answers(port: int, health: str) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}{health}", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
