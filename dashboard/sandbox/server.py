"""The stand-in Amazon as one ASGI application."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from dashboard.sandbox import (
    ads,
    appstore,
    campaigns,
    central,
    control,
    inventory,
    listings,
    login,
    orders,
    sellers,
)
from dashboard.sandbox.answered import Answered, give
from dashboard.sandbox.pages import FOLDER, page
from dashboard.sandbox.places import places
from dashboard.sandbox.tokens import ADS, SELLING, Client
from dashboard.sandbox.world import World


def utc_now() -> datetime:
    """The present moment: aware, UTC."""
    return datetime.now(UTC)


def create_app(
    *,
    aaa: tuple[str, str],
    sp_api: tuple[str, str],
    application_id: str,
    redirect_uris: Sequence[str],
    login_uri: str = "",
    draft: bool = False,
    now: Callable[[], datetime] = utc_now,
) -> Starlette:
    """Make a stand-in Amazon at which one app is registered.

    It has no sign-in of its own and must be served on loopback only. Run uvicorn without an access
    log: addresses of consent pages hold the app's state.

    Args:
        aaa: id and secret of the app's Login with Amazon client for the Ads API.
        sp_api: id and secret of its client for SP-API.
        application_id: the Selling Partner app's own id.
        redirect_uris: where Amazon may send people back to, exactly; the first is the one used
            when Seller Central is given none.
        login_uri: where its Appstore sends sellers; none, and the app is not in it.
        draft: the Selling Partner app is a draft, so its consents need ``version=beta``.
        now: the present moment, aware.

    Raises:
        ValueError: no redirect address is given.
    """
    if not redirect_uris:
        raise ValueError("The stand-in Amazon needs at least one redirect address.")
    app = Starlette(
        routes=[
            Route("/", _home),
            Route("/style.css", _style),
            *login.routes,
            *central.routes,
            *appstore.routes,
            *ads.routes,
            *campaigns.routes,
            *sellers.routes,
            *inventory.routes,
            *listings.routes,
            *orders.routes,
            *control.routes,
        ],
        exception_handlers={Answered: give},
    )
    app.state.world = World(
        aaa=Client(ADS, *aaa),
        sp_api=Client(SELLING, *sp_api),
        application_id=application_id,
        redirect_uris=tuple(redirect_uris),
        draft=draft,
        clock=now,
        login_uri=login_uri,
    )
    return app


async def _home(_request: Request) -> Response:
    return page("home", places=places().values())


async def _style(_request: Request) -> Response:
    return FileResponse(FOLDER / "style.css", media_type="text/css")
