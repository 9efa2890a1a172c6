"""One cell -> one value, or a sentence why not; pure."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeVar

from dashboard.errors import BadInput
from dashboard.marketplaces import marketplace
from dashboard.status import TOLERANCE

Word = TypeVar("Word", bound=StrEnum)

LONGEST_CELL: Final = 10_000
LONGEST_ID: Final = 100
LONGEST_NAME: Final = 200
LONGEST_EMAIL: Final = 254
MOST_CONTACTS: Final = 20
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Before this there was no Amazon marketplace to connect to: a year is mistyped."""

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001
"""What a spreadsheet takes for the beginning of a formula, also in its wide form."""

# Controls, line separators, marks that turn the direction of text, and what has no width.
_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_EMAIL: Final = re.compile(
    r"[^\s@,;:<>()\[\]\"'\\]+@[^\s@,;:<>()\[\]\"'\\.]+(\.[^\s@,;:<>()\[\]\"'\\.]+)+"
)
_LIST: Final = re.compile(r"[;,|\s]+")


def text(cell: str, longest: int = LONGEST_NAME) -> str:
    """Free text: trimmed, in Unicode's composed form, single spaces.

    Raises:
        BadInput: it is too long, would run as a formula, or holds characters nobody can see.
    """
    plain(cell)
    bare = cell.strip()
    # An apostrophe before it is how a list of refused rows, or a spreadsheet, made it harmless.
    if cell.startswith(FORMULA) or bare.lstrip("'").startswith(FORMULA):
        first = {"\t": "a tab", "\r": "a line break"}.get(cell[0], bare.lstrip("'")[:1])
        raise BadInput(
            f"It begins with {first}, which a spreadsheet would run as a formula: remove that "
            "character."
        )
    if unseen := _UNSEEN.search(bare):
        raise BadInput(
            f"It holds a character that cannot be seen (U+{ord(unseen[0]):04X}): remove it."
        )
    told = " ".join(unicodedata.normalize("NFC", bare).split())
    if len(told) > longest:
        raise BadInput(f"It has {len(told)} characters, at most {longest} are possible.")
    return told


def needed(cell: str, longest: int = LONGEST_NAME) -> str:
    """Free text that must not be empty."""
    told = text(cell, longest)
    if not told:
        raise BadInput("It is empty.")
    return told


def plain(cell: str) -> str:
    """Any cell, trimmed, unless it is absurdly long."""
    if len(cell) > LONGEST_CELL:
        raise BadInput(f"It has more than {LONGEST_CELL:,} characters.")
    return cell.strip()


def email(cell: str) -> str:
    """An e-mail address in lower case, or nothing."""
    told = text(cell, LONGEST_EMAIL).lower()
    if told and not _EMAIL.fullmatch(told):
        raise BadInput(f"{told[:60]!r} is not an e-mail address.")
    return told


def emails(cell: str) -> tuple[str, ...]:
    """E-mail addresses with ``;`` between them, each once; none at all is possible."""
    told = text(cell, LONGEST_CELL)
    found = dict.fromkeys(email(each) for each in _LIST.split(told) if each)
    if len(found) > MOST_CONTACTS:
        raise BadInput(f"It holds {len(found)} addresses, at most {MOST_CONTACTS} are possible.")
    return tuple(found)


def word(cell: str, words: type[Word]) -> Word:
    """One of a few words, in any case."""
    told = plain(cell).casefold().replace("_", " ")
    for each in words:
        if each.casefold() == told:
            return each
    choices = ", ".join(words)
    if not told:
        raise BadInput(f"It is empty, but must be one of: {choices}.")
    raise BadInput(f"{_shown(cell)} is not one of: {choices}.")


def places(cell: str) -> tuple[str, ...]:
    """The ids of marketplaces, from codes or ids with ``;`` between them; at least one."""
    names = [each for each in _LIST.split(plain(cell)) if each]
    if not names:
        raise BadInput("It is empty: an account has at least one marketplace, such as US or DE.")
    return _places(tuple(names))


@lru_cache(maxsize=4096)
def _places(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(marketplace(name).id for name in names))


def moment(cell: str, now: datetime) -> datetime | None:
    """A moment in ISO 8601, or nothing; a date alone is its midnight, no offset means UTC."""
    told = plain(cell)
    if not told:
        return None
    try:
        read = datetime.fromisoformat(told)
        read = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInput(
            f"{_shown(cell)} is not a date or moment: write 2026-11-23 or 2026-11-23T09:30:00Z."
        ) from None
    if read > now + TOLERANCE:
        raise BadInput(f"{_shown(cell)} lies in the future: check the date and the time zone.")
    if read < EARLIEST:
        raise BadInput(f"{_shown(cell)} is before the year {EARLIEST.year}: check the year.")
    return read.replace(microsecond=0)


def _shown(cell: str) -> str:
    """What was given, short and harmless to show."""
    return repr(cell.strip()[:40])
