"""The way in: the front page, getting started, and opening a link."""

import mimetypes
from typing import Final

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from dashboard.actions.connecting import visits, walking
from dashboard.actions.connecting.signing_up import get_started
from dashboard.connect import browser, handover, pages
from dashboard.connect.addresses import client
from dashboard.connect.forms import Form, posted
from dashboard.errors import BadInput, NotFound
from dashboard.settings import settings

PICTURES: Final = frozenset({"image/svg+xml", "image/png", "image/jpeg", "image/webp", "image/gif"})


def home(request: Request) -> Response:
    """Where customers arrive without a link."""
    return pages.show(request, "home", get_started=settings().get_started)


def start(request: Request) -> Response:
    """Ask for an e-mail address."""
    if not settings().get_started:
        return pages.message(
            request, 403, "Please ask us for a link",
            "You can connect your Amazon account with a link from us. Write to us, and we will "
            "send you one.",
        )  # fmt: skip
    return pages.show(
        request, "start", email="", error="", from_amazon=handover.present(request) is not None
    )


def begin(request: Request, form: Form) -> Response:
    """Send a link to an address, and say the same whoever it belongs to."""
    email = form.one("email")
    try:
        get_started(email, client(request), handover.present(request))
    except BadInput as error:
        return pages.show(
            request, "start", 422, email=email[:200], error=str(error), failed=True,
            from_amazon=handover.present(request) is not None,
        )  # fmt: skip
    return pages.go("/start/sent")


def sent(request: Request) -> Response:
    """Ask to look for our mail."""
    return pages.show(request, "sent", days=settings().link_days)


def open_link(request: Request) -> Response:
    """Take a link's secret out of the address, into a cookie of this link's pages.

    The browser goes on to an address without it, so none stays in a history or a referrer.
    """
    visits.count("link", client(request))
    secret = request.path_params["secret"]
    if not browser.SECRET.fullmatch(secret):
        raise NotFound("This link is not whole. Please open it again from our message.")
    link_id = walking.open_link(SecretStr(secret))
    answer = pages.go(pages.path_of(link_id))
    browser.known_or_new(request)
    browser.remember(request, answer)
    browser.hand_over(answer, link_id, SecretStr(secret))
    return answer


def logo(_request: Request) -> Response:
    """The company's logo."""
    file = settings().logo_file
    kind = mimetypes.guess_type(file.name)[0] if file else None
    if file is None or kind not in PICTURES or not file.is_file():
        raise NotFound("There is no logo.")
    headers = {"cache-control": "public, max-age=3600", "content-security-policy": "sandbox"}
    return FileResponse(file, media_type=kind, headers=headers)


routes: Final = [
    Route("/", home, methods=["GET"]),
    Route("/start", start, methods=["GET"]),
    Route("/start", posted(begin), methods=["POST"]),
    Route("/start/sent", sent, methods=["GET"]),
    Route("/l/{secret}", open_link, methods=["GET"]),
    Route("/logo", logo, methods=["GET"]),
]
