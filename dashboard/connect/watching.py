"""For those who run this: is it alive, and how is it doing."""

from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard.connect import working
from dashboard.connect.addresses import is_internal
from dashboard.errors import NotFound
from dashboard.queries.health import reachable


def health(_request: Request) -> Response:
    """Whether this process can serve customers."""
    if reachable():
        return PlainTextResponse("ok\n")
    return PlainTextResponse("The database cannot be reached.\n", 503)


def metrics(request: Request) -> Response:
    """Figures for Prometheus, which asks from inside: of this process, and of the workers."""
    if not is_internal(request):
        raise NotFound("There is no such page.")
    found = request.app.state.measures.text() + working.text()
    return Response(found, media_type="text/plain; version=0.0.4")


routes: Final = [
    Route("/healthz", health, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
]
