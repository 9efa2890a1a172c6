"""Login with Amazon: the consent page of the Ads API, and the tokens of both channels."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Annotated, Final

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from pydantic import Field, SecretStr, TypeAdapter

from dashboard import clock
from dashboard.amazon import endpoints
from dashboard.amazon.faults import LOGIN_CODES, unreadable
from dashboard.amazon.shapes import Shape, Token, read
from dashboard.amazon.wire import Call, Wire, network
from dashboard.diagnosis import Channel
from dashboard.marketplaces import Region
from dashboard.settings import settings


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a consent is worth: a token for calls now, and one for fetching more of those."""

    access_token: SecretStr
    refresh_token: SecretStr
    expires_at: datetime


class _Granted(Shape):
    """The token endpoint's answer (Ads API guide, "Access tokens"); an hour unless it says so."""

    access_token: Token
    refresh_token: Token | None = None
    expires_in: Annotated[int, Field(gt=0, le=86400)] = 3600


GRANTED: Final = TypeAdapter(_Granted)


def verifier() -> SecretStr:
    """Make the secret of one trip to the consent page, which only its return can show (PKCE)."""
    return SecretStr(token_urlsafe(48))


def challenge(proof: SecretStr) -> str:
    """What the consent page is told of the verifier (PKCE, method S256)."""
    return str(create_s256_code_challenge(proof.get_secret_value()))


def consent_url(
    region: Region, *, state: SecretStr | str, redirect_uri: str, challenge: str
) -> str:
    """The page where a customer lets us use the Ads API (Ads API guide, "Authorization grants").

    It holds the state: to be sent to the customer's browser at once, and kept nowhere.
    """
    client_id, _ = settings().login_client(Channel.AAA)
    url: str = prepare_grant_uri(
        endpoints.consent(region),
        client_id,
        "code",
        redirect_uri=redirect_uri,
        scope=settings().aaa_scope,
        state=_bare(state),
        code_challenge=challenge,
        code_challenge_method="S256",
    )
    # Several scopes are separated by %20 (Ads API guide, "Create an authorization grant").
    return url.replace("+", "%20")


def exchange(
    channel: Channel,
    code: SecretStr,
    redirect_uri: str,
    verifier: SecretStr | None = None,
    region: Region | None = None,
    *,
    wire: Wire | None = None,
) -> Tokens:
    """Turn a consent's code into tokens: once, within five minutes.

    The code is never sent twice, unless it never left: a second use would be refused, and Amazon
    may then take back what the first one was given.

    Args:
        channel: whose client the consent was given to.
        code: as it came back from the consent page.
        redirect_uri: the very address it came back to.
        verifier: the trip's own, where its challenge was shown to the consent page.
        region: whose token endpoint to ask; any will do.
        wire: what carries the call; the network if not given.

    Raises:
        GrantRefused: the code is too old, used, or of another address or verifier.
        ClientRefused: our client id or secret is refused.
        AmazonError: anything else of its tree.
    """
    secrets = (code, *([verifier] if verifier else []))
    granted = _ask(
        channel, region, "authorization_code", secrets, wire, again=False,
        redirect_uri=redirect_uri, code=_bare(code),
        code_verifier=_bare(verifier) if verifier else None,
    )  # fmt: skip
    if granted.refresh_token is None:
        raise unreadable()
    return _tokens(granted, granted.refresh_token)


def refresh(
    channel: Channel,
    refresh_token: SecretStr,
    region: Region | None = None,
    *,
    wire: Wire | None = None,
) -> Tokens:
    """Fetch a new access token.

    Amazon sends the same refresh token back, or none; should it ever send another, the returned
    tokens hold that one and it is the one to keep (SP-API samples, authorization life cycle).

    Raises:
        GrantRefused: the consent was taken back or has lapsed.
        ClientRefused: our client id or secret is refused.
        AmazonError: anything else of its tree.
    """
    granted = _ask(
        channel, region, "refresh_token", (refresh_token,), wire, again=True,
        refresh_token=_bare(refresh_token),
    )  # fmt: skip
    return _tokens(granted, granted.refresh_token or refresh_token)


def _ask(
    channel: Channel,
    region: Region | None,
    grant_type: str,
    secrets: tuple[SecretStr, ...],
    wire: Wire | None,
    *,
    again: bool,
    **fields: str | None,
) -> _Granted:
    client_id, client_secret = settings().login_client(channel)
    body = prepare_token_request(
        grant_type, client_id=client_id, client_secret=_bare(client_secret), **fields
    )
    call = Call(
        method="POST",
        url=endpoints.token(region),
        headers={
            "accept": "application/json",
            "content-type": "application/x-www-form-urlencoded;charset=UTF-8",
        },
        body=body.encode(),
        secrets=(*secrets, client_secret),
        again=again,
        codes=LOGIN_CODES,
    )
    return read(GRANTED, (wire or network()).ask(call))


def _tokens(granted: _Granted, refresh_token: SecretStr) -> Tokens:
    expires_at = clock.now() + timedelta(seconds=granted.expires_in)
    return Tokens(granted.access_token, refresh_token, expires_at)


def _bare(secret: SecretStr | str) -> str:
    return secret.get_secret_value() if isinstance(secret, SecretStr) else secret
