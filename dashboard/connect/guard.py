"""What every request passes: the right host, a bounded body, safe headers, and no traceback."""

import logging
import secrets
import time
import traceback
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.connect import pages
from dashboard.connect.browser import is_secure
from dashboard.connect.measures import Measures
from dashboard.settings import settings

LARGEST: Final = 64 * 1024
"""Bytes of a form: every marketplace that a login is offered, chosen at once."""
ANY_HOST: Final = frozenset({"/healthz", "/metrics"})
"""Asked for by machines, which know us by another name."""
TOO_MUCH: Final = ("That was too much", "Please send less at once.")

HEADERS: Final = {
    "content-security-policy": pages.POLICY,
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex",
    "cache-control": "no-store",
}

logger = logging.getLogger(__name__)


class Guard:
    """The outermost of our own layers."""

    def __init__(self, app: ASGIApp, measures: Measures) -> None:
        self._app = app
        self._measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever it does."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _protect(MutableHeaders(scope=message))
            await send(message)

        request = Request(scope)
        try:
            refusal = _refusal(request)
            if refusal is not None:
                await pages.message(request, *refusal)(scope, receive, sending)
            else:
                await self._app(scope, _bounded(receive), sending)
        except _TooLarge:
            await pages.message(request, 413, *TOO_MUCH)(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - the last resort: nobody is shown a traceback
            reference = secrets.token_hex(4)
            # Where it happened, but not its message, which may repeat what was sent.
            where = "".join(traceback.format_tb(error.__traceback__))
            name = type(error).__name__
            logger.error("Request %s failed with %s:\n%s", reference, name, where)  # noqa: TRY400
            if status == 0:
                await _apology(request, reference)(scope, receive, sending)
        self._measures.request(scope, status, time.perf_counter() - began)


class _TooLarge(Exception):
    """More was sent than any form of ours holds."""


def _apology(request: Request, reference: str) -> ASGIApp:
    return pages.message(
        request, 500, "Something went wrong on our side",
        "Nothing you did caused this, and what you had done before is kept. Please try again in a "
        f"few minutes. If you write to us, please give this reference: {reference}.",
    )  # fmt: skip


def _refusal(request: Request) -> tuple[int, str, str] | None:
    """Why a request is not looked at any further: status, heading and sentence."""
    base = settings().connect_base
    if request.url.path not in ANY_HOST and request.headers.get("host") != urlsplit(base).netloc:
        return 421, "This page has another address", f"Please open {base} instead."
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > LARGEST:
        return 413, *TOO_MUCH
    return None


def _bounded(receive: Receive) -> Receive:
    """Count what comes in, since a length that was announced need not be true."""
    taken = 0

    async def receiving() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST:
            raise _TooLarge
        return message

    return receiving


def _protect(headers: MutableHeaders) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if is_secure():
        headers.setdefault("strict-transport-security", "max-age=31536000")
