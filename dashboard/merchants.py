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
