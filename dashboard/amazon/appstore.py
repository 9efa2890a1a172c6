"""Amazon's Appstore: sellers who come to us from there, and the address at which they go on.

Amazon opens our Login URI from the app's page in its Appstore and, for the yearly renewal, from
Manage Your Apps. Once it is known here whose account it is about, the seller goes on to the address
Amazon named, and comes back with a code as from any consent page (SP-API guide, "Appstore
authorization workflow").
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from dashboard.amazon import endpoints
from dashboard.marketplaces import Region, domains, marketplaces
from dashboard.merchants import same_merchant
from dashboard.settings import Mode, settings
from dashboard.status import AccountType

STATE: Final = re.compile(r"[\x21-\x7e]{1,1500}")
"""How an ``amazon_state`` may look: no documented form, and it has to fit into a cookie."""
SELLER: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""How a ``selling_partner_id`` may look."""


@dataclass(frozen=True, slots=True)
class Handover:
    """A seller whom Amazon has sent to us.

    ``callback`` is one of Amazon's own addresses, ``region`` the one it is for where it says so.
    """

    callback: str
    state: str = field(repr=False)
    seller: str
    region: Region | None

    def is_for(self, account_type: AccountType, region: Region, merchant_id: str | None) -> bool:
        """Whether it may be about this account: a seller's consent is for one region (guide)."""
        return (
            account_type is AccountType.SELLER
            and self.region in {None, region}
            and (not merchant_id or same_merchant(merchant_id, self.seller))
        )


def received(callback: str, state: str, seller: str) -> Handover | None:
    """What Amazon added to our Login URI; ``None`` unless all of it is as Amazon documents it.

    Whoever can make somebody open a link chooses these parameters, so the address must be exactly
    one that Amazon uses for our app: nothing of it is read or put together anew.
    """
    known = _callbacks()
    if callback not in known or not STATE.fullmatch(state) or not SELLER.fullmatch(seller):
        return None
    return Handover(callback, state, seller, known[callback])


def confirm_url(handover: Handover, *, state: SecretStr, redirect_uri: str) -> str:
    """Where the seller goes on at Amazon; it holds both states, so it is kept nowhere.

    Args:
        handover: what Amazon sent.
        state: ours, which comes back with the code.
        redirect_uri: one of those registered for the app.
    """
    asked = {
        "redirect_uri": redirect_uri,
        "amazon_state": handover.state,
        "state": state.get_secret_value(),
    }
    if settings().sp_api_draft:
        asked["version"] = "beta"
    return f"{handover.callback}?{urlencode(asked, quote_via=quote)}"


def _callbacks() -> Mapping[str, Region | None]:
    """The addresses that Amazon may name, with the region of those that are of one.

    They are on Seller Central; the guide's own example is on a store's bare domain.
    """
    page = f"/apps/authorize/confirm/{settings().application_id}"
    named = () if settings().mode is Mode.DEMO else domains()
    hosts = [host for each in named for host in (each, f"sellercentral.{each}")]
    found: dict[str, Region | None] = {f"https://{each}{page}": None for each in hosts}
    sites = {endpoints.central(each, "seller"): each.region for each in marketplaces().values()}
    return found | {site + page: region for site, region in sites.items()}
