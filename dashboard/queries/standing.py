"""How one channel or one stream of an account stands by itself: the rules, looking at it alone.

The headline says how the whole account is doing. Which channel or marketplace that comes from is
found by asking the same rules about an account that has nothing else.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from dashboard.db.facts import WORKING
from dashboard.diagnosis import Reason
from dashboard.settings import settings
from dashboard.status import ChannelFacts, ChannelStatus, Facts, SyncFacts, Verdict, headline

QUIET: Final = frozenset({ChannelStatus.CONNECTED, ChannelStatus.NOT_REQUIRED})
"""Channel statuses that need no reason."""


def of_channel(facts: Facts, channel: ChannelFacts, moment: datetime) -> Verdict:
    """The verdict if this were the account's only channel and its data were fresh."""
    fresh = SyncFacts(first_synced_at=moment, oldest_success_at=moment)
    return _alone(facts, channel, fresh, moment)


def of_stream(facts: Facts, channel: ChannelFacts, stream: Any, moment: datetime) -> Verdict:
    """The verdict if the account had this channel only, and of it this one stream.

    Args:
        facts: of the account.
        channel: one of ``facts.channels``.
        stream: its row in the table of streams; ``None`` while there is none.
        moment: aware UTC.
    """
    # The promise for a first sync runs from when the account's last channel was connected.
    sync = SyncFacts(
        connected_at=facts.sync.connected_at or moment, first_synced_at=facts.sync.first_synced_at
    )
    if stream is not None:
        working = stream.state in WORKING
        sync = replace(
            sync,
            first_synced_at=facts.sync.first_synced_at or stream.last_success_at,
            oldest_success_at=stream.last_success_at,
            waiting_since=stream.added_at if stream.last_success_at is None else None,
            working=working,
            progressed_at=stream.progressed_at if working else None,
            failing=Reason(stream.failure) if stream.state == "failed" and stream.failure else None,
            throttled=stream.throttled,
            risky_from=stream.risky_from,
        )
    return _alone(facts, channel, sync, moment)


def held(changes_at: datetime | None, now: datetime) -> datetime:
    """The present, or the last moment for which the stored status of an account is right.

    What is shown beside the stored headline is derived for the same moment, so that they agree
    also in the minute before the sweep comes by.
    """
    return now if changes_at is None else min(now, changes_at - timedelta(microseconds=1))


def _alone(facts: Facts, channel: ChannelFacts, sync: SyncFacts, moment: datetime) -> Verdict:
    aaa, selling_partner = (
        replace(each, required=each.channel is channel.channel) for each in facts.channels
    )
    # Without consent there is no sync; one that claims otherwise is for the headline to doubt.
    syncing = sync if channel.consented_at is not None else SyncFacts()
    one = replace(facts, aaa=aaa, selling_partner=selling_partner, sync=syncing)
    return headline(one, moment, settings().limits)
