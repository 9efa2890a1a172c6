"""That Amazon has sent this browser to us: kept in a cookie for as long as a trip may take."""

import base64
import json
from collections.abc import Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from dashboard.amazon import appstore
from dashboard.amazon.appstore import Handover
from dashboard.connect.browser import is_secure
from dashboard.queries.walk import Walk
from dashboard.settings import settings

COOKIE: Final = "from-amazon"


def present(request: Request) -> Handover | None:
    """How Amazon has sent this browser to us, if it has, a moment ago.

    What the cookie says is proved like the parameters it is made of.
    """
    try:
        said = json.loads(base64.urlsafe_b64decode(request.cookies.get(COOKIE, "")))
        return appstore.received(*(str(each) for each in said))
    except (ValueError, TypeError, RecursionError):
        return None


def is_for(request: Request, link: Walk) -> bool | None:
    """Whether Amazon has sent this browser for the link's account; ``None`` if it has not sent it.

    It may also have been for another account, or another region of this one.
    """
    known, account = present(request), link.account
    if known is None or account is None:
        return None
    return known.is_for(account.type, account.region, account.merchant_id)


def keep(response: Response, said: Sequence[str]) -> None:
    """Let the browser keep what Amazon said: the arguments of ``appstore.received``."""
    text = base64.urlsafe_b64encode(json.dumps(said).encode()).decode()
    response.set_cookie(
        COOKIE, text, path="/", httponly=True, samesite="lax", secure=is_secure(),
        max_age=settings().attempt_minutes * 60,
    )  # fmt: skip


def forget(response: Response) -> None:
    """Forget it: what Amazon said is good for one trip."""
    response.delete_cookie(COOKIE, path="/")
