"""The bare loop that workers are held to: the calls of a check, and nothing else."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import httpx2

from dashboard import clock
from dashboard.amazon import endpoints
from dashboard.amazon.ads import CAMPAIGN
from dashboard.bench.consents import COUNTRIES, Consent
from dashboard.diagnosis import Channel
from dashboard.marketplaces import Region, marketplace
from dashboard.settings import settings

REGION: Final = Region.EU


def loop(http: httpx2.Client, consents: Sequence[Consent], threads: int) -> None:
    """Make the calls of one check of each consent, with so many threads and one client."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda each: _prove(http, each), consents))


def _prove(http: httpx2.Client, consent: Consent) -> None:
    client_id, client_secret = settings().login_client(consent.channel)
    form = {
        "grant_type": "refresh_token", "refresh_token": consent.token.get_secret_value(),
        "client_id": client_id, "client_secret": client_secret.get_secret_value(),
    }  # fmt: skip
    token = _read(http.post(endpoints.token(), data=form))["access_token"]
    if consent.channel is Channel.AAA:
        base = endpoints.ads(REGION)
        headers = {
            "authorization": f"Bearer {token}", "amazon-advertising-api-clientid": client_id,
        }  # fmt: skip
        profiles = _read(http.get(f"{base}/v2/profiles", headers=headers))
        headers |= {"accept": CAMPAIGN, "content-type": CAMPAIGN}
        headers["amazon-advertising-api-scope"] = str(profiles[0]["profileId"])
        asked = json.dumps({"maxResults": 10, "includeExtendedDataFields": True}).encode()
        _read(http.post(f"{base}/sp/campaigns/list", headers=headers, content=asked))
        return
    base = endpoints.selling_partner(REGION)
    headers = {
        "x-amz-access-token": token, "x-amz-date": clock.now().strftime("%Y%m%dT%H%M%SZ"),
    }  # fmt: skip
    _read(http.get(f"{base}/sellers/v1/marketplaceParticipations", headers=headers))
    place = min(marketplace(each).id for each in COUNTRIES)
    asked_for = {"granularityType": "Marketplace", "granularityId": place, "marketplaceIds": place}
    _read(http.get(f"{base}/fba/inventory/v1/summaries", headers=headers, params=asked_for))


def _read(answer: httpx2.Response) -> Any:
    answer.raise_for_status()
    return answer.json()
