"""What both APIs and the token endpoint do with every call: count it, and let trouble through."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from dashboard.sandbox.answered import Answered
from dashboard.sandbox.behaviours import Behaviour
from dashboard.sandbox.places import REGIONS
from dashboard.sandbox.world import RETRY_SECONDS, SLOW_SECONDS, world_of

Handler = Callable[[Request], Awaitable[Response]]
Refusal = Callable[[int, str, dict[str, str]], Answered]
"""How an API words a refusal: status, what happened, further headers."""


def request_id() -> str:
    """A new id of a request, as Amazon's support asks for."""
    return str(uuid.uuid4())


def counted(handler: Handler) -> Handler:
    """Count the calls of an endpoint, by method and path without the ids in it."""

    @wraps(handler)
    async def counting(request: Request) -> Response:
        if request.path_params.get("region", "NA") not in REGIONS:
            return Response("Not Found", 404)
        path = request.url.path
        for name, value in request.path_params.items():
            if name != "region":
                path = path.replace(f"/{value}", f"/{{{name}}}")
        world_of(request).calls[f"{request.method} {path}"] += 1
        return await handler(request)

    return counting


async def trouble(request: Request, member: str, refusal: Refusal) -> None:
    """Let through the trouble that is put on this login or on everybody.

    Args:
        request: any call of an API.
        member: whose token it carries; empty when it carries none that is good.
        refusal: how that API words a refusal.

    Raises:
        Answered: there is trouble.
    """
    world = world_of(request)
    behaviours = world.on(member)
    if Behaviour.SLOW in behaviours:
        await asyncio.sleep(world.seconds(member, Behaviour.SLOW, SLOW_SECONDS))
    if Behaviour.SERVER_ERROR in behaviours:
        raise refusal(500, "We encountered an internal error. Please try again.", {})
    if Behaviour.FORBIDDEN in behaviours:
        raise refusal(403, "Access to requested resource is denied.", {})
    if Behaviour.THROTTLED in behaviours:
        wait = world.seconds(member, Behaviour.THROTTLED, RETRY_SECONDS)
        raise refusal(429, "Too many requests.", {"Retry-After": f"{wait:g}"})
    if Behaviour.MALFORMED in behaviours:
        # Cut off in the middle, as by a broken connection that nobody noticed.
        raise Answered(
            Response(
                '{"payload": [{"marketplace": ',
                media_type="application/json",
                headers={"x-amzn-RequestId": request_id()},
            )
        )
