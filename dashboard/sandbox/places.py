"""Amazon's marketplaces, read from ``data/marketplaces.csv``."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

FILE: Final = Path(__file__).parent.parent.parent / "data" / "marketplaces.csv"

REGIONS: Final = ("NA", "EU", "FE")

LANGUAGES: Final = MappingProxyType(
    {
        "MX": "es_MX", "BR": "pt_BR", "DE": "de_DE", "FR": "fr_FR", "IT": "it_IT", "ES": "es_ES",
        "NL": "nl_NL", "SE": "sv_SE", "PL": "pl_PL", "BE": "fr_BE", "TR": "tr_TR", "EG": "ar_AE",
        "SA": "ar_AE", "AE": "en_AE", "IN": "en_IN", "JP": "ja_JP", "AU": "en_AU", "UK": "en_GB",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A country's Amazon store; ``code`` is the Ads API's country code (UK, not GB)."""

    id: str
    country: str
    code: str
    region: str
    currency: str
    timezone: str
    domain: str

    @property
    def iso_code(self) -> str:
        """The country as SP-API says it: ISO alpha-2 (Sellers API v1, ``Marketplace``)."""
        return "GB" if self.code == "UK" else self.code

    @property
    def language(self) -> str:
        """The store's default language code."""
        return LANGUAGES.get(self.code, "en_US")


@cache
def places() -> Mapping[str, Place]:
    """Every marketplace by country code, in the order of the file."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        found = [
            Place(
                id=row["marketplace_id"],
                country=row["country"],
                code=row["country_code"],
                region=row["sp_api_region"],
                currency=row["currency"],
                timezone=row["timezone"],
                domain=_domain(row["seller_central_url"], row["vendor_central_url"]),
            )
            for row in csv.DictReader(lines)
        ]
    return MappingProxyType({each.code: each for each in found})


def _domain(seller_central: str, vendor_central: str) -> str:
    """The store's own host: five countries share one Seller Central, three one Vendor Central."""
    host = urlsplit(seller_central).netloc
    if host == "sellercentral-europe.amazon.com":
        host = urlsplit(vendor_central).netloc
    return "www." + host.partition(".")[2]
