"""What a person has chosen to see of the accounts: filters, order and page."""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

PAGE_SIZE: Final = 50
LAST_PAGE: Final = 200
"""Pages beyond this are not shown: nobody reads them, and narrowing or exporting serves better."""


class Sort(StrEnum):
    """Orders of the list, as they stand in the URL."""

    ORGANIZATION = "organization"
    ACCOUNT = "account"
    URGENCY = "urgency"
    OLDEST = "oldest"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Choice:
    """Filters are tuples of allowed values; an empty tuple allows all.

    ``strategist`` holds staff ids (``counts.UNASSIGNED`` for accounts without one), ``marketplace``
    Amazon ids: accounts that have joined any of them. ``besides`` are stored headlines that are
    chosen whatever their stored reason: only ``silence.stored`` sets it.
    """

    search: str = ""
    headline: tuple[str, ...] = ()
    actor: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    aaa_status: tuple[str, ...] = ()
    sp_api_status: tuple[str, ...] = ()
    age_band: tuple[str, ...] = ()
    strategist: tuple[int, ...] = ()
    marketplace: tuple[str, ...] = ()
    sort: Sort = Sort.ORGANIZATION
    page: int = 1
    besides: tuple[str, ...] = ()

    @property
    def offset(self) -> int:
        """Rows before the page."""
        return (min(max(self.page, 1), LAST_PAGE) - 1) * PAGE_SIZE

    @property
    def filtered(self) -> dict[str, tuple[str, ...]]:
        """The filters in use on plain columns of the account, by column."""
        return {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if each.name not in {"search", "strategist", "marketplace", "sort", "page", "besides"}
            and not (self.besides and each.name == "reason")
            and getattr(self, each.name)
        }
