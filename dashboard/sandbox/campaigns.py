"""Sponsored Products campaigns, version 3: ``POST /sp/campaigns/list``."""

import json
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.sandbox.ads import Profile, authorized, profiles_of
from dashboard.sandbox.answered import Answered
from dashboard.sandbox.behaviours import Behaviour
from dashboard.sandbox.calls import counted, request_id
from dashboard.sandbox.cast import find
from dashboard.sandbox.goods import Campaign, campaigns
from dashboard.sandbox.tokens import PAGE, Grant
from dashboard.sandbox.world import World, world_of

MEDIA: Final = "application/vnd.spCampaign.v3+json"
MOST: Final = 1000
"""Campaigns in one answer."""

CODES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHORIZED",
    403: "ACCESS_DENIED",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "THROTTLED",
    500: "INTERNAL_ERROR",
}
"""Codes of version 3 (Sponsored Products API, ``ListSponsoredProductsCampaigns``)."""


def refused(status: int, message: str, headers: dict[str, str]) -> Answered:
    """The error body of version 3, to be raised."""
    body: dict[str, Any] = {"code": CODES[status], "message": message}
    if status == 400:
        body["errors"] = [{"errorType": "malformedValueError", "message": message}]
    ids = {"x-amzn-RequestId": request_id()}
    return Answered(JSONResponse(body, status, headers=headers | ids))


@counted
async def listed(request: Request) -> Response:
    """List campaigns of the profile that the Scope header names, a page at a time."""
    world = world_of(request)
    grant = await authorized(request, refused)
    for header in ("content-type", "accept"):
        if request.headers.get(header, "").partition(";")[0].strip().lower() != MEDIA.lower():
            raise refused(415, f"{header} must be {MEDIA}", {})
    profile = _profile(world, grant, request)
    body = await _body(request)
    size, start = _page(world, body, profile)
    found = [each for each in campaigns(profile.business, profile.place) if _wanted(each, body)]
    serving = _serving(world, grant)
    extended = body.get("includeExtendedDataFields") is True
    answer: dict[str, Any] = {
        "campaigns": [_said(each, serving, extended=extended) for each in found[start:][:size]],
        "totalResults": len(found),
    }
    if start + size < len(found):
        answer["nextToken"] = world.aaa.seal(PAGE, {"profile": profile.id, "start": start + size})
    return JSONResponse(answer, media_type=MEDIA, headers={"x-amzn-RequestId": request_id()})


def _profile(world: World, grant: Grant, request: Request) -> Profile:
    """The profile of the Scope header, if the login may at least look at its campaigns."""
    scope, region = (
        request.headers.get("amazon-advertising-api-scope"),
        request.path_params["region"],
    )
    if not scope:
        raise refused(401, "Scope header is missing", {})
    for each in profiles_of(world, grant, region, "view"):
        if str(each.id) == scope and each.type != "agency":
            return each
    member = find(grant.member)
    own = [] if member is None else world.owner(member).businesses
    known = {str(each.profile_id(place)) for each in own for place in each.places(region)}
    if scope in known:
        raise refused(401, "Not authorized to access scope", {})
    raise refused(401, "No matching advertiser found for scope", {})


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        raise refused(400, "The request body is not JSON", {}) from None
    if not isinstance(body, dict):
        raise refused(400, "The request body is not an object", {})
    filters = {"stateFilter": 10, "campaignIdFilter": 1000, "nameFilter": 100}
    for name, most in filters.items():
        chosen = body.get(name)
        if chosen is None:
            continue
        values = chosen.get("include") if isinstance(chosen, dict) else None
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            raise refused(400, f"{name}.include must be a list of strings", {})
        if len(values) > most:
            raise refused(400, f"{name}.include must not have more than {most} entries", {})
    return body


def _page(world: World, body: dict[str, Any], profile: Profile) -> tuple[int, int]:
    size = body.get("maxResults", 100)
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= MOST:
        raise refused(400, f"maxResults must be from 1 to {MOST}", {})
    token = body.get("nextToken")
    if not token:
        return size, 0
    found = world.aaa.opened(PAGE, token) if isinstance(token, str) else None
    if found is None or found.get("profile") != profile.id:
        raise refused(400, "nextToken is not valid", {})
    return size, found["start"]


def _wanted(campaign: Campaign, body: dict[str, Any]) -> bool:
    states, ids, names = (
        body.get(name) for name in ("stateFilter", "campaignIdFilter", "nameFilter")
    )
    if states and campaign.state not in states["include"]:
        return False
    if ids and campaign.id not in ids["include"]:
        return False
    if not names:
        return True
    if names.get("queryTermMatchType", "BROAD_MATCH") == "EXACT_MATCH":
        return campaign.name in names["include"]
    return any(each.lower() in campaign.name.lower() for each in names["include"])


def _serving(world: World, grant: Grant) -> str:
    """What the account's trouble says of every campaign; empty when there is none."""
    behaviours = world.on(grant.member)
    if Behaviour.SUSPENDED in behaviours:
        return "ADVERTISER_POLICING_SUSPENDED"
    if Behaviour.PAYMENT_FAILURE in behaviours:
        return "ADVERTISER_PAYMENT_FAILURE"
    return ""


def _said(campaign: Campaign, serving: str, *, extended: bool) -> dict[str, Any]:
    said: dict[str, Any] = {
        "campaignId": campaign.id,
        "name": campaign.name,
        "state": campaign.state,
        "targetingType": campaign.targeting,
        "startDate": campaign.started,
        "budget": {
            "budget": campaign.budget,
            "budgetType": "DAILY",
            "effectiveBudget": campaign.budget,
        },
        "dynamicBidding": {"strategy": "LEGACY_FOR_SALES", "placementBidding": []},
        "tags": {},
    }
    if extended:
        own = {"ENABLED": "CAMPAIGN_STATUS_ENABLED"}.get(
            campaign.state, f"CAMPAIGN_{campaign.state}"
        )
        said["extendedData"] = {
            "servingStatus": serving or own,
            "creationDateTime": f"{campaign.started}T08:00:00Z",
            "lastUpdateDateTime": f"{campaign.started}T09:30:00Z",
        }
    return said


routes: Final = [Route("/ads/{region}/sp/campaigns/list", listed, methods=["POST"])]
