"""The real processes on free loopback ports, and a headless Chromium to look at them with."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from dashboard.settings import ROOT
from tests.production import PRODUCTION

PATIENCE = 30
"""Seconds until something counts as never coming; the machine may be busy with other tests."""
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip

expect.set_options(timeout=PATIENCE * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here drives a browser; they stay in one worker, which starts Chromium once."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A running Chromium. Without one the tests fail in CI, and are skipped aloud elsewhere."""
    names = ("chromium", "chromium-browser", "google-chrome")
    places = [os.environ.get("CHROMIUM"), "/usr/bin/chromium", *map(shutil.which, names)]
    path = next((each for each in places if each and Path(each).exists()), None)
    if path is None:
        reason = "NO BROWSER: install Debian's package chromium, or set CHROMIUM to one."
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def person(chromium: Browser) -> Iterator[BrowserContext]:
    """Somebody at a browser of their own: cookies are shared by their tabs only."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE * 1000)
    yield context
    context.close()


@pytest.fixture
def tab(person: BrowserContext) -> Page:
    """An empty tab."""
    return person.new_page()


@pytest.fixture
def web(
    sqlite_template: Path, tmp_path: Path, use_database: Callable[[str], None]
) -> Iterator[Callable[..., str]]:
    """Starts ``dashboard web`` on an empty database and gives its address.

    Settings are given as keywords: ``web(mode="production")``; ``plain_streamlit`` starts it by
    ``streamlit run`` instead. The test sees the same database, so it can write to it with the use
    cases.
    """
    file = tmp_path / "web.sqlite"
    shutil.copy(sqlite_template, file)
    use_database(f"sqlite:///{file}")
    with ExitStack() as running:

        def start(*, plain_streamlit: bool = False, **chosen: Any) -> str:
            port = chosen.setdefault("web_port", free_port())
            command = ["-m", "dashboard", "web"]
            if plain_streamlit:
                script = str(ROOT / "dashboard" / "app.py")
                command = ["-m", "streamlit", "run", script, "--server.port", str(port)]
                command += ["--server.headless", "true"]
            chosen |= {"database_url": f"sqlite:///{file}", "data_dir": tmp_path}
            base = f"http://127.0.0.1:{port}"
            running.enter_context(
                process([sys.executable, *command], tmp_path, f"{base}/_stcore/health", chosen)
            )
            return base

        yield start


@pytest.fixture
def sign_in_server(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Starts an OpenID Connect provider that knows these people, and gives its address."""
    with ExitStack() as running:

        def start(*people: dict[str, Any]) -> str:
            port = free_port()
            users = [part for each in people for part in ("--user-claims", json.dumps(each))]
            base = f"http://127.0.0.1:{port}"
            running.enter_context(
                process(
                    [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *users],
                    tmp_path,
                    f"{base}/.well-known/openid-configuration",
                )
            )
            return base

        yield start


@pytest.fixture
def signed_web(web: Callable[..., str], sign_in_server: Callable[..., str]) -> Callable[..., str]:
    """Starts ``dashboard web`` in production, with a sign-in server that knows these people."""

    def start(*people: dict[str, Any], **chosen: Any) -> str:
        provider = sign_in_server(*people)
        port = free_port()
        return web(
            **PRODUCTION
            | {
                "web_port": port,
                "public_url": f"http://127.0.0.1:{port}",
                "oidc_metadata_url": f"{provider}/.well-known/openid-configuration",
                "oidc_client_secret": token_hex(16),
                "cookie_secret": token_hex(32),
                "support_contact": "the platform team",
            }
            | chosen
        )

    return start


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(
    command: list[str], directory: Path, health: str, chosen: dict[str, Any] | None = None
) -> Iterator[None]:
    """Run a server until the block ends; it must come up, and end well when it is asked to."""
    kept = {name: value for name, value in os.environ.items() if "DASHBOARD_" not in name}
    set_to = {f"DASHBOARD_{name.upper()}": str(value) for name, value in (chosen or {}).items()}
    log = directory / f"{re.sub('[^a-z]+', '-', command[2])}-{free_port()}.log"
    with log.open("wb") as output:
        started = subprocess.Popen(
            command, cwd=directory, env=kept | {"PYTHONPATH": str(ROOT)} | set_to,
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            wait_for(health, started, log)
            yield
        finally:
            started.terminate()
            started.wait(PATIENCE)
    if "dashboard" in command:
        assert started.returncode == 0, log.read_text()


def wait_for(health: str, started: "subprocess.Popen[bytes]", log: Path) -> None:
    """Ask until the server answers, for as long as the process lives."""
    for _ in range(PATIENCE * 10):
        try:
            urlopen(health, timeout=PATIENCE).close()  # noqa: S310 - our own address
        except (URLError, OSError):
            try:
                started.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            pytest.fail(f"{started.args} ended by itself:\n{log.read_text()}")
        else:
            return
    pytest.fail(f"{started.args} never answered:\n{log.read_text()}")
