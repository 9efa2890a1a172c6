"""Who can sign in: a cast of sellers, vendors and an agency, and any number of made-up ones."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from dashboard.sandbox.places import Place, places

GENERATED: Final = re.compile(
    r"any-(?P<merchant>[A-Za-z0-9]{1,40})-(?P<kind>seller|vendor)-(?P<codes>[A-Z]{2}(-[A-Z]{2})*)"
)
"""A login that exists because somebody asks for it: its merchant id, kind and countries."""


@dataclass(frozen=True, slots=True)
class Business:
    """A seller or vendor business, in one or more regions.

    ``key`` decides everything made up about it. ``merchants`` are, by region, the ids that SP-API
    knows it by: merchant tokens of sellers, vendor group codes of vendors (SP-API guide, "website
    authorization workflow"). ``advertisers`` are those of the Ads API: the same for sellers,
    entity ids for vendors. ``not_joined`` are marketplaces that are listed but not sold in.
    """

    key: str
    name: str
    kind: str
    codes: tuple[str, ...]
    merchants: Mapping[str, str]
    advertisers: Mapping[str, str]
    not_joined: tuple[str, ...] = ()

    def places(self, region: str) -> list[Place]:
        """The marketplaces it sells in, of one region."""
        found = [places()[code] for code in self.codes]
        return [each for each in found if each.region == region]

    def profile_id(self, place: Place) -> int:
        """The Ads API's id of this business in a marketplace."""
        return number(f"{self.key} profile {place.code}", 10**14, 9 * 10**15)


@dataclass(frozen=True, slots=True)
class Member:
    """An Amazon login: a person, and the businesses that person works for."""

    id: str
    name: str
    kind: str
    person: str
    email: str
    businesses: tuple[Business, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The countries of all its businesses, each once, in the order of the marketplaces."""
        known = {code for business in self.businesses for code in business.codes}
        return tuple(code for code in places() if code in known)


def number(text: str, low: int, high: int) -> int:
    """A number from ``low`` up to but not including ``high`` that is always the same for a text."""
    digest = hashlib.sha256(text.encode()).digest()
    return low + int.from_bytes(digest[:12], "big") % (high - low)


def letters(text: str, length: int) -> str:
    """Capital letters and digits, always the same for a text, as Amazon's ids have them."""
    value = number(text, 0, 36**length)
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return "".join(alphabet[value // 36**place % 36] for place in range(length))


def _business(
    key: str, name: str, kind: str, codes: str, *, not_joined: str = "", merchant: str = ""
) -> Business:
    """Make a business; with ``merchant`` every id of it is that one."""
    countries = tuple(codes.split())
    regions = dict.fromkeys(places()[code].region for code in countries)
    seller = kind == "seller"
    ids = {
        region: merchant
        or ("A" + letters(f"{key} {region}", 13) if seller else letters(f"{key} {region}", 5))
        for region in regions
    }
    entities = {
        region: merchant or "ENTITY" + letters(f"{key} entity {region}", 13) for region in regions
    }
    return Business(
        key=key,
        name=name,
        kind=kind,
        codes=countries,
        merchants=MappingProxyType(ids),
        advertisers=MappingProxyType(ids if seller else entities),
        not_joined=tuple(not_joined.split()),
    )


_ALONE: Final = (
    # login, business, kind, person, countries, listed but not joined
    ("nordlicht", "Nordlicht Lampen GmbH", "seller", "Jana Vogt", "DE FR IT ES NL", "SE"),
    ("bluebird", "Bluebird Tea Company", "seller", "Oliver Hart", "UK IE", "DE"),
    ("cascade", "Cascade Outdoors", "seller", "Megan Ruiz", "US CA MX", ""),
    ("tiny-toys", "Tiny Toys", "seller", "Pat Kowalski", "US", "CA"),
    ("casa-verde", "Casa Verde", "seller", "Renata Lima", "BR", ""),
    ("atelier", "Atelier Lumière", "seller", "Chloé Martin", "FR BE", ""),
    ("polar-knit", "Polar Knit", "seller", "Elsa Nyström", "SE PL", ""),
    ("gulf-home", "Gulf Homeware", "seller", "Omar Haddad", "AE SA EG", ""),
    ("delta-spice", "Delta Spice House", "seller", "Priya Nair", "IN", ""),
    ("sakura", "Sakura Stationery", "seller", "Haruto Sato", "JP", ""),
    ("wattle", "Wattle Skincare", "seller", "Isla Brown", "AU SG", ""),
    ("globetrotter", "Globetrotter Bags", "seller", "Sam Okafor", "US UK DE JP", ""),
    ("brightwave", "Brightwave Audio", "vendor", "Dana Whitfield", "US CA", ""),
    ("kestrel", "Kestrel Kitchen", "vendor", "Rhys Morgan", "UK DE", ""),
    ("meridian", "Meridian Pet", "vendor", "Yuki Tanaka", "JP AU", ""),
)

_CLIENTS: Final = (
    ("maple", "Maple and Pine", "seller", "US CA"),
    ("rivera", "Rivera Fitness", "seller", "ES IT"),
    ("oakley", "Oakley Home", "seller", "US"),
    ("lotus", "Lotus Living", "vendor", "US DE"),
)
"""Whom the agency works for."""


@cache
def cast() -> Mapping[str, Member]:
    """Everybody who is offered on the sign-in page, by login."""
    found = [
        Member(
            login, name, kind, person, f"{person.split()[0].lower()}@{login}.example",
            (_business(login, name, kind, codes, not_joined=not_joined),),
        )
        for login, name, kind, person, codes, not_joined in _ALONE
    ]  # fmt: skip
    clients = tuple(_business(f"summit/{each[0]}", *each[1:]) for each in _CLIENTS)
    found.append(
        Member("summit", "Summit Growth Partners", "agency", "Lee Castillo",
               "lee@summit.example", clients)
    )  # fmt: skip
    return MappingProxyType({each.id: each for each in found})


def find(login: str) -> Member | None:
    """The member with this login: of the cast, or made up from an ``any-...`` login."""
    known = cast().get(login)
    if known is not None:
        return known
    match = GENERATED.fullmatch(login)
    if match is None:
        return None
    codes = match["codes"].split("-")
    if len(set(codes)) < len(codes) or not set(codes) <= set(places()):
        return None
    name = f"{match['merchant']} ({', '.join(codes)})"
    business = _business(login, name, match["kind"], " ".join(codes), merchant=match["merchant"])
    return Member(
        login, name, match["kind"], f"Owner of {match['merchant']}",
        f"{match['merchant'].lower()}@any.example", (business,),
    )  # fmt: skip


def stranger(member: Member) -> Member:
    """Somebody else of the same kind and in the same countries, always the same one.

    It is made up, so that it is nobody of the cast and covers whatever the member covers.
    """
    kind = member.businesses[0].kind
    merchant = "A" + letters(f"{member.id} stranger", 13)
    found = find(f"any-{merchant}-{kind}-{'-'.join(member.codes)}")
    assert found is not None, "a made-up login of known countries exists"  # noqa: S101
    return found


def twin(member: Member) -> Member:
    """Whose business this member's login also opens, when it is "already connected elsewhere".

    The first of the cast with the same kind of business in at least one of the same regions;
    a member is not its own twin.
    """
    own = member.businesses[0]
    for each in cast().values():
        business = each.businesses[0]
        if (
            each.id != member.id
            and each.kind == own.kind
            and set(business.merchants) & set(own.merchants)
        ):
            return each
    return stranger(member)
