"""Seller Central and Vendor Central: where a business authorizes an app for SP-API."""

from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.sandbox.behaviours import Behaviour
from dashboard.sandbox.cast import Business, Member, stranger
from dashboard.sandbox.pages import back, ours, page, problem, signed_in
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
    world, asked = world_of(request), request.query_params
    place = places().get(request.path_params["country"])
    if place is None:
        return problem("Page not found", "This country has no such page.", status=404)
    address = asked.get("redirect_uri") or world.redirect_uris[0]
    if code := _misconfigured(world, request, kind):
        return _error_page(code)
    if address not in world.redirect_uris:
        return _error_page("MD5101")
    form = await request.form() if request.method == "POST" else FormData()
    if form and not ours(request):
        return _error_page("MD5100")
    member = await signed_in(request, form, f"{HOSTS[kind]} {place.country}")
    if isinstance(member, Response):
        return member
    if refused := _refused(world, member, kind, place):
        return refused
    owner = world.owner(world.arriving(member))
    choices = _choices(owner, kind, place)
    decision = form.get("decision")
    if decision is None:
        # The member's own accounts, also when somebody else is about to consent unnoticed.
        shown = [business for _, business in _choices(world.owner(member), kind, place)]
        return page(
            "central", host=HOSTS[kind], place=place, member=member, shown=shown,
            kind=kind, region=place.region,
        )  # fmt: skip
    if decision != "confirm" or Behaviour.CANCELS in world.on(member.id):
        # What Cancel sends back is not documented: here nothing, which is the harder case.
        return page("cancelled", host=HOSTS[kind])
    wanted = str(form.get("account") or "")
    merchants = [business.merchants[place.region] for _, business in choices]
    chosen = choices[merchants.index(wanted) if wanted in merchants else 0]
    return _confirmed(world, member, owner, chosen, place, request, address)


def _misconfigured(world: World, request: Request, kind: str) -> str:
    """The code of Amazon's error page for a request that fits no app (authorization errors)."""
    asked = request.query_params
    if asked.get("application_id") != world.application_id:
        return "MD1000"
    if world.draft and asked.get("version") != "beta":
        return "MD1000" if kind == "seller" else "MD5100"
    return ""


def _refused(world: World, member: Member, kind: str, place: Place) -> Response | None:
    behaviours = world.on(member.id)
    if Behaviour.ERROR_PAGE in behaviours:
        return _error_page("MD5100")
    if Behaviour.INDIVIDUAL_PLAN in behaviours and kind == "seller":
        return problem(
            "You are not eligible",
            "Only the primary user of an account on the Professional selling plan can authorize "
            "applications. This account is on the Individual plan.",
            status=403,
        )
    if not _choices(world.owner(world.arriving(member)), kind, place):
        return problem(
            "No account here",
            f"This login has no {kind} account in {place.country} or its region.",
            "Sign in with another login, or open the page of another country.",
            status=403,
        )
    return None


def _choices(owner: Member, kind: str, place: Place) -> list[tuple[int, Business]]:
    """The businesses of a login that can consent here: a consent covers its whole region."""
    return [
        (index, business)
        for index, business in enumerate(owner.businesses)
        if business.kind == kind and place.region in business.merchants
    ]


def _confirmed(
    world: World,
    member: Member,
    owner: Member,
    chosen: tuple[int, Business],
    place: Place,
    request: Request,
    address: str,
) -> Response:
    index, business = chosen
    if Behaviour.MERCHANT_MISMATCH in world.on(member.id):
        owner = stranger(member)
        index, business = 0, owner.businesses[0]
    who = world.arriving(member)
    grant = Grant(SELLING, who.id, owner.id, index, place.region, partial=False, at=world.moment())
    values = {
        "spapi_oauth_code": world.handed_out(grant, address),
        "selling_partner_id": business.merchants[place.region],
    }
    if "state" in request.query_params:
        values["state"] = request.query_params["state"]
    return back(address, values)


def _error_page(code: str) -> Response:
    return problem(
        "We're sorry, we've encountered an error",
        "The application cannot be authorized. Please contact the application's developer.",
        code=code,
    )


routes: Final = [
    Route(
        "/sellercentral/{country}/apps/authorize/consent", seller_consent, methods=["GET", "POST"]
    ),
    Route(
        "/vendorcentral/{country}/apps/authorize/consent", vendor_consent, methods=["GET", "POST"]
    ),
]
