"""The Ads API of a region: profiles, and Sponsored Products campaigns (version 3)."""

import json
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.sandbox.answered import Answered
from dashboard.sandbox.behaviours import Behaviour
from dashboard.sandbox.calls import Refusal, counted, request_id, trouble
from dashboard.sandbox.cast import Business, find
from dashboard.sandbox.places import REGIONS, Place
from dashboard.sandbox.tokens import Grant
from dashboard.sandbox.world import World, world_of

PROGRAMS: Final = frozenset(
    {"billing", "campaign", "paymentMethod", "store", "report", "account", "posts"}
)
MANAGERS: Final = "application/vnd.getmanageraccountsresponse.v1+json"
MOST_LINKED: Final = 50
"""Accounts linked to one manager account."""
TYPES: Final = frozenset({"seller", "vendor", "agency"})


@dataclass(frozen=True, slots=True)
class Profile:
    """A business in one marketplace, as the Ads API lists it."""

    business: Business
    place: Place
    type: str
    paid: bool

    @property
    def id(self) -> int:
        """The profile id; an agency's profile is another than the client's own."""
        if self.type == "agency":
            return self.business.profile_id(self.place) + 1
        return self.business.profile_id(self.place)

    def linked(self) -> dict[str, Any]:
        """The profile as an account linked to a manager account (Ads API, "Manager accounts")."""
        return {
            "accountId": self.business.advertisers[self.place.region],
            "accountName": self.business.name,
            "accountType": self.type.upper(),
            "dspAdvertiserId": None,
            "marketplaceId": self.place.id,
            "profileId": str(self.id),
        }

    def body(self) -> dict[str, Any]:
        """The profile as ``GET /v2/profiles`` says it (Ads API, "Profiles")."""
        account: dict[str, Any] = {
            "marketplaceStringId": self.place.id,
            "id": self.business.advertisers[self.place.region],
            "type": self.type,
            "name": self.business.name,
        }
        if self.type == "vendor":
            account["validPaymentMethod"] = self.paid
        said = {
            "profileId": self.id,
            "countryCode": self.place.code,
            "currencyCode": self.place.currency,
            "timezone": self.place.timezone,
            "accountInfo": account,
        }
        return said | ({"dailyBudget": 999999999.0} if self.type == "seller" else {})


def profiles_of(world: World, grant: Grant, region: str, access: str = "edit") -> list[Profile]:
    """The profiles that a consent reaches in a region at this moment.

    Permission is that of the login now, not at the consent (Ads API, "Permissions").

    Args:
        world: what is put on the login.
        grant: a consent for the Ads API.
        region: NA, EU or FE.
        access: what the login must be allowed to: ``edit`` or ``view``, or ``manage`` for all
            that a manager account links to it.
    """
    member = find(grant.member)
    behaviours = world.on(grant.member)
    if member is None or Behaviour.NEVER_ADVERTISED in behaviours:
        return []
    if Behaviour.MANAGER_VIEWER in behaviours and access != "manage":
        return []
    if Behaviour.VIEW_ONLY in behaviours and access == "edit":
        return []
    agency = Behaviour.AGENCY_ONLY in behaviours
    paid = Behaviour.PAYMENT_FAILURE not in behaviours
    businesses = world.owner(member).businesses
    found = [
        Profile(business, place, "agency" if agency else business.kind, paid)
        for business in businesses
        for each in REGIONS
        for place in business.places(each)
    ]
    if grant.partial or Behaviour.NO_PERMISSION in behaviours:
        found = found[:-1]
    if member.kind == "agency" and not agency:
        own = businesses[0]
        found += [Profile(own, own.places(each)[0], "agency", paid) for each in own.merchants]
    return [each for each in found if each.place.region == region]


async def authorized(request: Request, refusal: Refusal) -> Grant:
    """The consent behind a call.

    Raises:
        Answered: the call carries no good token, or there is trouble.
    """
    world = world_of(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    found = world.aaa.accessed(token.strip()) if scheme.lower() == "bearer" else None
    if request.headers.get("amazon-advertising-api-clientid") != world.aaa.id:
        found = None
    await trouble(request, found[0].member if found else "", refusal)
    if found is None or world.moment() > found[1] or world.is_dead(found[0]):
        raise refusal(401, "Unauthorized", {})
    return found[0]


def refused(status: int, details: str, headers: dict[str, str]) -> Answered:
    """The general error body (Ads API, "Errors"), to be raised."""
    this = request_id()
    body = {"code": str(status), "details": details, "requestId": this}
    return Answered(JSONResponse(body, status, headers=headers | {"x-amzn-RequestId": this}))


@counted
async def profiles(request: Request) -> Response:
    """List the profiles the login may use (Ads API, ``listProfiles``); never paged."""
    asked = request.query_params
    grant = await authorized(request, refused)
    access = asked.get("accessLevel", "edit")
    kinds = [each for each in asked.get("profileTypeFilter", "").split(",") if each]
    paid = asked.get("validPaymentMethodFilter")
    if (
        access not in {"edit", "view"}
        or asked.get("apiProgram", "campaign") not in PROGRAMS
        or not set(kinds) <= TYPES
        or paid not in {None, "true", "false"}
    ):
        raise refused(400, "Invalid query parameter", {})
    found = profiles_of(world_of(request), grant, request.path_params["region"], access)
    bodies = [each.body() for each in found if not kinds or each.type in kinds]
    if paid is not None:
        # Only vendors' profiles say whether they can pay: the others pass no such filter.
        wanted = paid == "true"
        bodies = [
            each for each in bodies if each["accountInfo"].get("validPaymentMethod") is wanted
        ]
    return JSONResponse(bodies, headers={"x-amzn-RequestId": request_id()})


@counted
async def managers(request: Request) -> Response:
    """List the manager accounts of the login (Ads API, ``getManagerAccountsForUser``)."""
    grant = await authorized(request, refused)
    world, region = world_of(request), request.path_params["region"]
    member = find(grant.member)
    viewer = Behaviour.MANAGER_VIEWER in world.on(grant.member)
    found: list[dict[str, Any]] = []
    if member is not None and (viewer or member.kind == "agency"):
        linked = [
            each.linked() for each in profiles_of(world, grant, region, "manage")
            if each.type != "agency"
        ]  # fmt: skip
        found = [
            {
                "managerAccountId": f"amzn1.ads1.ma1.{member.id}",
                "managerAccountName": member.name,
                "linkedAccounts": linked[:MOST_LINKED],
            }
        ]
    headers = {"content-type": MANAGERS, "x-amzn-RequestId": request_id()}
    return Response(json.dumps({"managerAccounts": found}), headers=headers)


routes: Final = [
    Route("/ads/{region}/managerAccounts", managers, methods=["GET"]),
    Route("/ads/{region}/v2/profiles", profiles, methods=["GET"]),
]
