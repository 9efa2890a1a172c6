"""Where Amazon is: the addresses per region, or all of them at the sandbox in demo mode."""

from types import MappingProxyType
from typing import Final

from dashboard.errors import BadInput
from dashboard.marketplaces import Marketplace, Region
from dashboard.settings import Mode, settings

ADS: Final = MappingProxyType(
    {
        Region.NA: "https://advertising-api.amazon.com",
        Region.EU: "https://advertising-api-eu.amazon.com",
        Region.FE: "https://advertising-api-fe.amazon.com",
    }
)
"""Hosts of the Ads API (Ads API reference, "API overview")."""

SELLING_PARTNER: Final = MappingProxyType(
    {
        Region.NA: "https://sellingpartnerapi-na.amazon.com",
        Region.EU: "https://sellingpartnerapi-eu.amazon.com",
        Region.FE: "https://sellingpartnerapi-fe.amazon.com",
    }
)
"""Hosts of the Selling Partner API (SP-API documentation, "SP-API endpoints")."""

TOKEN: Final = MappingProxyType(
    {
        Region.NA: "https://api.amazon.com/auth/o2/token",
        Region.EU: "https://api.amazon.co.uk/auth/o2/token",
        Region.FE: "https://api.amazon.co.jp/auth/o2/token",
    }
)
"""Where codes become tokens; any works for any code (Ads API guide, "Access tokens")."""

CONSENT: Final = MappingProxyType(
    {
        Region.NA: "https://www.amazon.com/ap/oa",
        Region.EU: "https://eu.account.amazon.com/ap/oa",
        Region.FE: "https://apac.account.amazon.com/ap/oa",
    }
)
"""Login with Amazon's consent pages (Ads API guide, "Authorization grants")."""


def ads(region: Region) -> str:
    """The region's Ads API, without a slash at the end."""
    return f"{sandbox}/ads/{region}" if (sandbox := _sandbox()) else ADS[region]


def selling_partner(region: Region) -> str:
    """The region's Selling Partner API, without a slash at the end."""
    return f"{sandbox}/sp/{region}" if (sandbox := _sandbox()) else SELLING_PARTNER[region]


def token(region: Region | None = None) -> str:
    """Login with Amazon's token endpoint; without a region the one that every channel may use."""
    sandbox = _sandbox()
    return f"{sandbox}/lwa/auth/o2/token" if sandbox else TOKEN[region or Region.NA]


def consent(region: Region) -> str:
    """Login with Amazon's consent page."""
    return f"{sandbox}/lwa/ap/oa" if (sandbox := _sandbox()) else CONSENT[region]


def central(marketplace: Marketplace, account_type: str) -> str:
    """Where sellers or vendors of a marketplace sign in, without a slash at the end.

    Raises:
        BadInput: Amazon publishes no such address, or the type is neither seller nor vendor.
    """
    sites = {"seller": marketplace.seller_central_url, "vendor": marketplace.vendor_central_url}
    site = sites.get(account_type, "")
    if not site:
        raise BadInput(
            f"Amazon names no sign-in page for {account_type[:20]}s in {marketplace.country}: "
            "choose another marketplace of the region."
        )
    if sandbox := _sandbox():
        return f"{sandbox}/{account_type}central/{marketplace.country_code}"
    return site.rstrip("/")


def _sandbox() -> str:
    """The stand-in Amazon in demo mode, which never speaks to the real one; else nothing."""
    chosen = settings()
    return chosen.sandbox_base if chosen.mode is Mode.DEMO else ""
