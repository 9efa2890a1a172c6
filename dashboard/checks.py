"""``dashboard check``: everything that must be mended before the product can run, in words."""

import socket

import sqlalchemy as sa

from dashboard import clock
from dashboard.db.migrate import is_current
from dashboard.diagnosis import playbook
from dashboard.errors import ConfigurationError
from dashboard.settings import Mode, Settings, settings
from dashboard.status import lapsing


def problems() -> list[str]:
    """Every problem of the settings, the database, the shipped files and the ports.

    Returns:
        One sentence each; empty when all is well.
    """
    try:
        chosen = settings()
    except ConfigurationError as error:
        return [str(error)]
    found = chosen.problems()
    try:
        if not is_current():
            found.append("The database lacks tables of this version: run `dashboard migrate`.")
    except ConfigurationError as error:
        found.append(str(error))
    except sa.exc.SQLAlchemyError:
        # The driver's own words may hold the password, so they are not repeated.
        found.append(
            "The database cannot be reached: check DASHBOARD_DATABASE_URL and that it is running."
        )
    try:
        playbook()
    except ConfigurationError as error:
        found.append(str(error))
    found += [
        f"Port {port} is taken: stop what uses it, or set DASHBOARD_{name}_PORT."
        for name, (host, port) in _ports(chosen).items()
        if not _is_free(host, port)
    ]
    return found


def warnings() -> list[str]:
    """What is not wrong yet, but will be: our own clients' secrets that Amazon ends.

    Returns:
        One sentence each; empty when nothing is near, and while the settings cannot be read.
    """
    try:
        chosen = settings()
    except ConfigurationError:
        return []
    if chosen.mode is Mode.DEMO:
        return []
    today = clock.now().date()
    found = [
        lapsing.warning(each, today)
        for each in lapsing.client_secrets(chosen.client_secrets_since(today))
    ]
    return [each for each in found if each]


def _ports(chosen: Settings) -> dict[str, tuple[str, int]]:
    """What this machine would listen on."""
    found = {
        "WEB": (chosen.web_host, chosen.web_port),
        "CONNECT": (chosen.connect_host, chosen.connect_port),
    }
    if chosen.mode is Mode.DEMO:
        found["SANDBOX"] = ("127.0.0.1", chosen.sandbox_port)
    return found


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
