"""The steps of the connection flow: which a link walks, in which order. Pure."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from dashboard.diagnosis import Channel


class LinkKind(StrEnum):
    """What a link lets a customer do."""

    SIGN_UP = "sign_up"
    ADD_ACCOUNT = "add_account"
    ADD_MARKETPLACE = "add_marketplace"
    RELAUNCH = "relaunch"

    @property
    def words(self) -> str:
        """The kind as buttons and lists name it."""
        return {
            "sign_up": "Invite customer",
            "add_account": "Add account",
            "add_marketplace": "Add marketplace",
            "relaunch": "Relaunch",
        }[self.value]


class FlowStep(StrEnum):
    """One page of the flow, in the order in which they are walked."""

    ORGANIZATION = "organization"
    ACCOUNT = "account"
    ADVERTISING = "advertising"
    MARKETPLACES = "marketplaces"
    SELLING_PARTNER = "selling-partner"
    SYNCING = "syncing"


CONNECTS: Final = {Channel.AAA: FlowStep.ADVERTISING, Channel.SP_API: FlowStep.SELLING_PARTNER}
"""The step in which each channel is connected."""


class LinkState(StrEnum):
    """How far a link has come, as staff see it: the first that is true, from the end."""

    REVOKED = "Revoked"
    DONE = "Done"
    EXPIRED = "Expired"
    AT_AMAZON = "At Amazon"
    OPENED = "Opened"
    SENT = "Sent"
    CREATED = "Created"


AFTERGLOW: Final = timedelta(days=30)
"""How long a link that is done still shows its progress."""


def why_closed(
    *,
    done_at: datetime | None,
    revoked_at: datetime | None,
    expires_at: datetime,
    now: datetime,
) -> str:
    """Why the pages of a link may no longer be shown, for the customer; empty if they may."""
    if revoked_at is not None:
        return "This link was withdrawn. Please use the newest one you were sent."
    end = done_at + AFTERGLOW if done_at else expires_at
    return "This link has expired. Please ask for a new one." if end <= now else ""


def steps(
    *,
    organization: bool,
    account: bool,
    channels: Collection[Channel],
    marketplaces: bool,
) -> tuple[FlowStep, ...]:
    """The steps of a walk, in order.

    Args:
        organization: the organization has to be created or chosen.
        account: the account has to be described.
        channels: those to be connected.
        marketplaces: marketplaces have to be chosen.
    """
    wanted = {FlowStep.SYNCING} | {CONNECTS[each] for each in channels}
    wanted |= {FlowStep.ORGANIZATION} if organization else set()
    wanted |= {FlowStep.ACCOUNT} if account else set()
    wanted |= {FlowStep.MARKETPLACES} if marketplaces else set()
    return tuple(each for each in FlowStep if each in wanted)


def following(walk: Collection[str], step: str) -> FlowStep:
    """The step after this one; the last stays the last."""
    order = [FlowStep(each) for each in walk]
    return order[min(order.index(FlowStep(step)) + 1, len(order) - 1)]


def reached(walk: Collection[str], furthest: str, step: str) -> bool:
    """Whether the customer has come as far as this step, which then may be shown (again)."""
    order = list(walk)
    return step in order and order.index(step) <= order.index(furthest)
