"""The command line: ``dashboard --help``."""

import signal
import sys
from typing import TYPE_CHECKING, Any

import click

from dashboard.commands import bench, import_file, percent, screenshots
from dashboard.errors import SwitchboardError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from dashboard.sandbox.customers import Consented


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


main.add_command(bench)
main.add_command(import_file)
main.add_command(screenshots)


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
        recall(percent(bar))

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
        summary = company.load(organizations=organizations, seed=seed, on_progress=percent(bar))
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


if __name__ == "__main__":
    main()
