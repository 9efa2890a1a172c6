"""Not Amazon's: what practice and tests use to see and to steer the stand-in, as JSON.

Only loopback may call it, and a change must be sent as ``application/json``, which a page of
somebody else's cannot send here without being asked first, and we never agree.
"""

import ipaddress
import json
import math
from collections.abc import Mapping
from datetime import timedelta
from functools import wraps
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.sandbox.answered import Answered
from dashboard.sandbox.behaviours import WORDS, Behaviour
from dashboard.sandbox.calls import Handler
from dashboard.sandbox.cast import Business, Member, cast, find
from dashboard.sandbox.tokens import ADS, SELLING
from dashboard.sandbox.world import EVERYTHING, Setting, World, world_of

LONGEST: Final = 64 * 1024
"""More than any body that is sent here, in bytes."""


def guarded(handler: Handler) -> Handler:
    """Let in only calls from this machine."""

    @wraps(handler)
    async def guarding(request: Request) -> Response:
        for address in (f"//{request.headers.get('host', '')}", request.headers.get("origin")):
            if address is not None and not _is_loopback(address):
                raise _refused(403, "The control API answers this machine only.")
        return await handler(request)

    return guarding


@guarded
async def members(request: Request) -> Response:
    """The cast, every behaviour in words, and what is put on whom."""
    world = world_of(request)
    generated = [find(login) for login in world.settings if login != EVERYTHING]
    known = dict(cast()) | {each.id: each for each in generated if each is not None}
    return JSONResponse(
        {
            "members": [_member(world, each) for each in known.values()],
            "behaviours": [
                {"value": each.value, "title": words.title, "what": words.what}
                for each, words in WORDS.items()
            ],
            "everything": _behaviour(world, EVERYTHING),
        }
    )


@guarded
async def behave(request: Request) -> Response:
    """Put a behaviour on a member or on everything, in place of the one before."""
    world, login, body = world_of(request), request.path_params["member"], await _body(request)
    if login != EVERYTHING:
        _found(login)
    try:
        behaviour = Behaviour(body.get("behaviour", ""))
    except ValueError:
        raise _refused(400, "There is no such behaviour.") from None
    seconds = _seconds(body, 60) if "seconds" in body else None
    if behaviour is Behaviour.HEALTHY:
        world.settings.pop(login, None)
    else:
        world.settings[login] = Setting(behaviour, world.moment(), seconds)
    return JSONResponse({"member": login, "behaviour": behaviour.value})


@guarded
async def revoke(request: Request) -> Response:
    """Take back, as the customer would, all consents a member gave for a channel until now."""
    world, body = world_of(request), await _body(request)
    member, channel = _found(request.path_params["member"]), str(body.get("channel"))
    if channel not in {ADS, SELLING}:
        raise _refused(400, f"The channel is {ADS} or {SELLING}.")
    world.revoked[member.id, channel] = world.moment()
    return JSONResponse({"member": member.id, "channel": channel})


@guarded
async def reset(request: Request) -> Response:
    """Forget behaviours, revocations, open codes and rate limits; counts of calls stay."""
    await _body(request)
    world_of(request).reset()
    return JSONResponse({})


@guarded
async def calls(request: Request) -> Response:
    """How often each endpoint of Amazon's was called."""
    return JSONResponse(dict(world_of(request).calls))


@guarded
async def forget_calls(request: Request) -> Response:
    """Begin to count calls from nought."""
    await _body(request)
    world_of(request).calls.clear()
    return JSONResponse({})


@guarded
async def clock(request: Request) -> Response:
    """Move the stand-in's clock forward."""
    world, body = world_of(request), await _body(request)
    world.ahead += timedelta(seconds=_seconds(body, 10 * 365 * 86400))
    return JSONResponse({"now": world.now().isoformat()})


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object of a call that changes something; an empty body is an empty object."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise _refused(415, "A change is sent as application/json.")
    given = bytearray()
    async for part in request.stream():
        given += part
        if len(given) > LONGEST:
            raise _refused(413, "That is too long.")
    try:
        found = json.loads(given or b"{}")
    except (ValueError, RecursionError):
        raise _refused(400, "The body is not JSON.") from None
    if not isinstance(found, dict):
        raise _refused(400, "The body is not a JSON object.")
    return found


def _seconds(body: Mapping[str, Any], most: float) -> float:
    seconds = body.get("seconds")
    if (
        not isinstance(seconds, int | float)
        or isinstance(seconds, bool)
        or not math.isfinite(seconds)
        or not 0 <= seconds <= most
    ):
        raise _refused(400, f"Seconds are a number from 0 to {most:g}.")
    return float(seconds)


def _found(login: str) -> Member:
    member = find(login)
    if member is None:
        raise _refused(404, "There is no such member.")
    return member


def _behaviour(world: World, login: str) -> str:
    setting = world.settings.get(login)
    return (setting.behaviour if setting else Behaviour.HEALTHY).value


def _member(world: World, member: Member) -> dict[str, Any]:
    businesses = world.owner(member).businesses
    return {
        "id": member.id,
        "name": member.name,
        "kind": member.kind,
        "email": member.email,
        "merchants": dict(businesses[0].merchants),
        "marketplaces": list(member.codes),
        "behaviour": _behaviour(world, member.id),
        "businesses": [_business(each) for each in businesses],
    }


def _business(business: Business) -> dict[str, Any]:
    return {
        "name": business.name,
        "kind": business.kind,
        "merchants": dict(business.merchants),
        "advertisers": dict(business.advertisers),
        "marketplaces": list(business.codes),
    }


def _refused(status: int, sentence: str) -> Answered:
    return Answered(JSONResponse({"error": sentence}, status))


def _is_loopback(address: str) -> bool:
    try:
        host = urlsplit(address).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


routes: Final = [
    Route("/sandbox/cast", members, methods=["GET"]),
    Route("/sandbox/behaviours/{member}", behave, methods=["PUT"]),
    Route("/sandbox/revoke/{member}", revoke, methods=["POST"]),
    Route("/sandbox/reset", reset, methods=["POST"]),
    Route("/sandbox/calls", calls, methods=["GET"]),
    Route("/sandbox/calls/reset", forget_calls, methods=["POST"]),
    Route("/sandbox/clock", clock, methods=["POST"]),
]
