"""How one channel of an account is doing, required or not."""

from dashboard.diagnosis import OURS, PERMISSION, RECONNECT, Channel, Reason
from dashboard.status.facts import ChannelFacts
from dashboard.status.view import View, dead, failure_of
from dashboard.status.words import ChannelStatus, Step


def status_of(view: View, channel: ChannelFacts) -> ChannelStatus:
    """The status of one channel; the account's pause or our doubt covers both channels."""
    facts = view.facts
    if channel.consented_at is None and channel.step is Step.AT_AMAZON:
        return ChannelStatus.AT_AMAZON
    if channel.consented_at is None or facts.disconnected_at is not None:
        return ChannelStatus.NOT_CONNECTED if channel.required else ChannelStatus.NOT_REQUIRED
    if facts.paused_at is not None:
        return ChannelStatus.PAUSED
    if view.doubt is not None:
        return ChannelStatus.UNKNOWN
    return _consent_status(view, channel)


def _consent_status(view: View, channel: ChannelFacts) -> ChannelStatus:
    failure = failure_of(channel)
    if dead(view, channel):
        return ChannelStatus.NEEDS_RECONNECT
    if failure and (channel.incident or failure in OURS or failure is Reason.AMAZON_OUTAGE):
        return ChannelStatus.UNKNOWN
    if failure in RECONNECT:
        return ChannelStatus.NEEDS_RECONNECT
    if failure in PERMISSION:
        return ChannelStatus.NEEDS_PERMISSION
    if channel.channel is Channel.SP_API and view.passed(view.moments.expiring_from):
        return ChannelStatus.EXPIRING
    return ChannelStatus.CONNECTED
