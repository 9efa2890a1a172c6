"""Amazon's pages as the stand-in shows them, and who is signed in on them."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader
from starlette.datastructures import URL, FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.sandbox.cast import Member, cast, find

FOLDER: Final = Path(__file__).parent / "templates"
COOKIE: Final = "sandbox_member"

_TEMPLATES: Final = Environment(loader=FileSystemLoader(FOLDER), autoescape=True)

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'; "
    "base-uri 'none'",
    # Addresses of consent pages hold a state: it stays here. Not "no-referrer", which would hide
    # from us that a form was ours.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """One of the stand-in's pages."""
    text = _TEMPLATES.get_template(f"{name}.html").render(**values)
    return HTMLResponse(text, status, headers=HEADERS)


def problem(title: str, *sentences: str, code: str = "", status: int = 400) -> HTMLResponse:
    """A page on which Amazon stops: it never calls back."""
    return page("problem", status, title=title, sentences=sentences, code=code)


def ours(request: Request) -> bool:
    """Whether a form was sent from one of our own pages, or not from a browser at all."""
    origin = request.headers.get("origin")
    return origin is None or origin == f"{request.url.scheme}://{request.url.netloc}"


def back(address: str, values: dict[str, str]) -> RedirectResponse:
    """Send the browser back to the app with these values added to its address."""
    joint = "&" if "?" in address else "?"
    return RedirectResponse(
        f"{address}{joint}{urlencode(values)}", 302, headers={"Referrer-Policy": "no-referrer"}
    )


async def signed_in(request: Request, form: FormData, host: str) -> Member | Response:
    """Who is signed in at Amazon, or the page (or redirect) that has to come first.

    A login is named by the form or the address (``member``), which plain HTTP clients use, or else
    by the browser's cookie.

    Args:
        request: for any of the consent pages.
        form: what was sent with it; empty for a GET.
        host: which of Amazon's pages asks, in words.
    """
    if form.get("switch"):
        answer = RedirectResponse(str(_without_member(request.url)), 303)
        answer.delete_cookie(COOKIE)
        return answer
    given = str(form.get("member") or request.query_params.get("member") or "").strip()
    member = find(given or request.cookies.get(COOKIE, ""))
    if given and member is None:
        return _choose(host, given, "There is no such login.", 400)
    if member is None:
        return _choose(host)
    if form.get("member") and not form.get("decision"):
        answer = RedirectResponse(str(_without_member(request.url)), 303)
        answer.set_cookie(COOKIE, member.id, httponly=True, samesite="lax")
        return answer
    return member


def _choose(host: str, given: str = "", wrong: str = "", status: int = 200) -> Response:
    return page("choose", status, host=host, members=cast().values(), given=given, wrong=wrong)


def _without_member(url: URL) -> URL:
    """The same page on this server, without naming a login: relative, so nothing can point away."""
    kept = url.remove_query_params("member")
    return URL(path=kept.path, query=kept.query)
