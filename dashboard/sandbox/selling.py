"""The Selling Partner API of a region: who may call it, how often, and how it says no."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.sandbox.answered import Answered
from dashboard.sandbox.behaviours import Behaviour
from dashboard.sandbox.calls import Handler, counted, request_id, trouble
from dashboard.sandbox.cast import Business
from dashboard.sandbox.places import Place
from dashboard.sandbox.tokens import Grant
from dashboard.sandbox.world import World, world_of

REVOKED: Final = "The access token you provided is revoked, malformed or invalid."
EXPIRED: Final = "The access token you provided has expired."
MISSING: Final = "Access token is missing in the request header."

ERRORS: Final = {
    400: ("InvalidInput", "One or more request parameters are not valid."),
    403: ("Unauthorized", "Access to requested resource is denied."),
    429: ("QuotaExceeded", "You exceeded your quota for the requested resource."),
    500: ("InternalFailure", "We encountered an internal error. Please try again."),
}
"""Code and message by status; what is particular stands in the details."""


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf an operation is called, on which region's host, and with what parameters."""

    world: World
    grant: Grant
    business: Business
    region: str
    asked: QueryParams
    path: Mapping[str, str]

    @property
    def merchant(self) -> str:
        """The selling partner id."""
        return self.business.merchants[self.region]

    @property
    def behaviours(self) -> frozenset[Behaviour]:
        """What is put on the login that consented."""
        return self.world.on(self.grant.member)

    def place(self, marketplace_id: str) -> Place:
        """The marketplace of this id, in which the business sells in this region.

        Raises:
            BadRequest: there is no such.
        """
        for each in self.business.places(self.region):
            if each.id == marketplace_id:
                return each
        raise BadRequest("marketplaceIds names a marketplace that the account does not sell in.")


Operation = Callable[[Caller], Awaitable[Any]]
"""What an operation answers with, as JSON."""


class BadRequest(Exception):
    """A parameter is missing or wrong; the text goes into the answer's details."""


def refused(status: int, details: str = "") -> Answered:
    """SP-API's error body (models, ``ErrorList``), to be raised."""
    code, message = ERRORS[status]
    error = {"code": code, "message": message, "details": details}
    ids = {"x-amzn-RequestId": request_id()}
    return Answered(JSONResponse({"errors": [error]}, status, headers=ids))


def operation(kind: str, rate: float, burst: int) -> Callable[[Operation], Handler]:
    """Make a handler of an SP-API operation.

    It counts calls, checks the token, lets trouble through and keeps to the usage plan: a token
    bucket per app and selling partner (SP-API, "Usage plans and rate limits").

    Args:
        kind: ``seller`` or ``vendor``: who may call it; empty for both.
        rate: calls a second.
        burst: calls saved up.
    """

    def decorate(made: Operation) -> Handler:
        @counted
        @wraps(made)
        async def handler(request: Request) -> Response:
            caller = await _caller(request)
            if kind and caller.business.kind != kind:
                raise refused(403)
            if not caller.world.allowed(
                (made.__name__, caller.region, caller.merchant), rate, burst
            ):
                raise refused(429)
            try:
                body = await made(caller)
            except BadRequest as error:
                answer = refused(400, str(error)).answer
            else:
                answer = JSONResponse(body, headers={"x-amzn-RequestId": request_id()})
            answer.headers["x-amzn-RateLimit-Limit"] = str(rate)
            return answer

        return handler

    return decorate


async def _caller(request: Request) -> Caller:
    world, region = world_of(request), request.path_params["region"]
    token = request.headers.get("x-amz-access-token", "")
    found = world.sp_api.accessed(token)
    await trouble(request, found[0].member if found else "", _worded)
    if not token:
        raise refused(403, MISSING)
    if found is None or world.is_dead(found[0]):
        raise refused(403, REVOKED)
    grant, until = found
    if world.moment() > until:
        raise refused(403, EXPIRED)
    if grant.region != region:
        raise refused(403)
    return Caller(
        world, grant, world.business(grant), region, request.query_params, request.path_params
    )


def _worded(status: int, _details: str, _headers: dict[str, str]) -> Answered:
    """Trouble in SP-API's words: no details, and no Retry-After (SP-API, "Usage plans")."""
    return refused(status)
