"""Amazon's pages as the stand-in shows them, and who is signed in on them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader
from starlette.datastructures import URL, FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.sandbox.answered import Answered
from dashboard.sandbox.cast import Member, cast, find

FOLDER: Final = Path(__file__).parent / "templates"
COOKIE: Final = "sandbox_member"

_TEMPLATES: Final = Environment(loader=FileSystemLoader(FOLDER), autoescape=True)

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; "
    "frame-ancestors 'none'; base-uri 'none'",
    # Addresses of consent pages hold a state: it stays here. Not "no-referrer", which would hide
    # from us that a form was ours.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at a consent page; ``decision`` and ``account`` are empty until a form is sent."""

    member: Member
    decision: str
    account: str


def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """One of the stand-in's pages."""
    text = _TEMPLATES.get_template(f"{name}.html").render(**values)
    return HTMLResponse(text, status, headers=HEADERS)


def problem(
    title: str, *sentences: str, code: str = "", status: int = 400, switch: bool = False
) -> HTMLResponse:
    """A page on which Amazon stops: it never calls back.

    Args:
        title: what happened.
        sentences: more of it.
        code: Amazon's error code.
        status: of the answer.
        switch: another account might fare better, so the page offers to sign in with one.
    """
    values = {"title": title, "sentences": sentences, "code": code, "switch": switch}
    return page("problem", status, **values)


def back(address: str, values: dict[str, str]) -> RedirectResponse:
    """Send the browser back to the app with these values added to its address."""
    joint = "&" if "?" in address else "?"
    return RedirectResponse(
        f"{address}{joint}{urlencode(values)}", 302, headers={"Referrer-Policy": "no-referrer"}
    )


async def visit(request: Request, host: str) -> Visit:
    """Who is at one of the consent pages, and what was pressed there.

    A login is named by the form or the address (``member``), which plain HTTP clients use, or else
    by the browser's cookie.

    Args:
        request: for any of the consent pages.
        host: which of Amazon's pages it is, in words.

    Raises:
        Answered: somebody has to sign in first, or just did.
    """
    form = await request.form() if request.method == "POST" else FormData()
    origin = request.headers.get("origin")
    if form and origin not in {None, f"{request.url.scheme}://{request.url.netloc}"}:
        raise Answered(problem("We're sorry", "The form came from another site.", status=403))
    given = {key: value for key, value in form.items() if isinstance(value, str)}
    if "switch" in given:
        answer = RedirectResponse(_without_member(request.url), 303)
        answer.delete_cookie(COOKIE)
        raise Answered(answer)
    wanted = (given.get("member") or request.query_params.get("member", "")).strip()
    member = find(wanted or request.cookies.get(COOKIE, ""))
    if member is None:
        raise Answered(_choose(host, wanted))
    if "member" in given and "decision" not in given:
        answer = RedirectResponse(_without_member(request.url), 303)
        answer.set_cookie(COOKIE, member.id, httponly=True, samesite="lax")
        raise Answered(answer)
    return Visit(member, given.get("decision", ""), given.get("account", ""))


def _choose(host: str, given: str) -> Response:
    return page("choose", 400 if given else 200, host=host, members=cast().values(), given=given)


def _without_member(url: URL) -> str:
    """The same page without a login named; relative, so that nothing can point elsewhere."""
    kept = url.remove_query_params("member")
    return f"{kept.path}?{kept.query}"
