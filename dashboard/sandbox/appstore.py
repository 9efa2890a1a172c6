"""The Appstore of Seller Central: sellers who begin at the app's page, or renew once a year.

SP-API guide, "Appstore authorization workflow": the consent page leads to the app's Login URI, and
the app sends the seller on to the address it was given there, which sends them back with a code.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.sandbox import central
from dashboard.sandbox.pages import back, page, problem, visit
from dashboard.sandbox.places import places
from dashboard.sandbox.world import world_of

HOST: Final = "Seller Central"


async def app_page(request: Request) -> Response:
    """The app's page in the Appstore, which is also its consent page (steps 1 and 2)."""
    world = world_of(request)
    place = places().get(request.path_params["country"])
    if place is None or not world.login_uri:
        return problem("Page not found", "There is no such app in this country.", status=404)
    visitor = await visit(request, f"{HOST} {place.country}")
    central.eligible(world, visitor.member, "seller", place)
    if not visitor.decision:
        shown = [each for _, each in central.choices(world.owner(visitor.member), "seller", place)]
        return page("appstore", host=HOST, place=place, member=visitor.member, shown=shown)
    if visitor.decision != "authorize":
        return page("cancelled", host=HOST)
    grant = central.granted(world, visitor, "seller", place)
    root = f"{request.url.scheme}://{request.url.netloc}"
    path = f"/sellercentral/{place.code}/apps/authorize/confirm/{world.application_id}"
    beta = {"version": "beta"} if world.draft else {}
    return back(
        world.login_uri,
        {
            "amazon_callback_uri": root + path,
            "amazon_state": world.sent_over(grant),
            "selling_partner_id": world.business(grant).merchants[place.region],
            **beta,
        },
    )


async def confirmed(request: Request) -> Response:
    """Where the app sends the seller on to (step 3), and from where they return to it (step 4)."""
    world, asked = world_of(request), request.query_params
    if request.path_params["application_id"] != world.application_id:
        return problem("We're sorry", "There is no such app.", code="MD1000")
    address = central.way_back(request, "seller")
    grant = world.taken_over(asked.get("amazon_state", ""))
    place = places().get(request.path_params["country"])
    if grant is None or place is None or place.region != grant.region:
        return problem("We're sorry", "This page has expired: begin once more in the Appstore.")
    values = {
        "spapi_oauth_code": world.handed_out(grant, address),
        "selling_partner_id": world.business(grant).merchants[grant.region],
    }
    if "state" in asked:
        values["state"] = asked["state"]
    return back(address, values)


PAGE: Final = "/sellercentral/{country}/apps"

routes: Final = [
    Route(f"{PAGE}/store", app_page, methods=["GET", "POST"]),
    Route(f"{PAGE}/authorize/confirm/{{application_id}}", confirmed, methods=["GET"]),
]
