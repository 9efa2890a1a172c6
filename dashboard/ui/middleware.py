"""What wraps every answer of the dashboard: security headers, and the way back from sign-in."""

from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NEXT: Final = "switchboard_next"
LOGIN: Final = "/auth/login"
CALLBACK: Final = "/oauth2callback"

PRERENDER: Final = "sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA="
"""The one inline script of Streamlit's page; were it another, it would be left out, harmlessly."""

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'none'; "
        "form-action 'self'; script-src 'self' 'wasm-unsafe-eval' "
        f"'{PRERENDER}'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "worker-src 'self' blob:; connect-src 'self' ws: wss:"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""The referrer stays readable on our own pages: the way back from sign-in is taken from it."""


class Secured:
    """Adds the security headers; behind https, cookies travel by https only."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if self.https:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
                    _make_cookies_secure(message)
            await send(message)

        await self.app(scope, receive, sending)


class ReturnTo:
    """Takes people to the page they came for, where Streamlit's sign-in leads to the first page.

    The page is read from the referrer when sign-in begins and kept in a cookie until it ends. Only
    pages of ours are ever taken, checked when the cookie is written and again when it is read:
    whoever plants a cookie or a referrer cannot lead anybody away.
    """

    def __init__(self, app: ASGIApp, *, host: str, paths: frozenset[str]) -> None:
        self.app = app
        self.host = host
        self.paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; act on the two that begin and end a sign-in."""
        path = scope.get("path")
        if scope["type"] != "http" or path not in (LOGIN, CALLBACK):
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        begins = path == LOGIN
        target = self._came_from(asked) if begins else self._kept(asked)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if target and not begins and _signs_in(headers):
                    headers["location"] = target
                headers.append("set-cookie", _cookie(target if begins else None))
            await send(message)

        await self.app(scope, receive, sending)

    def safe(self, target: str) -> str | None:
        """The path and query of one of our own pages, or ``None`` for anything else."""
        if len(target) > 2000 or "\\" in target or not all("!" <= each <= "~" for each in target):
            return None
        parts = urlsplit(target)
        if parts.scheme or parts.netloc or parts.fragment or parts.path not in self.paths:
            return None
        return target

    def _came_from(self, headers: Headers) -> str | None:
        try:
            referrer = urlsplit(headers.get("referer", ""))
        except ValueError:
            return None
        if referrer.netloc != self.host:
            return None
        return self.safe(referrer._replace(scheme="", netloc="", fragment="").geturl())

    def _kept(self, headers: Headers) -> str | None:
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return None
        return self.safe(unquote(cookies[NEXT].value)) if NEXT in cookies else None


def _cookie(target: str | None) -> str:
    value, age = (quote(target, safe=""), 600) if target else ("", 0)
    return f"{NEXT}={value}; Path={CALLBACK}; Max-Age={age}; HttpOnly; SameSite=Lax"


def _signs_in(headers: MutableHeaders) -> bool:
    return any(
        each.startswith("_streamlit_user=") and "max-age=0" not in each.lower()
        for each in headers.getlist("set-cookie")
    )


def _make_cookies_secure(message: Message) -> None:
    message["headers"] = [
        (name, value + b"; Secure")
        if name == b"set-cookie" and b"; secure" not in value.lower()
        else (name, value)
        for name, value in message["headers"]
    ]
