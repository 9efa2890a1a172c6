"""A stand-in Amazon, as new for each test, and clients that speak Amazon's protocols plainly."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from dashboard.diagnosis import Channel
from dashboard.settings import Settings
from tests.sandboxes import Sandbox, serving

CAMPAIGN = "application/vnd.spCampaign.v3+json"
SELLER = "any-A1OURS-seller-DE-FR"
VENDOR = "any-OURS1-vendor-DE-UK"


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with serving() as sandbox:
        yield sandbox


@pytest.fixture
def amazon(served: Sandbox) -> Sandbox:
    """A stand-in at which nothing has happened yet."""
    served.reset()
    served.forget_calls()
    return served


@dataclass(frozen=True)
class Api:
    """Calls of an app that may be anybody: each takes the access token to use."""

    amazon: Sandbox

    def token(self, channel: Channel = Channel.AAA, **form: str) -> httpx2.Response:
        """Ask the token endpoint; the client's id and secret are sent unless given."""
        client_id, secret = Settings().login_client(channel)
        known = {"client_id": client_id, "client_secret": secret.get_secret_value()}
        return self.amazon.http.post("/lwa/auth/o2/token", data=known | form)

    def refresh(self, refresh_token: str, channel: Channel = Channel.AAA) -> httpx2.Response:
        return self.token(channel, grant_type="refresh_token", refresh_token=refresh_token)

    def exchange(self, code: str, channel: Channel = Channel.AAA, **form: str) -> httpx2.Response:
        known = {"grant_type": "authorization_code", "code": code}
        known["redirect_uri"] = self.amazon.redirect_uris[0]
        return self.token(channel, **(known | form))

    def profiles(self, token: str, region: str = "EU", **asked: str) -> httpx2.Response:
        return self.amazon.http.get(
            f"/ads/{region}/v2/profiles", params=asked, headers=self._ads(token)
        )

    def campaigns(
        self, token: str, profile: str, region: str = "EU", **body: Any
    ) -> httpx2.Response:
        headers = {"Amazon-Advertising-API-Scope": profile, "Accept": CAMPAIGN}
        return self.amazon.http.post(
            f"/ads/{region}/sp/campaigns/list",
            json=body,
            headers=self._ads(token) | headers | {"Content-Type": CAMPAIGN},
        )

    def selling(self, token: str, path: str, region: str = "EU", **asked: str) -> httpx2.Response:
        return self.amazon.http.get(
            f"/sp/{region}{path}", params=asked, headers={"x-amz-access-token": token}
        )

    def participations(self, token: str, region: str = "EU") -> httpx2.Response:
        return self.selling(token, "/sellers/v1/marketplaceParticipations", region)

    def inventory(self, token: str, marketplace: str, **asked: str) -> httpx2.Response:
        known = {"granularityType": "Marketplace", "granularityId": marketplace}
        known["marketplaceIds"] = marketplace
        return self.selling(token, "/fba/inventory/v1/summaries", **(known | asked))

    def _ads(self, token: str) -> dict[str, str]:
        client_id = Settings().login_client(Channel.AAA)[0]
        return {
            "Authorization": f"Bearer {token}",
            "Amazon-Advertising-API-ClientId": client_id,
        }


@pytest.fixture
def api(amazon: Sandbox) -> Api:
    return Api(amazon)


@pytest.fixture
def ads_token(amazon: Sandbox) -> str:
    """An access token for the Ads API, of ``SELLER``."""
    return str(amazon.tokens(SELLER, Channel.AAA)["access_token"])


@pytest.fixture
def selling_token(amazon: Sandbox) -> str:
    """An access token for SP-API in Europe, of ``SELLER``."""
    return str(amazon.tokens(SELLER, Channel.SP_API)["access_token"])
