"""Where Amazon sends customers back to: each return ends at a clean address, or at its own page."""

from collections.abc import Callable
from typing import Final

import anyio.to_thread
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.actions.connecting import attempts, visits
from dashboard.connect import browser, pages
from dashboard.connect.addresses import client
from dashboard.connect.measures import Measures
from dashboard.connect.returning import Answer, complete
from dashboard.diagnosis import Channel
from dashboard.errors import AttemptRefused
from dashboard.flow import FlowStep

WAITING: Final = 100
"""Returns that may wait for Amazon at once in a process; other pages have threads of their own."""


async def advertising(request: Request) -> Response:
    """The return from Login with Amazon (Ads API guide, "Authorization grants")."""
    asked = request.query_params
    code = asked.get("code", "")
    answer = Answer(
        state=_once(request, "state"), code=SecretStr(code) if code else None,
        error=asked.get("error", ""),
    )  # fmt: skip
    return await _apart(request, lambda: _returned(request, Channel.AAA, answer))


async def selling_partner(request: Request) -> Response:
    """The return from Seller or Vendor Central (SP-API guide, website workflow, step 3)."""
    asked = request.query_params
    code = asked.get("spapi_oauth_code", "")
    answer = Answer(
        state=_once(request, "state"), code=SecretStr(code) if code else None,
        identity=asked.get("selling_partner_id", ""), error=asked.get("error", ""),
    )  # fmt: skip
    return await _apart(request, lambda: _returned(request, Channel.SP_API, answer))


async def _apart(request: Request, work: Callable[[], Response]) -> Response:
    """Do what may wait for Amazon on threads that nothing else needs."""
    state = request.app.state
    if getattr(state, "waiting", None) is None:
        state.waiting = anyio.CapacityLimiter(WAITING)
    return await anyio.to_thread.run_sync(work, limiter=state.waiting)


def _returned(request: Request, channel: Channel, answer: Answer) -> Response:
    visits.count("callback", client(request))
    measures: Measures = request.app.state.measures
    known = browser.browser_of(request)
    if not answer.is_whole(channel):
        measures.came_back(channel, "incomplete")
        return _incomplete(request, answer, known)
    try:
        outcome = complete(channel, answer, known)
    except AttemptRefused as refused:
        measures.came_back(channel, "refused")
        return _refused(request, answer, known, refused)
    measures.came_back(channel, outcome.reason or "connected")
    if outcome.reason is not None:
        return pages.go(pages.path_of(outcome.link_id, "problem"))
    # The next page says that Amazon Advertising is connected; Selling Partner's says it itself.
    after = FlowStep.SELLING_PARTNER if channel is Channel.SP_API else ""
    return pages.go(pages.path_of(outcome.link_id, after))


def _once(request: Request, name: str) -> str:
    """A parameter that is given once; twice is as good as never."""
    given = request.query_params.getlist(name)
    return given[0] if len(given) == 1 else ""


def _incomplete(request: Request, answer: Answer, known: SecretStr | None) -> Response:
    link_id = attempts.link_of(answer.state, known) if answer.state else None
    return pages.message(
        request, 400, "Amazon's answer was incomplete",
        "Part of what Amazon sends back with you is missing, so nothing was connected.",
        "Please go on from your link." if link_id is None else "Please try again.",
        **_way_on(link_id, "Try again"),
    )  # fmt: skip


def _refused(
    request: Request, answer: Answer, known: SecretStr | None, refused: AttemptRefused
) -> Response:
    link_id = attempts.link_of(answer.state, known)
    headings = {
        "used": (409, "You have been here already"),
        "late": (410, "That took too long"),
    }
    status, heading = headings.get(refused.why, (400, "This return does not belong here"))
    return pages.message(request, status, heading, str(refused), **_way_on(link_id, "Go on"))


def _way_on(link_id: int | None, name: str) -> dict[str, str]:
    if link_id is None:
        return {}
    return {"next_url": pages.path_of(link_id), "next_name": name}


routes: Final = [
    Route(attempts.PATHS[Channel.AAA], advertising, methods=["GET"]),
    Route(attempts.PATHS[Channel.SP_API], selling_partner, methods=["GET"]),
]
