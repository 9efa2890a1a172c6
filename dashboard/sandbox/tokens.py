"""Tokens that say of themselves what they are worth, and that nobody else can make.

Each is signed with a key made from the client's secret, so good tokens outlive a restart without
being stored anywhere, and cannot be foretold without the secret.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any, Final

ADS: Final = "AAA"
SELLING: Final = "SP-API"

ACCESS: Final = "Atza|"
REFRESH: Final = "Atzr|"
"""How Amazon's tokens begin (Ads API, "Retrieve access and refresh tokens")."""

PAGE: Final = "page."

ACCESS_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Grant:
    """One consent: who gave it, for what, and when (seconds since 1970).

    ``owner`` and ``business`` name the business (the login whose it is, and its place there);
    ``region`` is set for SP-API only, because its consents are regional. ``partial``: all accounts
    but the last were chosen.
    """

    channel: str
    member: str
    owner: str
    business: int
    region: str
    partial: bool
    at: float


@dataclass(frozen=True, slots=True)
class Client:
    """One of our Login with Amazon clients; its secret never shows."""

    channel: str
    id: str
    secret: str = field(repr=False)

    def accepts(self, client_id: str, secret: str) -> bool:
        """Whether this id and secret are the client's, compared in constant time."""
        same_id = hmac.compare_digest(self.id.encode(), client_id.encode())
        same_secret = hmac.compare_digest(self.secret.encode(), secret.encode())
        return same_id and same_secret

    def seal(self, kind: str, what: dict[str, Any]) -> str:
        """Sign plain values as text that begins with ``kind``; ``opened`` reads it."""
        body = json.dumps(what | {"nonce": secrets.token_hex(8)}, separators=(",", ":")).encode()
        return f"{kind}{_text(body)}.{_text(self._signature(kind, body))}"

    def opened(self, kind: str, sealed: str) -> dict[str, Any] | None:
        """What was sealed as this kind by this client, or ``None``."""
        if not sealed.startswith(kind):
            return None
        body, _, signature = sealed.removeprefix(kind).partition(".")
        try:
            found, given = _bytes(body), _bytes(signature)
        except (ValueError, binascii.Error):
            return None
        if not hmac.compare_digest(self._signature(kind, found), given):
            return None
        values: dict[str, Any] = json.loads(found)
        values.pop("nonce", None)
        return values

    def refresh_token(self, grant: Grant) -> str:
        """A refresh token; it does not end by itself."""
        return self.seal(REFRESH, asdict(grant))

    def access_token(self, grant: Grant, now: float) -> str:
        """An access token that is good for an hour from now."""
        return self.seal(ACCESS, asdict(grant) | {"until": now + ACCESS_SECONDS})

    def refreshed(self, token: str) -> Grant | None:
        """The consent behind a refresh token of this client, or ``None``."""
        found = self.opened(REFRESH, token)
        return Grant(**found) if found is not None else None

    def accessed(self, token: str) -> tuple[Grant, float] | None:
        """The consent behind an access token of this client and the token's end, or ``None``."""
        found = self.opened(ACCESS, token)
        if found is None:
            return None
        until: float = found.pop("until")
        return Grant(**found), until

    def _signature(self, kind: str, body: bytes) -> bytes:
        key = hmac.new(self.secret.encode(), b"stand-in Amazon, tokens", hashlib.sha256).digest()
        return hmac.new(key, kind.encode() + body, hashlib.sha256).digest()


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
