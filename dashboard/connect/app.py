"""The customer's pages as one ASGI application, and the server that ``dashboard connect`` is."""

import math
import signal
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from dashboard.connect import answers, appstore, callbacks, entering, pages, steps, watching
from dashboard.connect.guard import Guard
from dashboard.connect.measures import Measures
from dashboard.db.migrate import require_ready
from dashboard.errors import (
    BadInput,
    LinkClosed,
    NotAllowed,
    NotFound,
    SwitchboardError,
    TooMany,
)
from dashboard.settings import Settings

SORRY = "That did not work"
HEADINGS = {
    NotFound: (404, "We could not find that page"),
    LinkClosed: (410, "This link no longer works"),
    NotAllowed: (403, "We could not accept this"),
    BadInput: (400, SORRY),
}


def create_app() -> Starlette:
    """Make the application; the settings are read when they are needed."""
    measures = Measures()
    app = Starlette(
        routes=[
            *entering.routes,
            *answers.routes,
            *appstore.routes,
            *steps.routes,
            *callbacks.routes,
            *watching.routes,
            Mount("/static", StaticFiles(directory=pages.STATIC), name="static"),
        ],
        middleware=[Middleware(Guard, measures=measures)],
        exception_handlers={
            TooMany: _too_many,
            SwitchboardError: _known,
            HTTPException: _unrouted,
        },
    )
    app.state.measures = measures
    return app


def serve(chosen: Settings) -> None:
    """Serve until told to stop (SIGINT or SIGTERM).

    No access log: addresses hold links' secrets, and Amazon's codes and states.

    Raises:
        ConfigurationError: something must be done first; the sentences name all of it.
    """
    require_ready(chosen)
    # uvicorn stops cleanly and then raises the signal again, which would look like a crash.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        create_app(), host=chosen.connect_host, port=chosen.connect_port, access_log=False,
        log_level="warning", server_header=False, proxy_headers=False, lifespan="off", ws="none",
        timeout_graceful_shutdown=10,
        # Longer than proxies keep one that is idle: whoever closes it first must not be us, or
        # what is just being sent would be lost.
        timeout_keep_alive=75,
    )  # fmt: skip


def _known(request: Request, error: Exception) -> Response:
    """A failure whose sentence is for customers; the others' are for staff, and go to the log."""
    found = next((found for kind, found in HEADINGS.items() if isinstance(error, kind)), None)
    if found is None:
        raise error
    return pages.message(request, *found, str(error))


def _too_many(request: Request, error: Exception) -> Response:
    answer = pages.message(request, 429, "One moment, please", str(error))
    wait = error.retry_after if isinstance(error, TooMany) else 60
    answer.headers["retry-after"] = str(max(1, math.ceil(wait)))
    return answer


def _unrouted(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    answer = pages.message(
        request, status, "We could not find that page",
        "Please open the link we sent you once more, or begin at the front page.",
        next_url="/", next_name="Front page",
    )  # fmt: skip
    if isinstance(error, HTTPException):
        answer.headers.update(error.headers or {})
    return answer
