"""The command line: ``dashboard --help``."""

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dashboard.errors import RowsRefused, SwitchboardError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from dashboard.actions.imports import Report
    from dashboard.sandbox.customers import Consented

SHOWN: Final = 20
"""Refused rows named on screen."""


class Commands(click.Group):
    """Says every failure of ours in its one sentence, without a traceback, and exits 1."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(context)
        except SwitchboardError as error:
            raise click.ClickException(str(error)) from error


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
def main() -> None:
    """Switchboard: connection health of every customer's Amazon accounts.

    Settings are environment variables that begin with DASHBOARD_ (see the README).
    """


@main.command()
def run() -> None:
    """Start everything on this machine, and print the addresses."""
    from dashboard.processes import run_all

    sys.exit(run_all())


@main.command()
def web() -> None:
    """Serve the staff dashboard."""
    from dashboard.settings import settings
    from dashboard.web import serve

    serve(settings())


@main.command()
def connect() -> None:
    """Serve the customers' pages, and Amazon's way back to them."""
    from dashboard.connect.app import serve
    from dashboard.settings import settings

    serve(settings())


@main.command()
def worker() -> None:
    """Check connections, send mail and keep every status true; any number may run."""
    from dashboard.sync.worker import serve

    serve()


@main.command()
def sandbox() -> None:
    """Serve a stand-in Amazon for demos and training; demo mode only."""
    import uvicorn

    from dashboard.actions.connecting.attempts import redirect_uri
    from dashboard.diagnosis import Channel
    from dashboard.sandbox import create_app
    from dashboard.settings import Mode, settings

    chosen = settings()
    if chosen.mode is not Mode.DEMO:
        raise click.ClickException("The stand-in Amazon is for demo mode only.")
    clients = [chosen.login_client(each) for each in Channel]
    aaa, sp_api = ((name, secret.get_secret_value()) for name, secret in clients)
    app = create_app(
        aaa=aaa, sp_api=sp_api, application_id=chosen.application_id,
        redirect_uris=[redirect_uri(each) for each in Channel],
        login_uri=f"{chosen.connect_base}/login", draft=chosen.sp_api_draft,
    )  # fmt: skip
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # No access log: addresses of consent pages hold the app's state.
    uvicorn.run(
        app, host="127.0.0.1", port=chosen.sandbox_port, log_level="warning", access_log=False,
        server_header=False, ws="none", timeout_graceful_shutdown=3,
    )  # fmt: skip


@main.command()
def migrate() -> None:
    """Bring the database to the tables of this version."""
    from dashboard.db.migrate import migrate as upgrade

    upgrade()
    click.echo("The database is up to date.")


@main.command()
def check() -> None:
    """List every problem of the configuration, in words; exit 1 if there is one."""
    from dashboard.checks import problems, warnings

    for warning in warnings():
        click.echo(f"- Soon: {warning}")
    found = problems()
    for problem in found:
        click.echo(f"- {problem}")
    click.echo("No problems." if not found else f"{len(found)} to mend.", err=bool(found))
    sys.exit(1 if found else 0)


@main.command()
def sweep() -> None:
    """Rewrite the status of every account that time alone has changed."""
    from dashboard.actions.sweep import sweep as rewrite

    click.echo(f"{rewrite():,} accounts were due.")


@main.command()
def past() -> None:
    """Count every past day that is not counted yet, for Metrics; workers do so bit by bit.

    Ways aboard that are older than Metrics are told again from history first.

    It can be interrupted, and run again, while everything else runs.
    """
    from dashboard.actions.past import DAYS, note
    from dashboard.actions.past.recalling import recall

    with click.progressbar(length=100, label="Reading history") as bar:
        recall(_percent(bar))

    with click.progressbar(length=1, label="Counting past days") as bar:

        def show(done: int, whole: int) -> None:
            bar.length = whole
            bar.update(done - bar.pos)

        note(most=DAYS, on_progress=show)
    click.echo("Every past day is counted.")


@main.command("rotate-keys")
def rotate_keys() -> None:
    """Seal every stored authorization with the first of DASHBOARD_VAULT_KEYS.

    Put the new key first and keep the old one behind it; when this is done, the old one may go.
    It can be interrupted, and run again, while everything else runs.
    """
    from dashboard.actions.rotation import rotate
    from dashboard.roles import COMMAND_LINE

    with click.progressbar(length=1, label="Sealing anew") as bar:

        def show(done: int, whole: int) -> None:
            bar.length = whole
            bar.update(done - bar.pos)

        done = rotate(COMMAND_LINE, show)
    click.echo(f"{done:,} were sealed anew." if done else "Everything has the first key already.")


@main.command()
@click.option("--organizations", default=120, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=1, show_default=True)
@click.option("--if-empty", is_flag=True, help="Do nothing if the database holds accounts.")
@click.option("--replace", is_flag=True, help="Throw away everything in the database first.")
def demo(organizations: int, seed: int, if_empty: bool, replace: bool) -> None:
    """Load the demo company: organizations, accounts and 120 days of history."""
    from dashboard.actions import demo as company
    from dashboard.actions.demo import live
    from dashboard.actions.past import note
    from dashboard.db import migrate as migrations
    from dashboard.sandbox.customers import CUSTOMERS
    from dashboard.settings import Mode, settings

    if settings().mode is not Mode.DEMO:
        raise click.ClickException("The demo company is for demo mode only.")
    if replace:
        click.confirm("Throw away everything in this database?", abort=True)
        migrations.rebuild()
    elif not company.is_empty():
        if if_empty:
            return
        raise click.ClickException(
            "The database already holds accounts: use --replace to throw them away first."
        )
    with click.progressbar(length=100, label="Loading the demo company") as bar:
        summary = company.load(organizations=organizations, seed=seed, on_progress=_percent(bar))
    added = live.connect(CUSTOMERS, _consents)
    note(most=company.TOLD_DAYS)
    click.echo(str(summary))
    click.echo(f"{added} more accounts are connected to the stand-in Amazon.")


def _consents(logins: "Sequence[str]", at: "datetime") -> "Sequence[Consented]":
    """What logins of the stand-in Amazon have consented to, as the demo's app asks there."""
    from dashboard.diagnosis import Channel
    from dashboard.sandbox.customers import consents
    from dashboard.settings import settings

    clients = [settings().login_client(each) for each in Channel]
    aaa, sp_api = ((name, secret.get_secret_value()) for name, secret in clients)
    return consents(aaa, sp_api, logins, at)


@main.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--skip-refused", is_flag=True, help="Import the good rows; leave out the refused.")
@click.option(
    "--refused",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the refused rows to this CSV file.",
)
@click.option("--preview", is_flag=True, help="Only say what would be done.")
def import_file(file: Path, skip_refused: bool, refused: Path | None, preview: bool) -> None:
    """Import accounts from a CSV file; docs/import.md lists the columns."""
    from dashboard.actions import imports
    from dashboard.roles import COMMAND_LINE

    try:
        with click.progressbar(length=100, label=f"Reading {file.name}") as bar:
            if preview:
                report = imports.preview(COMMAND_LINE, file, _percent(bar))
            else:
                report = imports.run(COMMAND_LINE, file, skip_refused, _percent(bar))
    except RowsRefused as error:
        report = imports.preview(COMMAND_LINE, file)
        _show_refused(report, refused)
        raise click.ClickException(str(error)) from error
    for name, count in report.counts.items():
        click.echo(f"{count:>9,} {name.replace('_', ' ')}")
    for name in report.ignored:
        click.echo(f"Column {name!r} is not known and was ignored.")
    _show_refused(report, refused)
    if preview:
        click.echo("Nothing was written: this was a preview.")


def _show_refused(report: "Report", file: Path | None) -> None:
    """Name the refused rows: all of them in a file, or the first on screen."""
    from dashboard.actions import imports

    for row in report.refusals[:SHOWN]:
        for column, reason in row.problems:
            click.echo(f"Line {row.line}{f', {column}' if column else ''}: {reason}", err=True)
    if report.refused > SHOWN and file is None:
        click.echo(f"... and more: name a file with --refused to have all {report.refused:,}.",
                   err=True)  # fmt: skip
    if file is not None and report.refused:
        file.write_bytes(imports.refused_csv(report))
        click.echo(f"The refused rows are in {file}.", err=True)


@main.command()
@click.option("--accounts", default=1_000_000, show_default=True, type=click.IntRange(1000))
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path),
              help="Write every figure to this file.")  # fmt: skip
@click.option(
    "--database",
    "databases",
    type=click.Choice(["sqlite", "postgresql"]),
    multiple=True,
    default=["sqlite", "postgresql"],
    help="Measure this one only.",
)
@click.option("--runs", default=7, show_default=True, type=click.IntRange(1))
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path),
              help="Keep the databases in this folder, and use those that are there.")  # fmt: skip
@click.option("--only", multiple=True, help="Measure this part only: pages, flow, load or worker.")
def bench(databases: list[str], only: list[str], file: Path | None, **plan: Any) -> None:
    """Build a fleet of any size; time its pages, the customers' flow, staff at once and workers.

    Exits 1 if a bar is missed. Needs the development set-up (make bench) and a browser.
    """
    from dashboard.bench.command import run as measure
    from dashboard.bench.databases import Plan
    from dashboard.bench.parts import PARTS

    if unknown := set(only) - set(PARTS):
        raise click.ClickException(f"The bench has no part {', '.join(sorted(unknown))}.")
    sys.exit(0 if measure(Plan(**plan), databases, only, file) else 1)


@main.command()
def screenshots() -> None:
    """Take the pictures of docs/screenshots anew, with the demo company.

    Needs the development set-up (make screenshots) and a browser.
    """
    from dashboard.bench.screenshots import take

    for file in take():
        click.echo(file)


def _percent(bar: Any) -> Any:
    """A callback taking the fraction done, for a progress bar of length 100."""

    def show(fraction: float) -> None:
        bar.update(max(0, int(fraction * 100) - bar.pos))

    return show


if __name__ == "__main__":
    main()
