"""The words by which accounts are found: how text is folded, and split into words."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

LONGEST: Final = 40
"""Characters of a word that are kept; longer words still match by their beginning."""

_SEPARATORS: Final = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Lower case, no accents, single spaces: "Åhléns" sorts and matches as "ahlens"."""
    if not text.isascii():
        text = "".join(
            each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each)
        )
    folded = " ".join(text.casefold().split())
    # What cannot be printed cannot be looked for, and PostgreSQL stores no NUL.
    return folded if folded.isprintable() else "".join(filter(str.isprintable, folded))


def words(*texts: str | None) -> set[str]:
    """The distinct search words of some texts: whole chunks between spaces, and their parts.

    ``anna.berg@acme.com`` is found by itself and by ``anna``, ``berg``, ``acme`` and ``com``.
    """
    found: set[str] = set()
    for chunk in _chunks(texts):
        found.add(chunk[:LONGEST])
        found.update(part[:LONGEST] for part in _SEPARATORS.split(chunk) if part)
    return found


def terms(typed: str) -> list[str]:
    """What a person typed, as the prefixes to look for; at most six, longest first."""
    return sorted({chunk[:LONGEST] for chunk in _chunks([typed])}, key=len, reverse=True)[:6]


def after(prefix: str) -> str:
    """The first text, in byte order, beyond all that begin with ``prefix``."""
    return prefix + "\U0010ffff"


def sort_name(organization: str, organization_id: int) -> str:
    """The text by which accounts stand in order: organizations by name, each kept together."""
    return f"{fold(organization)[:80]}\x1f{organization_id}"


def organization_of(sort_name: str) -> int:
    """The id of the organization whose accounts stand in order by this text."""
    return int(sort_name.rpartition("\x1f")[2])


def _chunks(texts: Iterable[str | None]) -> Iterable[str]:
    for text in texts:
        for chunk in fold(text or "").split():
            # Quotes and brackets around a word are not part of it.
            if bare := chunk.strip("\"'()[]{}<>,;:."):
                yield bare
