"""The Selling Partner API of a region: who may call, and the Sellers API."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.sandbox.behaviours import Behaviour
from dashboard.sandbox.calls import Handler, counted, request_id, trouble
from dashboard.sandbox.cast import Business
from dashboard.sandbox.places import Place, places
from dashboard.sandbox.tokens import SELLING, Grant
from dashboard.sandbox.world import World, world_of

DENIED: Final = "Access to requested resource is denied."
REVOKED: Final = "The access token you provided is revoked, malformed or invalid."
EXPIRED: Final = "The access token you provided has expired."
MISSING: Final = "Access token is missing in the request header."

CODES: Final = {
    400: "InvalidInput",
    403: "Unauthorized",
    404: "NotFound",
    429: "QuotaExceeded",
    500: "InternalFailure",
    503: "ServiceUnavailable",
}

TECHNICAL: Final = {"DE": "A38D8NSA03LJTC", "ES": "AFQLKURYRPEL8"}
"""Stores that are no marketplaces, which Amazon lists beside those of some countries."""


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a call is made, and on which region's host."""

    world: World
    grant: Grant
    business: Business
    region: str

    @property
    def merchant(self) -> str:
        """The selling partner id."""
        return self.business.merchants[self.region]

    @property
    def behaviours(self) -> frozenset[Behaviour]:
        """What is put on the login that consented."""
        return self.world.on(self.grant.member)

    def place(self, marketplace_id: str) -> Place | None:
        """The marketplace of this id, if the business sells there in this region."""
        found = self.business.places(self.region)
        return next((each for each in found if each.id == marketplace_id), None)


Operation = Callable[[Request, Caller], Awaitable[Response]]


class BadRequest(Exception):
    """A parameter is missing or wrong; the text goes into the answer's details."""


def refused(status: int, details: str, headers: dict[str, str] | None = None) -> Response:
    """SP-API's error body (models, ``ErrorList``)."""
    message = {403: DENIED, 429: "You exceeded your quota for the requested resource."}
    error = {
        "code": CODES[status],
        "message": message.get(status, details),
        "details": details if status in {400, 403, 404} else "",
    }
    ids = {"x-amzn-RequestId": request_id()}
    return JSONResponse({"errors": [error]}, status, headers=(headers or {}) | ids)


def answered(body: Any) -> Response:
    """A good answer."""
    return JSONResponse(body, headers={"x-amzn-RequestId": request_id()})


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
            if isinstance(caller, Response):
                return caller
            if kind and caller.business.kind != kind:
                return refused(403, "")
            if not caller.world.allowed(
                (caller.merchant, caller.region, made.__name__), rate, burst
            ):
                return refused(429, "")
            try:
                answer = await made(request, caller)
            except BadRequest as error:
                answer = refused(400, str(error))
            if answer.status_code in {200, 400, 404}:
                answer.headers["x-amzn-RateLimit-Limit"] = str(rate)
            return answer

        return handler

    return decorate


async def _caller(request: Request) -> Caller | Response:
    world, region = world_of(request), request.path_params["region"]
    token = request.headers.get("x-amz-access-token", "")
    found = world.sp_api.accessed(token)
    answer = await trouble(request, found[0].member if found else "", _worded)
    if answer is not None:
        return answer
    if not token:
        return refused(403, MISSING)
    if found is None or found[0].channel != SELLING or world.is_dead(found[0]):
        return refused(403, REVOKED)
    grant, until = found
    if world.moment() > until:
        return refused(403, EXPIRED)
    business = world.business(grant)
    if business is None or grant.region != region:
        return refused(403, "")
    return Caller(world, grant, business, region)


def _worded(status: int, details: str, headers: dict[str, str]) -> Response:
    """Trouble in SP-API's words: a 403 says nothing more, a 429 does not say for how long."""
    del headers
    return refused(status, "" if status == 403 else details)


@operation("seller", 0.016, 15)
async def participations(request: Request, caller: Caller) -> Response:
    """List the marketplaces of a seller (Sellers API v1, ``getMarketplaceParticipations``)."""
    return answered({"payload": _participations(caller)})


@operation("seller", 0.016, 15)
async def account(request: Request, caller: Caller) -> Response:
    """Describe the seller account (Sellers API v1, ``getAccount``)."""
    individual = Behaviour.INDIVIDUAL_PLAN in caller.behaviours
    return answered(
        {
            "payload": {
                "businessType": "SOLE_PROPRIETORSHIP" if individual else "PRIVATE_LIMITED",
                "sellingPlan": "INDIVIDUAL" if individual else "PROFESSIONAL",
                "marketplaceParticipationList": _participations(caller),
            }
        }
    )


def _participations(caller: Caller) -> list[dict[str, Any]]:
    business, suspended = caller.business, Behaviour.SUSPENDED in caller.behaviours
    joined = business.places(caller.region)
    others = [places()[code] for code in business.not_joined]
    found = [
        _participation(business, each.id, f"Amazon{each.domain.removeprefix('www.amazon')}", each,
                       joined=each in joined, suspended=suspended)
        for each in [*joined, *others]
        if each.region == caller.region
    ]  # fmt: skip
    found += [
        _participation(business, TECHNICAL[each.code], f"Non-Amazon {each.code}", each,
                       joined=True, suspended=False)
        for each in joined
        if each.code in TECHNICAL
    ]  # fmt: skip
    return found


def _participation(
    business: Business, marketplace_id: str, name: str, place: Place, *,
    joined: bool, suspended: bool,
) -> dict[str, Any]:  # fmt: skip
    return {
        "marketplace": {
            "id": marketplace_id,
            "name": name,
            "countryCode": place.iso_code,
            "defaultCurrencyCode": place.currency,
            "defaultLanguageCode": place.language,
            "domainName": place.domain,
        },
        "storeName": business.name,
        "participation": {
            "isParticipating": joined,
            "hasSuspendedListings": joined and suspended,
        },
    }


routes: Final = [
    Route("/sp/{region}/sellers/v1/marketplaceParticipations", participations),
    Route("/sp/{region}/sellers/v1/account", account),
]
