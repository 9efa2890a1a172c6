"""Login with Amazon: the consent page of the Ads API, and the token endpoint of both APIs."""

import asyncio
import base64
import hashlib
import hmac
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.sandbox.answered import Answered
from dashboard.sandbox.behaviours import Behaviour
from dashboard.sandbox.calls import counted, request_id
from dashboard.sandbox.cast import Member
from dashboard.sandbox.pages import back, page, problem, visit
from dashboard.sandbox.tokens import ACCESS_SECONDS, ADS, Client, Grant
from dashboard.sandbox.world import SLOW_SECONDS, Code, World, world_of

SCOPES: Final = frozenset(
    {
        "advertising::campaign_management",
        "cpc_advertising:campaign_management",
        "advertising::audiences",
        "advertising::test:create_account",
    }
)
"""What an Ads API client may ask for (Ads API, "Create an authorization grant")."""


async def consent(request: Request) -> Response:
    """Ask whether the app may have access (Login with Amazon, "Authorization code grant")."""
    world, asked = world_of(request), request.query_params
    _registered(request)
    if wrong := _wrong(request):
        return _answer(request, error=wrong[0], error_description=wrong[1])
    visitor = await visit(request, "Login with Amazon")
    behaviours = world.on(visitor.member.id)
    if Behaviour.ERROR_PAGE in behaviours:
        raise _stopped("server_error", switch=True)
    if not visitor.decision:
        return page("login", member=visitor.member, scopes=asked["scope"].split())
    if visitor.decision != "allow" or Behaviour.CANCELS in behaviours:
        return _answer(request, error="access_denied", error_description="Access not permitted.")
    return _answer(request, code=_code(request, visitor.member), scope=asked["scope"])


def _registered(request: Request) -> None:
    """Stop, without going back, a request that is not surely the registered app's."""
    world, asked = world_of(request), request.query_params
    if len(asked.multi_items()) != len(asked):
        raise _stopped("invalid_request: a parameter is given twice")
    if asked.get("client_id") not in {world.aaa.id, world.sp_api.id}:
        raise _stopped("invalid_client: unknown client")
    if asked.get("redirect_uri") not in world.redirect_uris:
        raise _stopped("invalid_request: the redirect_uri is not an allowed return URL")


def _wrong(request: Request) -> tuple[str, str] | None:
    """What is wrong with a consent request that may be told to the app."""
    asked = request.query_params
    if asked["client_id"] != world_of(request).aaa.id:
        return "unauthorized_client", "Not authorized for requested operation."
    if asked.get("response_type") != "code":
        return "unsupported_response_type", "The response type is not supported."
    scopes = asked.get("scope", "").split()
    if not scopes or not set(scopes) <= SCOPES:
        return "invalid_scope", "An unknown scope was requested."
    if asked.get("code_challenge_method", "plain") not in {"S256", "plain"}:
        return "invalid_request", "The code_challenge_method is not supported."
    if "code_challenge_method" in asked and not asked.get("code_challenge"):
        return "invalid_request", "The request is missing a required parameter : code_challenge"
    return None


def _code(request: Request, member: Member) -> str:
    world, asked = world_of(request), request.query_params
    partial = Behaviour.PARTIAL_CONSENT in world.on(member.id)
    who = world.arriving(member)
    grant = Grant(ADS, who.id, who.id, 0, "", partial, world.moment())
    return world.handed_out(
        grant,
        asked["redirect_uri"],
        asked.get("code_challenge", ""),
        asked.get("code_challenge_method", "plain"),
    )


def _answer(request: Request, **values: str) -> Response:
    asked = request.query_params
    state = {"state": asked["state"]} if "state" in asked else {}
    return back(asked["redirect_uri"], values | state)


def _stopped(why: str, *, switch: bool = False) -> Answered:
    sentence = "An error occurred when we tried to process your request."
    code = f"400 Bad Request, {why}"
    return Answered(problem("We're sorry", sentence, code=code, switch=switch))


@counted
async def token(request: Request) -> Response:
    """Exchange a code, or refresh (Login with Amazon, "Access token request")."""
    world, everybody = world_of(request), world_of(request).on()
    if Behaviour.SLOW in everybody:
        await asyncio.sleep(world.seconds("", Behaviour.SLOW, SLOW_SECONDS))
    if Behaviour.SERVER_ERROR in everybody:
        raise _error(500, "server_error", "The authorization server encountered an error.")
    if Behaviour.MALFORMED in everybody:
        return Response('{"access_token": ', media_type="application/json")
    given = await _form(request)
    kind = given.get("grant_type", "")
    if not kind:
        raise _missing("grant_type")
    needed = {"authorization_code": "code", "refresh_token": "refresh_token"}.get(kind)
    if needed is None:
        raise _error(
            400, "unsupported_grant_type", "The authorization grant type is not supported."
        )
    client = _client(world, given)
    if client is None or Behaviour.SECRET_REFUSED in everybody:
        raise _unknown_client()
    if not given.get(needed):
        raise _missing(needed)
    return _exchange(world, client, given) if needed == "code" else _refresh(world, client, given)


async def _form(request: Request) -> dict[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise _error(400, "invalid_request", "The content type must be a form.")
    form = await request.form(max_fields=20)
    if len(form.multi_items()) != len(form):
        raise _error(400, "invalid_request", "The request has a duplicated parameter.")
    return {key: value for key, value in form.items() if isinstance(value, str)}


def _client(world: World, given: dict[str, str]) -> Client | None:
    """The client of this id and secret, which are read from the form only."""
    who = given.get("client_id", ""), given.get("client_secret", "")
    return next((each for each in (world.aaa, world.sp_api) if each.accepts(*who)), None)


def _exchange(world: World, client: Client, given: dict[str, str]) -> Response:
    code = world.codes.get(given["code"])
    if code is None or code.grant.channel != client.channel or world.moment() > code.until:
        raise _invalid("code")
    if Behaviour.SECRET_REFUSED in world.on(code.grant.member):
        raise _unknown_client()
    # The website workflow of SP-API may leave it out (Amazon's own samples differ).
    if client.channel == ADS and not given.get("redirect_uri"):
        raise _missing("redirect_uri")
    del world.codes[given["code"]]
    if given.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
        raise _invalid("redirect_uri")
    if not _proves(code, given.get("code_verifier", "")):
        raise _invalid("code_verifier")
    return _tokens(world, client, code.grant, client.refresh_token(code.grant))


def _proves(code: Code, verifier: str) -> bool:
    """Whether the verifier is that of the code's challenge (RFC 7636)."""
    if not code.challenge:
        return not verifier
    made = verifier
    if code.method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        made = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return hmac.compare_digest(made.encode(), code.challenge.encode())


def _refresh(world: World, client: Client, given: dict[str, str]) -> Response:
    grant = client.refreshed(given["refresh_token"])
    if grant is None:
        raise _invalid("refresh_token")
    if Behaviour.SECRET_REFUSED in world.on(grant.member):
        raise _unknown_client()
    if not world.may_refresh(grant):
        raise _invalid("refresh_token. User may have revoked or didn't grant the permission.")
    return _tokens(world, client, grant, given["refresh_token"])


def _tokens(world: World, client: Client, grant: Grant, refresh_token: str) -> Response:
    body = {
        "access_token": client.access_token(grant, world.moment()),
        "refresh_token": refresh_token,
        "token_type": "bearer",
        "expires_in": ACCESS_SECONDS,
    }
    return JSONResponse(body, headers=_headers(request_id()))


def _missing(name: str) -> Answered:
    return _error(400, "invalid_request", f"The request is missing a required parameter : {name}")


def _invalid(what: str) -> Answered:
    return _error(400, "invalid_grant", f"The request has an invalid grant parameter : {what}")


def _unknown_client() -> Answered:
    return _error(401, "invalid_client", "Client authentication failed")


def _error(status: int, error: str, description: str) -> Answered:
    """Login with Amazon's error body."""
    this = request_id()
    body = {"error": error, "error_description": description, "request_id": this}
    return Answered(JSONResponse(body, status, headers=_headers(this)))


def _headers(this: str) -> dict[str, str]:
    return {"Cache-Control": "no-store", "Pragma": "no-cache", "x-amzn-RequestId": this}


routes: Final = [
    Route("/lwa/ap/oa", consent, methods=["GET", "POST"]),
    Route("/lwa/auth/o2/token", token, methods=["POST"]),
]
