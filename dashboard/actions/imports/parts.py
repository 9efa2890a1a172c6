"""The rows of an account in the database's tables, as a decision wants them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from dashboard.actions.imports.decide import Decision, added_at
from dashboard.diagnosis import Channel

Row = dict[str, Any]


class Home(NamedTuple):
    """The organization of an account, as it is now."""

    id: int
    name: str
    strategist_id: int | None


def account_row(decision: Decision) -> Row:
    """The columns of the account that rows may change."""
    record = decision.record
    return {
        "name": record.account_name,
        "type": record.type.value,
        "region": record.region.value,
        "merchant_id": decision.merchant_id or None,
        "paused_at": decision.paused_at,
        "setup_completed_at": decision.setup_completed_at,
        "observed_at": decision.observed_at,
    }


def channel_row(decision: Decision, channel: Channel) -> Row:
    """The columns of a channel that rows may change, but for its grant."""
    standing = decision.standings[channel]
    return {
        "required": standing.required,
        "connected_at": standing.connected_at,
        "step": standing.step.value,
        "problem": standing.problem.value if standing.problem else None,
        "problem_since": standing.problem_since,
    }


def place_rows(account_id: int, sort_name: str, marketplaces: Sequence[str]) -> list[Row]:
    """Marketplaces that an account joins."""
    shared = {"account_id": account_id, "profile_id": None, "sort_name": sort_name}
    return [shared | {"marketplace_id": each} for each in marketplaces]


def stream_rows(
    decision: Decision,
    account_id: int,
    streams: Sequence[tuple[str, Channel]],
    now: datetime,
) -> list[Row]:
    """Streams that an account gets, by marketplace and channel."""
    synced = {channel: said.synced_at for channel, said in decision.record.channels}
    idle = {"state": "idle", "throttled": False, "failure": None}
    shared = {"account_id": account_id, "progressed_at": None, "risky_from": None} | idle
    return [
        shared
        | {
            "marketplace_id": marketplace,
            "channel": channel.value,
            "added_at": added_at(decision, marketplace, channel, now),
            "last_success_at": synced[channel],
        }
        for marketplace, channel in streams
    ]
