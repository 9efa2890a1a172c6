"""When two merchant ids mean the same seller."""

from typing import Final

ENTITY: Final = "ENTITY"
SELLER: Final = "A"
"""The Ads API may name a seller ENTITY123 where the Selling Partner API says A123."""


def same_merchant(a: str, b: str) -> bool:
    """Whether two ids name the same seller; not to be used for vendors, whose ids do not compare.

    An empty id is nobody's, not even another empty one's.
    """
    one, other = a.strip().upper(), b.strip().upper()
    return one != "" and (one == other or _is_written_as(one, other) or _is_written_as(other, one))


def _is_written_as(entity: str, seller: str) -> bool:
    """Whether the first is the second's id in the Ads API's writing, with or without its A."""
    bare = entity.removeprefix(ENTITY)
    return bare not in ("", SELLER, entity) and seller in (SELLER + bare, bare)


def stem(merchant_id: str) -> str:
    """What all writings of a seller's id have in common."""
    return merchant_id.strip().upper().removeprefix(ENTITY).removeprefix(SELLER)


def spellings(merchant_id: str) -> frozenset[str]:
    """The ways in which a seller's id may have been stored, for looking it up."""
    given = merchant_id.strip().upper()
    bare = given.removeprefix(ENTITY)
    short = bare.removeprefix(SELLER)
    made = {given, bare, SELLER + bare, ENTITY + bare, ENTITY + short}
    return frozenset(made - {"", SELLER, ENTITY})
