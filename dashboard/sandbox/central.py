"""Seller Central and Vendor Central: where a business authorizes an app for SP-API."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.sandbox.answered import Answered
from dashboard.sandbox.behaviours import Behaviour
from dashboard.sandbox.cast import Business, Member, stranger
from dashboard.sandbox.pages import Visit, back, page, problem, visit
from dashboard.sandbox.places import Place, places
from dashboard.sandbox.tokens import SELLING, Grant
from dashboard.sandbox.world import World, world_of

HOSTS: Final = {"seller": "Seller Central", "vendor": "Vendor Central"}


async def seller_consent(request: Request) -> Response:
    """Ask a seller (SP-API guide, "Website authorization workflow", step 2)."""
    return await _consent(request, "seller")


async def vendor_consent(request: Request) -> Response:
    """Ask a vendor: the same, on Vendor Central."""
    return await _consent(request, "vendor")


async def _consent(request: Request, kind: str) -> Response:
    world = world_of(request)
    place = places().get(request.path_params["country"])
    if place is None:
        return problem("Page not found", "This country has no such page.", status=404)
    address = registered(request, kind)
    visitor = await visit(request, f"{HOSTS[kind]} {place.country}")
    member = visitor.member
    eligible(world, member, kind, place)
    if not visitor.decision:
        # The member's own accounts, also when somebody else is about to consent unnoticed.
        shown = [each for _, each in choices(world.owner(member), kind, place)]
        return page("central", host=HOSTS[kind], place=place, member=member, shown=shown, kind=kind)
    if visitor.decision != "confirm" or Behaviour.CANCELS in world.on(member.id):
        # What Cancel sends back is not documented: here nothing, which is the harder case.
        return page("cancelled", host=HOSTS[kind])
    grant = granted(world, visitor, kind, place)
    business = world.business(grant)
    values = {
        "spapi_oauth_code": world.handed_out(grant, address),
        "selling_partner_id": business.merchants[place.region],
    }
    if "state" in request.query_params:
        values["state"] = request.query_params["state"]
    return back(address, values)


def registered(request: Request, kind: str) -> str:
    """Where to go back to; stops a request that fits no app (SP-API, "Authorization errors")."""
    if request.query_params.get("application_id") != world_of(request).application_id:
        raise _stopped("MD1000")
    return way_back(request, kind)


def way_back(request: Request, kind: str) -> str:
    """Where to go back to; stops a request for a draft, or to an address, that is not the app's."""
    world, asked = world_of(request), request.query_params
    if world.draft and asked.get("version") != "beta":
        raise _stopped("MD1000" if kind == "seller" else "MD5100")
    address = asked.get("redirect_uri") or world.redirect_uris[0]
    if address not in world.redirect_uris or len(asked.multi_items()) != len(asked):
        raise _stopped("MD5101")
    return address


def eligible(world: World, member: Member, kind: str, place: Place) -> None:
    """Stop those who cannot authorize an app here."""
    behaviours = world.on(member.id)
    if Behaviour.ERROR_PAGE in behaviours:
        raise _stopped("MD5100", switch=True)
    if Behaviour.INDIVIDUAL_PLAN in behaviours and kind == "seller":
        raise Answered(
            problem(
                "You are not eligible",
                "Only the primary user of an account on the Professional selling plan can "
                "authorize applications. This account is on the Individual plan.",
                status=403,
                switch=True,
            )
        )
    if not choices(world.owner(world.arriving(member)), kind, place):
        raise Answered(
            problem(
                "No account here",
                f"This login has no {kind} account in {place.country} or its region.",
                "Sign in with another login, or open the page of another country.",
                status=403,
                switch=True,
            )
        )


def choices(owner: Member, kind: str, place: Place) -> list[tuple[int, Business]]:
    """The businesses of a login that can consent here: a consent covers its whole region."""
    return [
        (index, business)
        for index, business in enumerate(owner.businesses)
        if business.kind == kind and place.region in business.merchants
    ]


def granted(world: World, visitor: Visit, kind: str, place: Place) -> Grant:
    """The consent that a press on Confirm gives."""
    who = world.arriving(visitor.member)
    owner = world.owner(who)
    if Behaviour.MERCHANT_MISMATCH in world.on(visitor.member.id):
        owner = stranger(visitor.member)
    theirs = choices(owner, kind, place)
    chosen = [index for index, each in theirs if each.merchants[place.region] == visitor.account]
    return Grant(
        channel=SELLING,
        member=who.id,
        owner=owner.id,
        business=chosen[0] if chosen else theirs[0][0],
        region=place.region,
        partial=False,
        at=world.moment(),
    )


def _stopped(code: str, *, switch: bool = False) -> Answered:
    return Answered(
        problem(
            "We're sorry, we've encountered an error",
            "The application cannot be authorized. Please contact the application's developer.",
            code=code,
            switch=switch,
        )
    )


METHODS: Final = ["GET", "POST"]

routes: Final = [
    Route(f"/{kind}central/{{country}}/apps/authorize/consent", handler, methods=METHODS)
    for kind, handler in (("seller", seller_consent), ("vendor", vendor_consent))
]
