"""The commands with the most to say: importing a file, the bench, the screenshots."""

import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dashboard.errors import RowsRefused

if TYPE_CHECKING:
    from dashboard.actions.imports import Report

SHOWN: Final = 20
"""Refused rows named on screen."""


@click.command("import")
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
                report = imports.preview(COMMAND_LINE, file, percent(bar))
            else:
                report = imports.run(COMMAND_LINE, file, skip_refused, percent(bar))
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


@click.command()
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
def bench(
    databases: list[str], only: list[str], file: Path | None, keep: Path | None, **plan: Any
) -> None:
    """Build a fleet of any size; time its pages, the customers' flow, staff at once and workers.

    Exits 1 if a bar is missed. Needs the development set-up (make bench) and a browser.
    """
    from dashboard.bench.command import run as measure
    from dashboard.bench.databases import Plan, fleeting
    from dashboard.bench.parts import PARTS

    if unknown := set(only) - set(PARTS):
        raise click.ClickException(f"The bench has no part {', '.join(sorted(unknown))}.")
    # Told to stop, it takes along what it has started: databases, servers, folders.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with nullcontext(keep) if keep else fleeting() as folder:
        met = measure(Plan(keep=Path(folder), **plan), databases, only, file)
    sys.exit(0 if met else 1)


@click.command()
def screenshots() -> None:
    """Take the pictures of docs/screenshots anew, with the demo company.

    Needs the development set-up (make screenshots) and a browser.
    """
    from dashboard.bench.screenshots import take

    for file in take():
        click.echo(file)


def percent(bar: Any) -> Any:
    """A callback taking the fraction done, for a progress bar of length 100."""

    def show(fraction: float) -> None:
        bar.update(max(0, int(fraction * 100) - bar.pos))

    return show
