"""What each step's page shows. Looking at a page changes nothing."""

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard import clock
from dashboard.connect import browser, handover, pages, words
from dashboard.connect.forms import Form
from dashboard.db.engine import reading
from dashboard.diagnosis import Channel
from dashboard.errors import NotFound
from dashboard.flow import CONNECTS, FlowStep, LinkKind, following
from dashboard.marketplaces import Region, marketplaces
from dashboard.queries import walk, walk_account
from dashboard.queries.walk import Offer, Walk
from dashboard.settings import Mode, settings
from dashboard.status import AccountType

ALWAYS: Final = frozenset({*CONNECTS.values(), FlowStep.SYNCING})
"""Steps that are still shown when all is done."""


def here(request: Request) -> Response:
    """Lead to wherever the customer has come to, also after days."""
    link = look(request)
    step = "problem" if _stands(link) else link.step
    return pages.go(pages.path_of(link.link_id, step))


def step_page(request: Request) -> Response:
    """Show a step that was reached; a later one leads back to where the customer is."""
    step = step_of(request)
    link = look(request)
    if not link.reached(step) or (link.done_at is not None and step not in ALWAYS):
        return pages.go(pages.path_of(link.link_id))
    return show(request, link, step)


def problem(request: Request) -> Response:
    """Say why the last trip to Amazon led to nothing, and what to do."""
    link = look(request)
    if link.trouble is None:
        return pages.go(pages.path_of(link.link_id))
    return show_problem(request, link, words.of(link.trouble, link), link.trouble.channel)


def look(request: Request) -> Walk:
    """The link whose page is asked for, as its secret in the browser's cookie opens it.

    Raises:
        NotFound: this browser has not opened that link.
        LinkClosed: it was withdrawn or has expired.
    """
    secret, asked = browser.link_secret(request), request.path_params
    choosing = asked.get("step") == FlowStep.ORGANIZATION
    with reading() as session:
        return walk.walk(session, secret, asked["link_id"], clock.now(), choosing=choosing)


def step_of(request: Request) -> FlowStep:
    """The step an address names.

    Raises:
        NotFound: there is no such step.
    """
    try:
        return FlowStep(request.path_params["step"])
    except ValueError:
        raise NotFound("There is no such page. Please open your link once more.") from None


def show(
    request: Request,
    link: Walk,
    step: FlowStep,
    status: int = 200,
    *,
    error: str = "",
    form: Form | None = None,
) -> Response:
    """A step's page, as it stands or as it was filled in and refused for ``error``."""
    values = FILLED.get(step, _nothing)(link, form)
    return pages.show(
        request, step.replace("-", "_"), status, to_amazon=step in CONNECTS.values(),
        link=link, walk=link.steps, step=step, heading=pages.TITLES[step], titles=pages.TITLES,
        problem=words.of(link.trouble, link) if link.trouble and _belongs(link, step) else None,
        back=_back(link, step), next_url=_next(link, step), error=error, failed=bool(error),
        sent_for_it=handover.is_for(request, link),
        **values,
    )  # fmt: skip


def show_problem(
    request: Request, link: Walk, found: words.Words, channel: Channel, status: int = 200
) -> Response:
    """The page of a failure."""
    step = CONNECTS[channel] if CONNECTS[channel] in link.steps else link.step
    return pages.show(
        request, "problem", status, to_amazon=True, link=link, walk=link.steps, step=step,
        titles=pages.TITLES, found=found, failed=True,
        retry=step in CONNECTS.values(),
    )  # fmt: skip


def _stands(link: Walk) -> bool:
    """Whether the customer's present step is the one that failed."""
    return link.trouble is not None and CONNECTS[link.trouble.channel] is link.step


def _belongs(link: Walk, step: FlowStep) -> bool:
    return link.trouble is not None and CONNECTS[link.trouble.channel] is step


def _back(link: Walk, step: FlowStep) -> str:
    position = link.steps.index(step)
    if position == 0 or link.done_at is not None:
        return ""
    before = link.steps[position - 1]
    fixed = before in {FlowStep.ORGANIZATION, FlowStep.ACCOUNT} and link.connected
    return "" if fixed else pages.path_of(link.link_id, before)


def _next(link: Walk, step: FlowStep) -> str:
    """Where Next leads, if the step is done."""
    order = list(link.steps)
    if order.index(link.step) <= order.index(step):
        return ""
    return pages.path_of(link.link_id, following(order, step))


def _organization(link: Walk, form: Form | None) -> dict[str, Any]:
    created = link.organization if link.organization_id not in {
        each.id for each in link.choices
    } or len(link.choices) == 1 else ""  # fmt: skip
    return {
        "name": form.one("name") if form else created,
        "chosen": form.one("organization") if form else str(link.organization_id or ""),
        "may_create": link.kind is LinkKind.SIGN_UP,
    }


def _account(link: Walk, form: Form | None) -> dict[str, Any]:
    seen = link.account
    countries = {
        each: ", ".join(p.country for p in marketplaces().values() if p.region is each)
        for each in Region
    }
    return {
        "name": form.one("name") if form else (seen.name if seen else ""),
        "type": form.one("type") if form else (seen.type if seen else ""),
        "region": form.one("region") if form else (seen.region if seen else ""),
        "regions": countries,
    }


def _advertising(link: Walk, _form: Form | None) -> dict[str, Any]:
    reason = link.trouble.reason if link.trouble else None
    signed_in = bool(link.offers) or Channel.AAA in link.connected
    checks = words.checks(reason, signed_in=signed_in)
    return {"checks": checks, "practice": _practice(link)}


def _marketplaces(link: Walk, form: Form | None) -> dict[str, Any]:
    groups: dict[str, list[Offer]] = {}
    order = list(marketplaces())
    for each in sorted(link.offers, key=lambda one: order.index(one.marketplace_id)):
        groups.setdefault(each.merchant_id, []).append(each)
    found = sorted(groups.items(), key=lambda one: (one[1][0].name.casefold(), one[0]))
    return {
        "merchants": found,
        "places": marketplaces(),
        "chosen": set(form.all("profile")) if form else set(),
        "free": sum(not each.taken for each in link.offers),
    }


def _selling_partner(link: Walk, _form: Form | None) -> dict[str, Any]:
    vendor = link.account is not None and link.account.type is AccountType.VENDOR
    central = "Vendor Central" if vendor else "Seller Central"
    return {"vendor": vendor, "central": central, "practice": _practice(link)}


def _practice(link: Walk) -> str:
    """Who to be at the stand-in Amazon to own this account; nothing where Amazon is real."""
    account = link.account
    if settings().mode is not Mode.DEMO or account is None or not account.merchant_id:
        return ""
    return "-".join(("any", account.merchant_id, account.type, *account.places))


def _syncing(link: Walk, _form: Form | None) -> dict[str, Any]:
    now = clock.now()
    with reading() as session:
        progress = walk_account.progress(session, link, now)
        usual = walk_account.usual_hours(session, link)
    since = link.done_at or now
    return {
        "progress": progress,
        "hours": settings().promise_hours,
        "usual": ceil(usual) if usual and usual < settings().promise_hours else 0,
        "since": clock.spoken(now - since),
        "overdue": now - since > settings().limits.promise,
        "complete": bool(progress) and all(each.done == each.streams for each in progress),
    }


def _nothing(_link: Walk, _form: Form | None) -> dict[str, Any]:
    return {}


FILLED: Final[Mapping[FlowStep, Callable[[Walk, Form | None], dict[str, Any]]]] = {
    FlowStep.ORGANIZATION: _organization,
    FlowStep.ACCOUNT: _account,
    FlowStep.ADVERTISING: _advertising,
    FlowStep.MARKETPLACES: _marketplaces,
    FlowStep.SELLING_PARTNER: _selling_partner,
    FlowStep.SYNCING: _syncing,
}
"""What each page needs beside the link."""

routes: Final = [
    Route("/setup/{link_id:int}", here, methods=["GET"]),
    Route("/setup/{link_id:int}/problem", problem, methods=["GET"]),
    Route("/setup/{link_id:int}/{step}", step_page, methods=["GET"]),
]
