"""Whose turn it is. Pure."""

from collections.abc import Iterable
from itertools import chain, zip_longest


def in_turn(rows: Iterable[tuple[int, int | None]]) -> list[int]:
    """Put work into an order in which each organization has its turn.

    Args:
        rows: the work's id and its organization's, what has waited longest first.

    Returns:
        The ids: the first of every organization, then the second of every one that has more.
    """
    waiting: dict[int | None, list[int]] = {}
    for number, organization_id in rows:
        waiting.setdefault(organization_id, []).append(number)
    rounds = chain.from_iterable(zip_longest(*waiting.values()))
    return [each for each in rounds if each is not None]
