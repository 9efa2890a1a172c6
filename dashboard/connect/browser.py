"""Who is at the browser: its cookies, and whether a form was really sent from our page.

The browser's own cookie binds forms and trips to Amazon to it. Each link has a cookie besides, sent
to that link's pages only, so that its secret stands in no address but the one that was mailed.
"""

import hashlib
import hmac
import re
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from dashboard.actions.connecting import secret
from dashboard.errors import NotAllowed, NotFound
from dashboard.settings import settings

SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
"""How the secrets look that ``actions.connecting.secret`` makes."""

LATEST: Final = "latest-link"

NO_LINK: Final = "To go on, please open the link we sent you once more, in this browser."
FORGED: Final = (
    "We could not tell that this form was sent from our page, so nothing was done. Please open the "
    "page again, allow it to set cookies, and try once more."
)


def is_secure() -> bool:
    """Whether customers reach us by https."""
    return settings().connect_base.startswith("https://")


def browser_of(request: Request) -> SecretStr | None:
    """The secret of the browser a request comes from, if it has one."""
    return _cookie(request, _name())


def known_or_new(request: Request) -> SecretStr:
    """The browser's secret; a new one where it has none, the same for the whole request."""
    if not hasattr(request.state, "browser"):
        request.state.browser = browser_of(request) or secret.new()
    found: SecretStr = request.state.browser
    return found


def remember(request: Request, response: Response) -> None:
    """Let the browser keep its secret, if it was given a new one."""
    given: SecretStr | None = getattr(request.state, "browser", None)
    if given is not None and browser_of(request) is None:
        response.set_cookie(
            _name(), given.get_secret_value(), path="/", httponly=True, samesite="lax",
            secure=is_secure(),
        )  # fmt: skip


def hand_over(response: Response, link_id: int, link_secret: SecretStr) -> None:
    """Let the browser keep a link's secret, for that link's pages."""
    response.set_cookie(
        f"link-{link_id}", link_secret.get_secret_value(), path=f"/setup/{link_id}", httponly=True,
        samesite="lax", secure=is_secure(),
    )  # fmt: skip
    # No secret: only which of the browser's links it opened last, for whom Amazon sends here.
    response.set_cookie(
        LATEST, str(link_id), path="/login", httponly=True, samesite="lax", secure=is_secure()
    )


def latest_link(request: Request) -> int | None:
    """The link that this browser opened last, as it says; its pages ask for the link's secret."""
    found = request.cookies.get(LATEST, "")
    return int(found) if re.fullmatch("[0-9]{1,18}", found) else None


def link_secret(request: Request) -> SecretStr:
    """The secret of the link whose page is asked for.

    Raises:
        NotFound: this browser has not opened that link.
    """
    found = _cookie(request, f"link-{request.path_params['link_id']}")
    if found is None:
        raise NotFound(NO_LINK)
    return found


def token(request: Request) -> str:
    """What a form on this page must send back; only this browser's pages can know it."""
    return _token(known_or_new(request), request)


def require_own_form(request: Request, given: str) -> None:
    """Let pass only what was sent from our page, in the browser it was shown in.

    Our pages send no referrer, which makes browsers say ``Origin: null`` of their own forms; that
    alone proves nothing either way, so the token decides.

    Raises:
        NotAllowed: it was not.
    """
    known = browser_of(request)
    origin = request.headers.get("origin", "null")
    base = urlsplit(settings().connect_base)
    if (
        known is None
        or not hmac.compare_digest(_token(known, request).encode(), given.encode())
        or origin not in {"null", f"{base.scheme}://{base.netloc}"}
        or request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
    ):
        raise NotAllowed(FORGED)


def _token(browser: SecretStr, request: Request) -> str:
    purpose = f"form of {request.path_params.get('link_id', 'start')}"
    key = browser.get_secret_value().encode()
    return hmac.new(key, purpose.encode(), hashlib.sha256).hexdigest()


def _name() -> str:
    # The prefix makes browsers refuse the cookie from anyone but this very host, over https.
    return "__Host-browser" if is_secure() else "browser"


def _cookie(request: Request, name: str) -> SecretStr | None:
    found = request.cookies.get(name, "")
    return SecretStr(found) if SECRET.fullmatch(found) else None
