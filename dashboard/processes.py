"""``dashboard run``: every process of the product on one machine, started and stopped together."""

import signal
import subprocess
import sys
import time
from types import FrameType

import click

from dashboard.checks import problems
from dashboard.errors import ConfigurationError
from dashboard.settings import Mode, Settings, settings

CHILDREN = {
    "web": "the staff dashboard",
    "connect": "the customers' pages",
    "worker": "the background work",
    "sandbox": "the stand-in Amazon",
}
"""The commands that run, and what each serves."""


def run_all() -> int:
    """Start all children, wait until one ends or we are told to stop, and stop the rest.

    Returns:
        The exit code: 0 when asked to stop, 1 when a child died by itself.

    Raises:
        ConfigurationError: something in the configuration must be mended first.
    """
    if found := problems():
        raise ConfigurationError(" ".join(found))
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, stop)
    children = {
        # A session of its own, so that Ctrl-C reaches only us and every child is stopped once.
        name: subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "dashboard", name], start_new_session=True
        )
        for name in wanted(settings())
    }
    for line in addresses(settings()):
        click.echo(line)
    dead = None
    while not stopping and dead is None:
        time.sleep(0.2)
        dead = next((name for name, child in children.items() if child.poll() is not None), None)
    if dead is not None and not stopping:
        click.echo(f"{dead} ({CHILDREN[dead]}) ended with exit code {children[dead].returncode}.",
                   err=True)  # fmt: skip
    _stop(list(children.values()))
    return 0 if stopping else 1


def wanted(chosen: Settings) -> list[str]:
    """The commands to run: the stand-in Amazon is for demos only."""
    return [each for each in CHILDREN if each != "sandbox" or chosen.mode is Mode.DEMO]


def addresses(chosen: Settings) -> list[str]:
    """Where everything is, one line each."""
    lines = [
        f"Switchboard is at http://{chosen.web_host}:{chosen.web_port} (Ctrl-C stops it)",
        f"Customers connect at {chosen.connect_base}",
    ]
    if chosen.mode is Mode.DEMO:
        lines.append(f"The stand-in Amazon is at {chosen.sandbox_base}")
    return lines


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    """Ask every child to end, and end those that do not within ten seconds."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + 10
    for child in children:
        try:
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
