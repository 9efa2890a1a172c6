"""Where Amazon sends sellers: from its Appstore, or once a year from Manage Your Apps.

Whose account it is about is known only from a link. Where this browser has one open, it leads to
that link's page for Selling Partner, whose Confirm goes on to where Amazon waits for the seller.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.actions.connecting import visits
from dashboard.amazon import appstore
from dashboard.connect import browser, handover, pages, steps
from dashboard.connect.addresses import client
from dashboard.errors import LinkClosed, NotFound
from dashboard.flow import FlowStep
from dashboard.settings import settings

NAMES: Final = ("amazon_callback_uri", "amazon_state", "selling_partner_id")
"""What Amazon adds to our Login URI (SP-API guide, "Appstore authorization workflow", step 2)."""


def arrive(request: Request) -> Response:
    """Our Login URI: take Amazon's parameters out of the address, and lead to the link's pages."""
    visits.count("link", client(request))
    if any(name in request.query_params for name in NAMES):
        return _take(request)
    link_id = browser.latest_link(request)
    if link_id is not None and handover.present(request) is not None:
        return pages.go(pages.path_of(link_id, "from-amazon"))
    return _explain(request)


def go_on(request: Request) -> Response:
    """Lead to the link's page for Selling Partner, or say how to go on where it has none."""
    try:
        link = steps.look(request)
    except (NotFound, LinkClosed):
        return _explain(request)
    if FlowStep.SELLING_PARTNER not in link.steps or link.done_at is not None:
        return _explain(request)
    step = FlowStep.SELLING_PARTNER if link.reached(FlowStep.SELLING_PARTNER) else ""
    return pages.go(pages.path_of(link.link_id, step))


def _take(request: Request) -> Response:
    given = [request.query_params.getlist(name) for name in NAMES]
    said = [each[0] if len(each) == 1 else "" for each in given]
    if appstore.received(*said) is None:
        return pages.message(
            request, 400, "Amazon's request was incomplete",
            "Part of what Amazon sends along with you is missing or wrong, so nothing was done. "
            "Please begin once more at Amazon, or open the link we sent you.",
        )  # fmt: skip
    answer = pages.go("/login")
    handover.keep(answer, said)
    return answer


def _explain(request: Request) -> Response:
    """Say how to go on without an open link in this browser."""
    chosen = settings()
    return pages.show(
        request, "from_amazon", get_started=chosen.get_started, minutes=chosen.attempt_minutes,
        sent=handover.present(request) is not None,
    )  # fmt: skip


routes: Final = [
    Route("/login", arrive, methods=["GET"]),
    Route("/setup/{link_id:int}/from-amazon", go_on, methods=["GET"]),
]
