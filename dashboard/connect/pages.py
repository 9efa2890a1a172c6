"""Showing a page: the templates, and what all of them know."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.connect import browser
from dashboard.flow import FlowStep
from dashboard.marketplaces import domains
from dashboard.settings import Mode, settings

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
"""The Content-Security-Policy of every page: nothing inline, nothing of anybody else's."""

TITLES: Final = {
    FlowStep.ORGANIZATION: "Your organization",
    FlowStep.ACCOUNT: "Add account",
    FlowStep.ADVERTISING: "Connect Amazon Advertising",
    FlowStep.MARKETPLACES: "Choose marketplaces",
    FlowStep.SELLING_PARTNER: "Connect Selling Partner",
    FlowStep.SYNCING: "Syncing",
}

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True, auto_reload=False,
)  # fmt: skip


def show(
    request: Request, template: str, status: int = 200, *, to_amazon: bool = False, **values: Any
) -> Response:
    """A page.

    Args:
        request: what is answered.
        template: its name.
        status: of the answer.
        to_amazon: its form leads to Amazon.
        values: what the template needs beside the common ones.
    """
    chosen = settings()
    text = _TEMPLATES.get_template(f"{template}.html").render(
        company=chosen.company,
        support=chosen.customer_support,
        support_url=_contact(chosen.customer_support),
        logo=chosen.logo_file is not None,
        version=_version(),
        token=browser.token(request),
        **{"failed": False, "walk": None, "step": None} | values,
    )
    answer = HTMLResponse(text, status)
    answer.headers["content-security-policy"] = f"{POLICY} {_amazon()}" if to_amazon else POLICY
    browser.remember(request, answer)
    return answer


def message(
    request: Request,
    status: int,
    heading: str,
    *sentences: str,
    next_url: str = "",
    next_name: str = "",
) -> Response:
    """A page that says one thing, with at most one way on."""
    return show(
        request, "message", status, heading=heading, sentences=[each for each in sentences if each],
        next_url=next_url, next_name=next_name, failed=status >= 400,
    )  # fmt: skip


def go(path: str) -> Response:
    """Send the browser to another of our pages, as a new visit."""
    return RedirectResponse(path, 303)


def path_of(link_id: int, step: str = "") -> str:
    """The address of a link's page; without a step, of wherever the customer has come to."""
    return f"/setup/{link_id}/{step}" if step else f"/setup/{link_id}"


def _contact(support: str) -> str:
    """What a click on the support address opens; nothing if it is neither address nor page."""
    if support.startswith("https://"):
        return support
    return f"mailto:{support}" if "@" in support and " " not in support else ""


@cache
def _version() -> str:
    """Changes with the style sheet, so that browsers may keep it for long."""
    return hashlib.sha256((STATIC / "style.css").read_bytes()).hexdigest()[:12]


def _amazon() -> str:
    """Where a form may lead beside our own pages.

    Browsers hold every redirect that follows a form to this list, and Amazon's sign-in redirects
    among its own hosts.
    """
    chosen = settings()
    if chosen.mode is Mode.DEMO:
        return chosen.sandbox_base
    # The wildcard stands for names within a domain, not for the domain itself.
    return " ".join(f"https://{each} https://*.{each}" for each in domains())
