"""``dashboard screenshots``: pictures of the pages with the demo company, for README and docs."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from dashboard.bench.browser import FLAGS, chromium, free_port, serving
from dashboard.settings import ROOT

FOLDER: Final = ROOT / "docs" / "screenshots"
WIDE: Final = (1280, 1500)
PHONE: Final = (390, 1600)
SHOTS: Final = {
    "overview": ("", WIDE),
    "accounts": ("accounts", (1280, 900)),
    "organization": ("organization?id=1", (1280, 1100)),
    "account": ("account?id=1", (1280, 1700)),
    "triage": ("triage", (1280, 1300)),
    "metrics": ("metrics", (1280, 1300)),
    "replay": ("metrics?view=Replay", (1280, 1300)),
    "renewals": ("renewals", (1280, 1100)),
    "activity": ("activity", (1280, 900)),
    "import": ("import", (1280, 900)),
    "staff": ("staff", (1280, 900)),
    "alerts": ("alerts", (1280, 1100)),
    "overview-phone": ("", PHONE),
    "accounts-phone": ("accounts", (390, 900)),
    "account-phone": ("account?id=1", PHONE),
    "triage-phone": ("triage", PHONE),
    "metrics-phone": ("metrics", PHONE),
}
"""Address and size of each picture."""


def take(folder: Path = FOLDER) -> list[Path]:
    """Load the demo company into a database of its own and take every picture, light and dark.

    Returns:
        The files written, over older ones.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with TemporaryDirectory(prefix="switchboard-pictures-") as data:
        env = {
            "DASHBOARD_MODE": "demo",
            "DASHBOARD_DATABASE_URL": f"sqlite:///{data}/demo.sqlite",
            "DASHBOARD_DATA_DIR": data,
            "DASHBOARD_WEB_PORT": str(port),
        }
        python = [sys.executable, "-m", "dashboard"]
        for command in ("migrate", "demo"):
            subprocess.run([*python, command], env={**os.environ, **env}, check=True)  # noqa: S603
        with serving([*python, "web"], port, env), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            files = [
                _shot(browser, f"http://127.0.0.1:{port}/{address}", size, theme, folder / file)
                for name, (address, size) in SHOTS.items()
                for theme in ("light", "dark")
                for file in [f"{name}-{theme}.png"]
            ]
            browser.close()
    return files


def _shot(browser: Browser, url: str, size: tuple[int, int], theme: str, file: Path) -> Path:
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        timezone_id="Europe/Berlin",
        bypass_csp=True,
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')"
        "?.getAttribute('data-test-script-state') === 'notRunning'"
        "&& !document.querySelector('[data-testid=stSkeleton]')"
    )
    page.wait_for_load_state("networkidle")
    # Tables and charts are painted in the frames after the data has come.
    page.wait_for_timeout(2500)
    page.screenshot(path=file)
    context.close()
    return file
