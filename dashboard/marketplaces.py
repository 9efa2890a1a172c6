"""Amazon's marketplaces: ``data/marketplaces.csv`` is the only source of all that is said here."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from dashboard.errors import BadInput

FILE = Path(__file__).parent.parent / "data" / "marketplaces.csv"


class Region(StrEnum):
    """Amazon's three regions; one consent of a seller covers one region (SP-API guide)."""

    NA = "NA"
    EU = "EU"
    FE = "FE"

    @property
    def words(self) -> str:
        """The region's name in words."""
        return {"NA": "North America", "EU": "Europe", "FE": "Far East"}[self.value]


@dataclass(frozen=True, slots=True)
class Marketplace:
    """A country's Amazon store.

    ``country_code`` is Amazon's own code (UK, not GB); ``vendor_central_url`` is empty where Amazon
    publishes none.
    """

    id: str
    country: str
    country_code: str
    region: Region
    seller_central_url: str
    vendor_central_url: str
    currency: str
    timezone: str


@cache
def marketplaces() -> Mapping[str, Marketplace]:
    """Every marketplace by its Amazon id, in the order of the file."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = [
            Marketplace(
                id=row["marketplace_id"],
                country=row["country"],
                country_code=row["country_code"],
                region=Region(row["sp_api_region"]),
                seller_central_url=row["seller_central_url"],
                vendor_central_url=row["vendor_central_url"],
                currency=row["currency"],
                timezone=row["timezone"],
            )
            for row in csv.DictReader(lines)
        ]
    return MappingProxyType({row.id: row for row in rows})


@cache
def by_country() -> Mapping[str, Marketplace]:
    """Every marketplace by Amazon's country code, in the order of the file."""
    return MappingProxyType({each.country_code: each for each in marketplaces().values()})


@cache
def domains() -> tuple[str, ...]:
    """Amazon's own domains, such as ``amazon.co.uk``: those of every Seller and Vendor Central."""
    sites = [
        urlsplit(url).hostname or ""
        for each in marketplaces().values()
        for url in (each.seller_central_url, each.vendor_central_url)
    ]
    found = {f"amazon.{host.partition('amazon.')[2]}" for host in sites if "amazon." in host}
    return tuple(sorted(found))


def marketplace(name: str) -> Marketplace:
    """Find a marketplace by Amazon id or country code (any case; GB is read as UK).

    Raises:
        BadInput: no marketplace of that name is known; the sentence names it.
    """
    wanted = name.strip().upper()
    found = marketplaces().get(wanted) or by_country().get({"GB": "UK"}.get(wanted, wanted))
    if found is None:
        raise BadInput(
            f"Marketplace {name.strip()[:40]!r} is not known: use a country code such as US or DE."
        )
    return found


def countries(ids: Iterable[str]) -> list[str]:
    """Country codes of these marketplace ids, in the order of the file; unknown ids are refused.

    Raises:
        BadInput: an id is not known; the sentence names it.
    """
    order = {each: position for position, each in enumerate(marketplaces())}
    return [
        each.country_code
        for each in sorted((marketplace(name) for name in ids), key=lambda one: order[one.id])
    ]
