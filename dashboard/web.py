"""``dashboard web``: serve the staff dashboard, with sign-in and security from the settings."""

import signal
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import streamlit as st
import uvicorn
from starlette.middleware import Middleware
from streamlit import config

from dashboard.db.migrate import require_ready
from dashboard.settings import ROOT, Mode, Settings
from dashboard.ui.menu import PLACES
from dashboard.ui.middleware import ReturnTo, Secured

SCRIPT: Final = Path(__file__).with_name("app.py")


def serve(settings: Settings) -> None:
    """Serve until told to stop (SIGINT or SIGTERM).

    Raises:
        ConfigurationError: something must be done first; the sentences name all of it.
    """
    require_ready(settings)
    served = app(settings)
    # uvicorn stops cleanly and then raises the signal again, which would look like a crash.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        served,
        host=settings.web_host,
        port=settings.web_port,
        log_level="warning",
        access_log=False,
        server_header=False,
        # The demo believes nobody about where a connection comes from.
        proxy_headers=settings.mode is Mode.PRODUCTION,
        ws="websockets-sansio",
        timeout_graceful_shutdown=3,
    )


def app(settings: Settings) -> st.App:
    """The dashboard as an ASGI application, with Streamlit configured for it."""
    public = urlsplit(settings.redirect_uri)
    made = st.App(
        SCRIPT,
        secrets=secrets(settings),
        middleware=[
            Middleware(Secured, https=public.scheme == "https"),
            Middleware(
                ReturnTo,
                host=public.netloc,
                paths=frozenset(f"/{place.path}" for place in PLACES),
            ),
        ],
    )
    # Only after st.App, which tells Streamlit where the script is, and before the first request.
    for name, value in options(settings).items():
        config.set_option(name, value, "dashboard/web.py")
    return made


def secrets(settings: Settings) -> dict[str, Any]:
    """What Streamlit would read from a secrets file: how to sign in, or nothing in a demo."""
    if settings.mode is Mode.DEMO:
        return {}
    return {
        "auth": {
            "redirect_uri": settings.redirect_uri,
            "cookie_secret": settings.cookie_secret.get_secret_value(),
            "client_id": settings.oidc_client_id,
            "client_secret": settings.oidc_client_secret.get_secret_value(),
            "server_metadata_url": settings.oidc_metadata_url,
        }
    }


def options(settings: Settings) -> dict[str, Any]:
    """Streamlit's options: the shipped file, wherever we were started, and what settings decide."""
    shipped = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    host = urlsplit(settings.redirect_uri).hostname or settings.web_host
    chosen = dict(_flat(shipped)) | {
        "server.address": settings.web_host,
        "server.port": settings.web_port,
        "server.allowedHosts": [host],
        "browser.serverAddress": host,
    }
    if settings.mode is Mode.DEMO:
        chosen["server.allowedHosts"] = sorted({"localhost", "127.0.0.1", "::1", settings.web_host})
    if secret := settings.cookie_secret.get_secret_value():
        # The sign-in in flight is signed with this one; by default each process makes its own.
        chosen["server.cookieSecret"] = secret
    return chosen


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield before + name, value
