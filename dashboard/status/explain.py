"""The values behind a headline, for "Why this status?"."""

from datetime import datetime

from dashboard.status.facts import ChannelFacts
from dashboard.status.rules import Verdict
from dashboard.status.view import View, connected_at, consent_end
from dashboard.status.words import Headline


def values(view: View, verdict: Verdict) -> dict[str, datetime | str | None]:
    """What the rule behind a verdict looked at, by label; ``None``: never, or not known."""
    facts = view.facts
    about = [each for each in facts.channels if each.channel is verdict.channel]
    if verdict.headline is Headline.DISCONNECTED:
        return {"Disconnected": facts.disconnected_at}
    if verdict.headline is Headline.PAUSED:
        return {"Paused": facts.paused_at}
    if verdict.headline is Headline.UNKNOWN:
        return _telemetry_values(view)
    return _channel_values(view, about[0]) if about else _sync_values(view)


def _telemetry_values(view: View) -> dict[str, datetime | str | None]:
    values: dict[str, datetime | str | None] = {
        "Newest report": view.facts.observed_at,
        "Next report due by": view.moments.silent_from,
        "No fact in the future from": view.moments.credible_from,
        "Oldest success": view.facts.sync.oldest_success_at,
        "Sync failing because": view.facts.sync.failing,
    }
    for each in view.facts.channels:
        values[f"{each.channel} consent given"] = each.consented_at
        values[f"{each.channel} problem"] = each.problem
    return values


def _channel_values(view: View, channel: ChannelFacts) -> dict[str, datetime | str | None]:
    return {
        "Channel": channel.channel,
        "Step reached": None if channel.consented_at else channel.step,
        "Consent given": channel.consented_at,
        "Consent ends": consent_end(view, channel),
        "Refused by Amazon": channel.refused_at,
        "Problem": channel.problem,
        "Problem since": channel.problem_since,
        "Began in an Amazon incident": "yes" if channel.incident else "no",
        "Sync failing because": view.facts.sync.failing,
    }


def _sync_values(view: View) -> dict[str, datetime | str | None]:
    sync = view.facts.sync
    return {
        "Connected": connected_at(view.facts),
        "First sync finished": sync.first_synced_at,
        "First sync promised by": view.moments.promised_by,
        "At risk of missing it from": view.moments.risky_from,
        "Waiting for a first success since": sync.waiting_since,
        "Oldest success": sync.oldest_success_at,
        "Oldest success of the others": sync.others_success_at,
        "Late from": view.moments.late_from,
        "Work running or queued": "yes" if sync.working else "no",
        "Last progress": sync.progressed_at,
        "Stuck from": view.moments.stalled_from,
        "Sync failing because": sync.failing,
        "Throttled by Amazon": "yes" if sync.throttled else "no",
    }
