"""What the made-up businesses sell and advertise: always the same for a business."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from dashboard.sandbox.cast import Business, letters, number
from dashboard.sandbox.places import Place

_WHAT: Final = ("Lamp", "Tea", "Backpack", "Notebook", "Blanket", "Kettle", "Speaker", "Cream")
_HOW: Final = ("Classic", "Small", "Travel", "Deluxe", "Blue", "Oak", "Everyday", "Twin")
_TYPES: Final = ("HOME", "GROCERY", "LUGGAGE", "OFFICE_PRODUCTS", "KITCHEN", "BEAUTY")

_BEGINNING: Final = datetime(2022, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Product:
    """Something a business sells; ``quiet_days`` is how long ago its stock last changed."""

    sku: str
    asin: str
    fn_sku: str
    name: str
    type: str
    quantity: int
    buyable: bool
    created: datetime
    quiet_days: int

    def updated(self, now: datetime) -> datetime:
        """When its stock last changed, as seen from now."""
        today = datetime.combine(now.date(), time(4), UTC)
        return today - timedelta(days=self.quiet_days + 1)


@dataclass(frozen=True, slots=True)
class Campaign:
    """A Sponsored Products campaign of a business in a marketplace."""

    id: str
    name: str
    state: str
    targeting: str
    started: str
    budget: float


@dataclass(frozen=True, slots=True)
class Order:
    """A purchase order of Amazon's to a vendor."""

    number: str
    at: datetime
    product: Product
    cases: int


def products(business: Business, place: Place) -> list[Product]:
    """What a business sells in a marketplace: the first so many of all its products."""
    count = number(f"{business.key} products {place.code}", 12, 140)
    return [_product(business.key, index) for index in range(count)]


def campaigns(business: Business, place: Place) -> list[Campaign]:
    """What a business advertises in a marketplace, oldest first."""
    count = number(f"{business.key} campaigns {place.code}", 3, 160)
    return [_campaign(f"{business.key} {place.code} {index}", index) for index in range(count)]


def orders(business: Business, region: str, day: datetime) -> list[Order]:
    """What Amazon ordered from a vendor on a day: none to two orders, in order of time."""
    key = f"{business.key} {region} order {day.date()}"
    midnight = datetime.combine(day.date(), time(), UTC)
    found = []
    for index in range(number(f"{key} count", 0, 3)):
        one = f"{key} {index}"
        found.append(
            Order(
                number=letters(one, 8),
                at=midnight + timedelta(minutes=number(f"{one} minute", 0, 1440)),
                product=_product(business.key, number(f"{one} product", 0, 12)),
                cases=number(f"{one} cases", 1, 40),
            )
        )
    return sorted(found, key=lambda order: order.at)


def _product(key: str, index: int) -> Product:
    one = f"{key} product {index}"
    what = _WHAT[number(f"{key} what", 0, len(_WHAT))]
    how = _HOW[index % len(_HOW)]
    return Product(
        sku=f"{letters(one, 2)}-{letters(f'{one} sku', 4)}-{index:03}",
        asin="B0" + letters(f"{one} asin", 8),
        fn_sku="X00" + letters(f"{one} fn", 7),
        name=f"{how} {what} No. {index + 1}",
        type=_TYPES[number(f"{key} type", 0, len(_TYPES))],
        quantity=number(f"{one} quantity", 0, 900),
        buyable=number(f"{one} buyable", 0, 10) > 0,
        created=_BEGINNING + timedelta(hours=number(f"{one} created", 0, 18_000)),
        quiet_days=number(f"{one} quiet", 0, 400),
    )


def _campaign(one: str, index: int) -> Campaign:
    what, how = _WHAT[index % len(_WHAT)], _HOW[number(f"{one} how", 0, len(_HOW))]
    started = _BEGINNING + timedelta(days=number(f"{one} started", 0, 900))
    return Campaign(
        id=str(number(f"{one} campaign", 10**14, 9 * 10**14)),
        name=f"{how} {what} {index + 1}",
        state=("ENABLED", "ENABLED", "ENABLED", "PAUSED", "ARCHIVED")[number(one, 0, 5)],
        targeting="AUTO" if index % 3 == 0 else "MANUAL",
        started=started.date().isoformat(),
        budget=float(number(f"{one} budget", 5, 120)),
    )
