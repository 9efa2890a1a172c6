"""The milestones on a customer's way aboard, and for which of them somebody waits. Pure."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum


class Milestone(StrEnum):
    """What happens on the way, in order; each is a moment of ``db.past.Onboarding``."""

    INVITED = "invited"
    OPENED = "opened"
    CONFIRMED = "confirmed"
    AAA = "aaa"
    CHOSEN = "chosen"
    SP_API = "sp_api"
    SYNCING = "syncing"
    LIVE = "live"

    @property
    def words(self) -> str:
        """The milestone as charts and tables name it."""
        return {
            "invited": "Invited",
            "opened": "Link opened",
            "confirmed": "E-mail confirmed",
            "aaa": "AAA connected",
            "chosen": "Marketplaces chosen",
            "sp_api": "SP-API connected",
            "syncing": "Syncing",
            "live": "Live",
        }[self.value]


def furthest(moments: Mapping[Milestone, datetime]) -> Milestone:
    """The last milestone that was reached; the invitation always is."""
    return [each for each in Milestone if each in moments or each is Milestone.INVITED][-1]


def waits_for(
    moments: Mapping[Milestone, datetime], needed: Collection[Milestone]
) -> Milestone | None:
    """The milestone that is next; ``None`` when all are behind.

    What lies before the furthest that was reached is behind, whether it was reached, not needed
    or not noticed: nobody is lost at a step they did not have to take.

    Args:
        moments: when which was reached.
        needed: those that this customer has to reach.
    """
    order = list(Milestone)
    ahead = order[order.index(furthest(moments)) + 1 :]
    return next((each for each in ahead if each in needed), None)
