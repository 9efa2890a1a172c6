"""A decision about a new account -> the facts by which it is assessed, as they will be stored."""

from datetime import datetime
from typing import Final

from dashboard.actions.imports.decide import Decision, added_at
from dashboard.diagnosis import Channel
from dashboard.status import ChannelFacts, ChannelStatus, Facts, Limits, SyncFacts

DECISIVE: Final = (
    (ChannelStatus.PAUSED,),
    (ChannelStatus.UNKNOWN,),
    (ChannelStatus.NOT_CONNECTED, ChannelStatus.AT_AMAZON),
    (ChannelStatus.NEEDS_RECONNECT,),
    (ChannelStatus.NEEDS_PERMISSION,),
)
"""Channel statuses that decide the headline, in the order of ``status``' rules."""


def facts_of(decision: Decision, now: datetime) -> Facts:
    """The same facts that ``db.facts`` reads once the account is stored."""
    aaa, selling_partner = (_channel(decision, channel) for channel in Channel)
    return Facts(
        type=decision.record.type,
        aaa=aaa,
        selling_partner=selling_partner,
        sync=_sync(decision, now),
        paused_at=decision.paused_at,
        observed_at=decision.observed_at,
    )


def _channel(decision: Decision, channel: Channel) -> ChannelFacts:
    standing = decision.standings[channel]
    return ChannelFacts(
        channel=channel,
        required=standing.required,
        consented_at=standing.consented_at,
        expires_at=standing.expires_at,
        refused_at=standing.refused_at,
        step=standing.step,
        problem=standing.problem,
        problem_since=standing.problem_since,
    )


def _sync(decision: Decision, now: datetime) -> SyncFacts:
    required = [
        (channel, decision.standings[channel].connected_at, said.synced_at)
        for channel, said in decision.record.channels
        if decision.standings[channel].required
    ]
    connected = [connected_at for _, connected_at, _ in required if connected_at]
    place = decision.record.marketplaces[0]
    waiting = [added_at(decision, place, each, now) for each, _, synced in required if not synced]
    newest = [synced_at for _, _, synced_at in required if synced_at]
    others = min(newest, default=None)
    oldest = None if waiting else others
    return SyncFacts(
        connected_at=max(connected) if len(connected) == len(required) else None,
        first_synced_at=decision.setup_completed_at or oldest,
        oldest_success_at=oldest,
        others_success_at=others,
        waiting_since=min(waiting, default=None),
    )


def began(decision: Decision, limits: Limits, now: datetime) -> datetime | None:
    """When the headline of a new account began, as far as the row tells.

    The first of the states below that the row names decides, as in ``status``; late data and an
    ending consent are counted from the row's dates. ``None`` when the row gives no date for it.
    """
    said = [
        (each, decision.standings[channel])
        for channel, each in decision.record.channels
        if each.status is not ChannelStatus.NOT_REQUIRED
    ]
    for states in DECISIVE:
        found = [each.since for each, _ in said if each.status in states]
        if found:
            return min([moment for moment in found if moment], default=None)
    connected = max(each.consented_at for _, each in said if each.consented_at)
    syncs = [each.synced_at for each, _ in said if each.synced_at]
    synced = min(syncs) if len(syncs) == len(said) else decision.setup_completed_at
    turns = [synced + limits.freshness if synced else connected + limits.promise]
    ends = decision.standings[Channel.SP_API].expires_at
    if ends is not None and turns[0] > now:
        turns.append(ends - limits.expiring)
    return max([connected, *(moment for moment in turns if moment <= now)])
