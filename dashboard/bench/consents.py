"""Customers whose consents the stand-in Amazon takes for good, to be checked by workers."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import sqlalchemy as sa
from pydantic import SecretStr

from dashboard import clock, vault
from dashboard.actions import assess, tallies
from dashboard.actions.index import index
from dashboard.amazon import lwa
from dashboard.db.engine import transaction
from dashboard.db.models import (
    Account,
    AccountChannel,
    AccountMarketplace,
    Grant,
    Organization,
    Stream,
)
from dashboard.diagnosis import Channel
from dashboard.marketplaces import Region, marketplace
from dashboard.settings import settings
from dashboard.status import AccountType, Step

COUNTRIES: Final = ("DE", "FR")
TOGETHER: Final = 10
"""Consents of one organization."""
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent at the stand-in Amazon: whose, for what, and its refresh token."""

    merchant: str
    channel: Channel
    token: SecretStr


def given(accounts: int) -> list[Consent]:
    """Have so many made-up sellers consent to both channels."""
    merchants = [f"ABENCH{number:06d}" for number in range(accounts)]
    wanted = [(merchant, channel) for merchant in merchants for channel in Channel]
    with (
        httpx2.Client(base_url=settings().sandbox_base, timeout=60) as http,
        ThreadPoolExecutor(8) as pool,
    ):
        return list(pool.map(lambda each: _consent(http, *each), wanted))


def store(consents: list[Consent]) -> list[int]:
    """Keep the consents as those of healthy accounts, a few to an organization.

    Returns:
        The ids of their grants, in the same order.
    """
    now, found = clock.now(), []
    with (
        transaction() as session,
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, [], now) as made,
    ):
        for number in range(0, len(consents), TOGETHER):
            owner = Organization(
                external_id=f"BENCH-{number}", name=f"Bench {number}", created_at=now - DAY
            )
            session.add(owner)
            session.flush()
            rows = list(_rows(consents[number:][:TOGETHER], owner.id))
            session.add_all([each for account, grants in rows for each in (account, *grants)])
            session.flush()
            for account, grants in rows:
                made.append(account.id)
                found += [each.id for each in grants]
                session.add_all(_parts(account, grants))
        session.flush()
        index(session, made)
    return found


def make_due(grant_ids: list[int]) -> None:
    """Have these consents checked at once, as if their last check was hours ago."""
    with transaction() as session:
        session.execute(
            sa.update(Grant)
            .where(Grant.id.in_(grant_ids))
            .values(check_due_at=clock.now(), access_token=None, access_ends_at=None)
        )


def _consent(http: httpx2.Client, merchant: str, channel: Channel) -> Consent:
    """Walk the consent page, and turn what it sends back into tokens."""
    member = f"any-{merchant}-seller-{'-'.join(COUNTRIES)}"
    if channel is Channel.AAA:
        verifier = SecretStr(secrets.token_urlsafe(48))
        back = f"{settings().connect_base}/callback/aaa"
        page = lwa.consent_url(
            Region.EU, state="bench", redirect_uri=back, challenge=lwa.challenge(verifier)
        )
        answer = http.post(page, data={"member": member, "decision": "allow"})
        name = "code"
    else:
        verifier, back = None, f"{settings().connect_base}/callback/sp-api"
        asked = {"application_id": settings().application_id, "redirect_uri": back}
        page = f"/sellercentral/{COUNTRIES[0]}/apps/authorize/consent?{urlencode(asked)}"
        answer = http.post(page, data={"member": member, "decision": "confirm"})
        name = "spapi_oauth_code"
    code = parse_qs(urlsplit(answer.headers["location"]).query)[name][0]
    tokens = lwa.exchange(channel, SecretStr(code), back, verifier)
    return Consent(merchant, channel, tokens.refresh_token)


def _rows(consents: list[Consent], owner: int) -> Iterator[tuple[Account, list[Grant]]]:
    """An account and its two grants, for each pair of consents."""
    now = clock.now()
    for first in range(0, len(consents), 2):
        pair = consents[first:][:2]
        merchant = pair[0].merchant
        account = Account(
            external_id=merchant, organization_id=owner, name=merchant, region=Region.EU.value,
            type=AccountType.SELLER.value, merchant_id=merchant, setup_completed_at=now - DAY,
            observed_at=now, created_at=now - DAY, sort_name="", name_folded="",
        )  # fmt: skip
        grants = []
        for each in pair:
            sealed = vault.seal(each.token)
            lasts = 365 * DAY if each.channel is Channel.SP_API else None
            grants.append(
                Grant(
                    channel=each.channel.value, identity=merchant, region=Region.EU.value,
                    consented_at=now - DAY, expires_at=now + lasts if lasts else None,
                    refresh_token=sealed.text, key_id=sealed.key_id, version=1, created_at=now,
                )
            )  # fmt: skip
        yield account, grants


def _parts(account: Account, grants: list[Grant]) -> Iterator[object]:
    now = clock.now()
    for country in COUNTRIES:
        place = marketplace(country).id
        yield AccountMarketplace(account_id=account.id, marketplace_id=place, sort_name="")
        for channel in Channel:
            yield Stream(
                account_id=account.id, marketplace_id=place, channel=channel.value,
                added_at=now - DAY, last_success_at=now,
            )  # fmt: skip
    for grant in grants:
        yield AccountChannel(
            account_id=account.id, channel=grant.channel, required=True, grant_id=grant.id,
            connected_at=now - DAY, step=Step.NOT_INVITED.value, checked_at=now,
        )  # fmt: skip
