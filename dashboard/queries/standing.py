"""How one channel or one stream of an account stands by itself: the rules, looking at it alone.

The headline says how the whole account is doing. Which channel or marketplace that comes from is
found by asking the same rules about an account that has nothing else.
"""

from dataclasses import replace
from datetime import datetime

from dashboard.status import (
    ChannelFacts,
    ChannelStatus,
    Facts,
    Limits,
    SyncFacts,
    Verdict,
    headline,
)

QUIET = frozenset({ChannelStatus.CONNECTED, ChannelStatus.NOT_REQUIRED})
"""Channel statuses that need no reason."""


def of_channel(facts: Facts, channel: ChannelFacts, now: datetime, limits: Limits) -> Verdict:
    """The verdict if this were the account's only channel and its data were fresh."""
    fresh = SyncFacts(first_synced_at=now, oldest_success_at=now)
    return _alone(facts, channel, fresh, now, limits)


def of_stream(
    facts: Facts, channel: ChannelFacts, sync: SyncFacts, now: datetime, limits: Limits
) -> Verdict:
    """The verdict if the account had this channel only, and of it this one stream.

    The promise for a first sync runs from the moment the account's last channel was connected.
    """
    since = facts.sync.connected_at or now
    return _alone(facts, channel, replace(sync, connected_at=since), now, limits)


def _alone(
    facts: Facts, channel: ChannelFacts, sync: SyncFacts, now: datetime, limits: Limits
) -> Verdict:
    aaa, selling_partner = (
        replace(each, required=each.channel is channel.channel) for each in facts.channels
    )
    # Without consent there is no sync; one that claims otherwise is for the headline to doubt.
    syncing = sync if channel.consented_at is not None else SyncFacts()
    one = replace(facts, aaa=aaa, selling_partner=selling_partner, sync=syncing)
    return headline(one, now, limits)
