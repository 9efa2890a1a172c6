"""A stand-in Amazon on a free port of this machine, for tests of whatever talks to Amazon."""

import base64
import hashlib
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import uvicorn

from dashboard.diagnosis import Channel
from dashboard.sandbox import create_app
from dashboard.settings import Settings

REDIRECT_URIS = (
    "http://127.0.0.1:8502/callback/aaa",
    "http://127.0.0.1:8502/callback/sp-api",
)
"""Where Amazon may send people back to, unless a test registers others."""


@dataclass(frozen=True)
class Sandbox:
    """A stand-in Amazon that is being served.

    ``http`` talks to it and never follows redirects. A member is a login of the cast (see
    ``dashboard/sandbox/cast.py``) or ``any-{merchant}-{seller|vendor}-{CC[-CC...]}``.
    """

    base: str
    redirect_uris: tuple[str, ...]
    http: httpx2.Client = field(repr=False)

    def behave(self, member: str, behaviour: str, **more: float) -> None:
        """Put a behaviour on a member or on ``everything``; slow, throttled: with ``seconds=``."""
        self._send("PUT", f"/sandbox/behaviours/{member}", {"behaviour": behaviour} | more)

    def revoke(self, member: str, channel: str) -> None:
        """Take back all consents of a member for ``AAA`` or ``SP-API``."""
        self._send("POST", f"/sandbox/revoke/{member}", {"channel": channel})

    def reset(self) -> None:
        """Make all well again; good tokens stay good."""
        self._send("POST", "/sandbox/reset", {})

    def clock(self, seconds: float) -> None:
        """Move Amazon's clock forward."""
        self._send("POST", "/sandbox/clock", {"seconds": seconds})

    def calls(self) -> dict[str, int]:
        """How often each endpoint was called, such as ``GET /ads/EU/v2/profiles``."""
        found: dict[str, int] = self.http.get("/sandbox/calls").raise_for_status().json()
        return found

    def forget_calls(self) -> None:
        """Count calls from nought."""
        self._send("POST", "/sandbox/calls/reset", {})

    def cast(self) -> dict[str, dict[str, Any]]:
        """Every member by login, as the control API tells of them."""
        found = self.http.get("/sandbox/cast").raise_for_status().json()
        return {each["id"]: each for each in found["members"]}

    def decide(self, consent_url: str, member: str, decision: str, **more: str) -> httpx2.Response:
        """Answer a consent page as this member: ``allow``, ``confirm`` or ``cancel``."""
        return self.http.post(consent_url, data={"member": member, "decision": decision} | more)

    def refresh_token(self, member: str, channel: Channel, country: str = "DE") -> str:
        """A refresh token as this member's consent gives it; vendors are known by their login.

        For SP-API the consent is given in Seller or Vendor Central of ``country``.
        """
        return str(self.tokens(member, channel, country)["refresh_token"])

    def tokens(self, member: str, channel: Channel, country: str = "DE") -> dict[str, Any]:
        """The answer of the token endpoint to this member's consent."""
        settings, address = Settings(), self.redirect_uris[0]
        client_id, secret = settings.login_client(channel)
        form = {"grant_type": "authorization_code", "redirect_uri": address}
        form |= {"client_id": client_id, "client_secret": secret.get_secret_value()}
        if channel is Channel.AAA:
            form["code_verifier"] = secrets.token_urlsafe(48)
            url = self.login_page(address, challenge=challenge(form["code_verifier"]))
            form["code"] = returned(self.decide(url, member, "allow"))["code"]
        else:
            vendor = "-vendor-" in member or self.cast().get(member, {}).get("kind") == "vendor"
            url = self.central_page(address, "vendor" if vendor else "seller", country)
            form["code"] = returned(self.decide(url, member, "confirm"))["spapi_oauth_code"]
        found: dict[str, Any] = (
            self.http.post("/lwa/auth/o2/token", data=form).raise_for_status().json()
        )
        return found

    @staticmethod
    def login_page(redirect_uri: str, *, challenge: str = "", **more: str) -> str:
        """The address of Login with Amazon's consent page, as the demo app asks there."""
        settings = Settings()
        asked = {
            "client_id": settings.login_client(Channel.AAA)[0],
            "scope": settings.aaa_scope,
            "response_type": "code",
            "redirect_uri": redirect_uri,
        }
        if challenge:
            asked |= {"code_challenge": challenge, "code_challenge_method": "S256"}
        return f"/lwa/ap/oa?{urlencode(asked | more)}"

    @staticmethod
    def central_page(redirect_uri: str, kind: str, country: str, **more: str) -> str:
        """The address of Seller or Vendor Central's consent page, as the demo app asks there."""
        asked = {"application_id": Settings().application_id, "redirect_uri": redirect_uri}
        return f"/{kind}central/{country}/apps/authorize/consent?{urlencode(asked | more)}"

    def _send(self, method: str, path: str, body: dict[str, Any]) -> None:
        self.http.request(method, path, json=body).raise_for_status()


def challenge(verifier: str) -> str:
    """What the consent page is told of a verifier (PKCE, S256)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def returned(answer: httpx2.Response) -> dict[str, str]:
    """What Amazon adds to the app's address when it sends the browser back."""
    assert answer.status_code == 302, f"no way back: {answer.status_code}"
    return {
        key: values[0]
        for key, values in parse_qs(urlsplit(answer.headers["location"]).query).items()
    }


@contextmanager
def serving(
    *,
    redirect_uris: tuple[str, ...] = REDIRECT_URIS,
    draft: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    port: int = 0,
) -> Iterator[Sandbox]:
    """Serve a stand-in Amazon at which the demo app of the settings is registered.

    Args:
        redirect_uris: where Amazon may send people back to.
        draft: the Selling Partner app is a draft.
        now: Amazon's clock.
        port: where to listen; 0 is any free port.
    """
    settings = Settings()
    (aaa, aaa_secret), (sp_api, sp_api_secret) = map(settings.login_client, Channel)
    app = create_app(
        aaa=(aaa, aaa_secret.get_secret_value()),
        sp_api=(sp_api, sp_api_secret.get_secret_value()),
        application_id=settings.application_id,
        redirect_uris=redirect_uris,
        login_uri=f"{redirect_uris[0].partition('/callback')[0]}/login",
        draft=draft,
        now=now,
    )
    # With the protocol named, asyncio sends small answers at once; without, 40 ms later.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(128)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=1,
            # By its level: pytest gives a logger that is only switched off a handler of its own.
            log_level="warning",
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        # The socket listens already: the first request waits until the server answers.
        with httpx2.Client(base_url=base, timeout=10) as http:
            yield Sandbox(base=base, redirect_uris=tuple(redirect_uris), http=http)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()
