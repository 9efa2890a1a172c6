"""Made-up names: the customers of the demo company, their people, and its own staff.

All of it is invented; no business or person of these names is meant.
"""

import unicodedata
from typing import Final

from dashboard.db.search import fold
from dashboard.roles import Role

STAFF: Final = (
    ("Ana Marković", Role.STRATEGIST),
    ("Ben Okafor", Role.STRATEGIST),
    ("Chiara Lombardini", Role.STRATEGIST),
    ("Dmitri Vass", Role.STRATEGIST),
    ("Elif Karadağ", Role.STRATEGIST),
    ("Fiona Ní Dhálaigh", Role.STRATEGIST),
    ("Gustav Ekmark", Role.STRATEGIST),
    ("Hana Kobayakawa", Role.STRATEGIST),
    ("Inés Valdecasas", Role.STRATEGIST),
    ("Jonas Weidenbusch", Role.STRATEGIST),
    ("Kavya Raghunath", Role.STRATEGIST),
    ("Leo Marchand", Role.STRATEGIST),
    ("Marek Dudziak", Role.SUPPORT),
    ("Nora Whitlock", Role.SUPPORT),
    ("Owen Tremaine", Role.SUPPORT),
    ("Priya Sandhar", Role.MANAGER),
    ("Quentin Aldous", Role.MANAGER),
    ("Rosa Quintanilla", Role.ADMIN),
    ("Sven Lindqvarn", Role.VIEWER),
)
"""Who works here: twelve strategists, and a few of every other role."""

ORGANIZATIONS: Final = (
    "Ørsholm Kitchens", "São Verde Cosméticos", "北川 Trading", "Bumbleford Bathware",
    "Quillfeather Stationery", "Pemberwick Tea Traders", "Tröpfchen Gartentechnik GmbH",
    "Gloomhaven Lighting", "Kasserolle & Kompagnie", "Maison Poivrette", "Otterby Outdoors",
    "Żubrowka Boots", "Fjällpuffin Knitwear", "Big Sensible Mattress Co",
    "Nine Lives Cat Furniture",
    "The Reasonably Priced Umbrella Company of Upper Middleton and Surrounding Villages Ltd",
    "Mochi Moon", "Cactus & Sons", "Tidy Badger Storage", "Le Petit Tournevis", "Zahnrad Süd AG",
    "Lumo", "Piñata Nuclear Toys", "Wobbleton Scooters", "Saltmarsh Candle Works",
    "Grumpy Alpaca Yarn", "Barkington Pet Bakery", "Møllehave Cycling", "Thistle & Thud Drums",
    "Kumo Stationery 株式会社", "Polite Robot Vacuums", "Castagnola Caffè", "Hinterhof Audio",
    "Sunday Shed Tools", "Brötchenberg Backformen", "Aunt Hedwig's Pickles", "Cloudberry Baby",
    "Overengineered Spoons BV", "Nightjar Headlamps", "Dos Tortugas Hammocks", "Plumb & True",
    "Snorkelsworth Swim", "Ægir Sea Salt", "Honest Gravel Aquariums", "Velvet Wrench",
    "Tante Käthe Naturkosmetik", "Pocket Glacier Coolers", "Left-Handed Everything",
)  # fmt: skip
"""Customers written by hand, of every length; the rest is put together from the words below."""

AGENCIES: Final = (
    "Pebblewright Commerce", "Loudhailer & Partners", "Studio Kräutermann", "Agence Point-Virgule",
    "Marketplace Midwives", "Third Shelf Agency", "Hoshizora Retail Lab",
)  # fmt: skip
"""Agencies: one Amazon login of theirs stands behind many accounts."""

_STEMS: Final = (
    "Bramblehook", "Quillmere", "Ashwhistle", "Copperfinch", "Dunnowick", "Eelstone", "Fennimoor",
    "Gorsebank", "Hobblethwaite", "Ibexhaus", "Jollyfen", "Kestrelby", "Larkspindle", "Mossgate",
    "Nettlecombe", "Oddfjord", "Puddlewick", "Quarrelwood", "Rookstead", "Sprocketfield",
    "Tanglewort", "Underbough", "Vossendal", "Wimblecroft", "Xanthe Bay", "Yarrowmead",
    "Zephyrholt",
    "Almendrique", "Belvarosa", "Cortefina Sur", "Délicourt", "Estrelaza", "Frühlingsau",
    "Grünspecht", "Heidefuchs", "Isarkiesel", "Kirschwipfel", "Löwenzahn & Lahm", "Mühlradt",
    "Nordstrahlen", "Pappelhof", "Rabenstolz", "Schnurrbart", "Trauerspecht", "Wackelstein",
    "Akaritsuya", "Hoshimizu", "Kawanagi", "Minatoya", "Sakuraneko", "Tsukikage", "Yamabiko Lane",
    "Bärsjö", "Dalkvist", "Granhult", "Lingonby", "Tallåsen", "Ånäs", "Bosforya", "Palmarisa",
    "Karoolwe",
)  # fmt: skip
_TRADES: Final = (
    "Kitchens", "Pet Supplies", "Audio", "Garden", "Home", "Toys", "Outdoors", "Cycling", "Teas",
    "Cosmetics", "Lighting", "Tools", "Baby", "Bedding", "Knitwear", "Footwear", "Luggage",
    "Optics",
    "Coffee", "Stationery", "Candles", "Fitness", "Fishing", "Camping", "Cookware", "Ceramics",
    "Instruments", "Puzzles", "Watches", "Vitamins", "Snacks", "Soap Works", "Furniture",
    "Mobility", "Printing", "Sewing", "Aquatics", "Umbrellas", "Spices", "Bath", "Storage",
    "Wellness", "Sports",
)  # fmt: skip
_TOWNS: Final = ("of Thornby", "Nord", "of Lower Wick", "Sud", "& Daughters", "International")

_FIRST: Final = (
    "Marta", "Tom", "Yuki", "Søren", "Leïla", "Giulia", "Pablo", "Agnieszka", "Wim", "Fatma",
    "Omar",
    "Thandi", "Rahul", "Mei", "Grace", "Lukas", "Élodie", "Hugo", "Ingrid", "Kenji", "Amara",
    "Joaquim", "Zofia", "Declan", "Noor", "Henrike", "Mateo", "Astrid", "Ravi", "Bettina", "Olu",
)  # fmt: skip
_LAST: Final = (
    "Holloway", "Brandstetter", "Kuroiwa", "Aldergren", "Benhaddou", "Ferranti", "Montalbo",
    "Wiśniak", "de Graauw", "Yildirhan", "El-Sharqawy", "Nkosana", "Iyengarh", "Lim-Carter",
    "Adeyinka", "Steinhöfel", "Garrigue", "Peñalver", "Solbakken", "Hasegami", "Tremblett",
    "Quaresmino", "Zawadzan", "O'Farrelly", "Haddadin", "Vogelsang-Ruiz", "Echeverrin",
    "Nordahlsen", "Chaudhari-West",
)  # fmt: skip

BRANDS: Final = (
    "Kettle", "Nomad", "Pure", "Kids", "Classic", "Studio", "Alpine", "Basics", "Bloom", "Pro",
    "Marina", "Junior", "Zero", "Harvest", "Atlas", "Petit", "Nova", "Foundry",
)  # fmt: skip
"""What tells apart the accounts of one customer in one region."""

_VAGUE: Final = (
    "The", "Le", "Big", "Nine", "Dos", "Aunt", "Tante", "São", "Mochi", "Velvet", "Grumpy",
    "Polite", "Honest", "Pocket", "Sunday", "Tidy", "Piñata", "Maison", "Xanthe", "Yamabiko",
)  # fmt: skip
"""First words that say too little without the second."""

_SLUGS: Final = {"北川 Trading": "kitagawa", "Kumo Stationery 株式会社": "kumo-stationery"}


def organization(number: int) -> str:
    """The name of the customer of this number, from 0; different for the first 15,000."""
    if number < len(ORGANIZATIONS):
        return ORGANIZATIONS[number]
    number -= len(ORGANIZATIONS)
    # The two lists' lengths share no factor, so the pairs repeat only after all of them.
    name = f"{_STEMS[number % len(_STEMS)]} {_TRADES[number % len(_TRADES)]}"
    round_ = number // (len(_STEMS) * len(_TRADES))
    return f"{name} {_TOWNS[(round_ - 1) % len(_TOWNS)]}" if round_ else name


def agency(number: int) -> str:
    """The name of the agency of this number, from 0."""
    name = AGENCIES[number % len(AGENCIES)]
    return name if number < len(AGENCIES) else f"{name} {number // len(AGENCIES) + 1}"


def person(number: int) -> str:
    """A customer's person."""
    return f"{_FIRST[number % len(_FIRST)]} {_LAST[number % len(_LAST)]}"


def slug(name: str) -> str:
    """A name as it stands in a domain: ``Ørsholm Kitchens`` is ``orsholm-kitchens``."""
    if name in _SLUGS:
        return _SLUGS[name]
    for letter, plain in {"ø": "o", "æ": "ae", "'": "", "ł": "l"}.items():
        name = name.casefold().replace(letter, plain)
    plain = "".join(each if each.isascii() and each.isalnum() else " " for each in fold(name))
    return "-".join(plain.split()[:4])


def email(name: str, domain: str) -> str:
    """An address for a person, at a domain under ``.example``."""
    return f"{slug(name).replace('-', '.')}@{domain}"


def short(name: str) -> str:
    """How a customer's accounts call it: the first word, or two where the first says little."""
    words = unicodedata.normalize("NFC", name).split()
    if words[0] in _VAGUE:
        return " ".join(words[:2] if words[0] != "The" else words[1:3])
    return words[0]
