"""Who the demo's customers are: organizations, the accounts they have, and who looks after them."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from dashboard.actions.demo import names
from dashboard.marketplaces import Region, by_country
from dashboard.status import AccountType

BLOCK: Final = 120
"""Organizations planned, and written, together; every block of them is a whole demo company."""

AGENCY_SIZES: Final = (30, 26, 24, 21, 18, 16)
REFUSED_AGENCY_SIZE: Final = 3
_SIZES: Final = {1: 38, 2: 32, 3: 21, 4: 13, 5: 9}
"""How many of a block's other organizations have so many accounts."""

_MARKETS: Final = {
    Region.NA: {
        "US": 21, "US CA": 9, "US CA MX": 4, "US MX": 2, "CA": 1, "BR": 1, "MX": 1,
        "US CA MX BR": 1,
    },
    Region.EU: {
        "DE": 11, "UK": 13, "DE FR IT ES": 8, "DE UK FR IT ES": 7, "DE FR": 4, "UK IE": 1,
        "DE NL BE": 3, "FR": 3, "IT": 3, "ES": 3, "SE PL": 2, "DE UK FR IT ES NL SE PL BE": 1,
        "NL": 1, "AE SA": 2, "AE": 1, "IN": 2, "TR": 2, "ZA": 1, "EG": 1, "PL": 1,
    },
    Region.FE: {"JP": 12, "AU": 5, "JP AU": 3, "SG": 1, "AU SG": 1},
}  # fmt: skip
"""Which marketplaces accounts join together, and how many accounts of some dozens do so."""

_REGIONS: Final = {Region.NA: 45, Region.EU: 40, Region.FE: 15}
Card = TypeVar("Card")

_IDENTITY: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True, slots=True)
class Person:
    """Who did something; ``id`` is empty for the system and for customers."""

    id: int | None
    name: str


SYSTEM: Final = Person(None, "System")
CUSTOMER: Final = Person(None, "Customer")


@dataclass(frozen=True, slots=True)
class Crew:
    """Our staff, by what they do."""

    strategists: Sequence[Person]
    support: Sequence[Person]
    managers: Sequence[Person]


@dataclass(slots=True)
class Login:
    """An agency's login with Amazon, which stands behind all its accounts."""

    identity: str
    consented_at: datetime | None = None
    refused_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """What an account is, before anything has happened to it."""

    external_id: str
    name: str
    type: AccountType
    region: Region
    countries: tuple[str, ...]
    merchant_id: str
    needs_selling_partner: bool
    login: Login | None


@dataclass(frozen=True, slots=True)
class Plan:
    """An organization to be."""

    external_id: str
    name: str
    strategist: Person | None
    contacts: tuple[tuple[str, str], ...]
    shapes: tuple[Shape, ...]
    refused_login: bool


def plans(rng: random.Random, first: int, count: int, crew: Crew) -> list[Plan]:
    """Plan ``count`` organizations, of which the first is the product's ``first``-th."""
    sizes = [
        *((size, True) for size in AGENCY_SIZES),
        *((size, False) for size, often in _SIZES.items() for _ in range(often)),
    ]
    rng.shuffle(sizes)
    # The agency whose login was refused stands at the front: no demo is without it.
    sizes.insert(0, (REFUSED_AGENCY_SIZE, True))
    planner = _Planner(rng, crew, first)
    return [
        planner.plan(place, size, agency=agency, refused=place == 0)
        for place, (size, agency) in enumerate(sizes[:count])
    ]


class _Planner:
    """Deals out names, places and people so that a block has its share of each."""

    def __init__(self, rng: random.Random, crew: Crew, first: int) -> None:
        self.rng, self.crew, self.first = rng, crew, first
        self.people = list(crew.strategists)
        self.markets = {region: _dealt(rng, deck) for region, deck in _MARKETS.items()}
        self.types = _dealt(rng, {AccountType.SELLER: 16, AccountType.VENDOR: 4})
        self.optional = _dealt(rng, {True: 9, False: 11})
        self.regions = _dealt(rng, _REGIONS)
        block = first // BLOCK
        self.agencies = block * (len(AGENCY_SIZES) + 1)
        self.others = block * (BLOCK - len(AGENCY_SIZES) - 1)
        self.accounts = block * 1000

    def plan(self, place: int, size: int, *, agency: bool, refused: bool) -> Plan:
        """One organization with all its accounts."""
        if agency:
            name, self.agencies = names.agency(self.agencies), self.agencies + 1
        else:
            name, self.others = names.organization(self.others), self.others + 1
        login = Login(f"amzn1.account.{_code(self.rng, 28)}") if agency else None
        domain = f"{names.slug(name)}.example"
        people = {names.person(self.rng.randrange(9999)): None for _ in range(1 + size // 3)}
        return Plan(
            external_id=f"ORG-{1001 + self.first + place}",
            name=name,
            # A few organizations are between strategists.
            strategist=None if place % 31 == 30 else self._strategist(place),
            contacts=tuple((each, names.email(each, domain)) for each in list(people)[:4]),
            shapes=tuple(self._shapes(name, size, login)),
            refused_login=refused,
        )

    def _strategist(self, place: int) -> Person:
        if place % len(self.people) == 0:
            self.rng.shuffle(self.people)
        return self.people[place % len(self.people)]

    def _shapes(self, organization: str, size: int, login: Login | None) -> Iterator[Shape]:
        home = next(self.regions)
        taken: Counter[str] = Counter()
        for number in range(size):
            kind = next(self.types)
            region = home if login is None and self.rng.random() < 0.55 else next(self.regions)
            countries = tuple(next(self.markets[region]).split())
            # Two or three accounts of an agency belong to the same customer of its own.
            client = names.organization(500 + self.agencies * 31 + number * 2 // 5)
            whose = names.short(organization) if login is None else client
            called = f"{whose} {_label(region, countries, kind)}"
            taken[called] += 1
            if taken[called] > 1:
                brand = names.BRANDS[(number + len(organization)) % len(names.BRANDS)]
                called = called.replace(whose, f"{whose} {brand}", 1)
            self.accounts += 1
            vendor = kind is AccountType.VENDOR
            yield Shape(
                external_id=f"ACC-{20000 + self.accounts}",
                name=called,
                type=kind,
                region=region,
                countries=countries,
                merchant_id=_code(self.rng, 5) if vendor else f"A{_code(self.rng, 13)}",
                needs_selling_partner=not vendor or login is not None or not next(self.optional),
                login=login,
            )


def _label(region: Region, countries: Sequence[str], kind: AccountType) -> str:
    """What tells an account from its siblings: ``EU``, ``Japan``, ``Vendor US``."""
    if len(countries) > 1:
        place = region.value if region is not Region.NA else "North America"
    elif countries[0] in ("US", "UK"):
        place = countries[0]
    else:
        place = by_country()[countries[0]].country
    return f"Vendor {place}" if kind is AccountType.VENDOR else place


def _code(rng: random.Random, length: int) -> str:
    return "".join(rng.choices(_IDENTITY, k=length))


def _dealt(rng: random.Random, deck: dict[Card, int]) -> Iterator[Card]:
    """Cards of a shuffled deck, again and again: shares hold exactly, not only on average."""
    cards = [card for card, often in deck.items() for _ in range(often)]
    while True:
        rng.shuffle(cards)
        yield from cards
