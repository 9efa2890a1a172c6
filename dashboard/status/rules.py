"""The table of headlines: rules in order, of which the first that matches wins."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dashboard.diagnosis import CUSTOMERS, OURS, PERMISSION, RECONNECT, Actor, Channel, Reason
from dashboard.status.facts import ChannelFacts
from dashboard.status.view import View, dead, failure_of
from dashboard.status.words import ACTORS, Headline, Step


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an account is doing. ``channel`` is the one it is about, ``rule`` the rule that matched.

    ``changes_at`` is when the headline next changes by time alone, or ``None``.
    """

    headline: Headline
    actor: Actor
    reason: Reason | None
    channel: Channel | None
    rule: str
    changes_at: datetime | None = None


def _verdict(
    headline: Headline, reason: Reason | None, rule: str, channel: ChannelFacts | None = None
) -> Verdict:
    about = channel.channel if channel else None
    return Verdict(headline, ACTORS[headline], reason, about, rule)


def _disconnected(view: View) -> Verdict | None:
    if view.facts.disconnected_at is None:
        return None
    return _verdict(
        Headline.DISCONNECTED, Reason.DISCONNECTED, "Someone chose to disconnect the account."
    )


def _paused(view: View) -> Verdict | None:
    if view.facts.paused_at is None:
        return None
    return _verdict(Headline.PAUSED, Reason.PAUSED, "Someone chose to pause the account.")


def _unknown(view: View) -> Verdict | None:
    return view.doubt and _verdict(Headline.UNKNOWN, *view.doubt)


def _amazon_incident(view: View) -> Verdict | None:
    rule = "The failure began inside an open Amazon incident."
    failing = view.facts.sync.failing
    found = None
    for each in view.required:
        failure = failure_of(each)
        if failure is Reason.AMAZON_OUTAGE or (each.incident and (failure or failing)):
            found = _verdict(Headline.AMAZON_INCIDENT, Reason.AMAZON_OUTAGE, rule, each)
            break
    if found is None and failing is Reason.AMAZON_OUTAGE:
        found = _verdict(Headline.AMAZON_INCIDENT, Reason.AMAZON_OUTAGE, rule)
    # A grant that is known to be dead needs the customer, whatever Amazon's trouble.
    if found is None or any(dead(view, each) for each in view.required):
        return None
    return found


def _our_fix(view: View) -> Verdict | None:
    """Our fault on an optional channel shows on the channel: the account's promise is kept."""
    rule = "Our client secret, app registration or code is at fault."
    for each in view.required:
        if each.problem in OURS:
            return _verdict(Headline.OUR_FIX, each.problem, rule, each)
    failing = view.facts.sync.failing
    return _verdict(Headline.OUR_FIX, failing, rule) if failing in OURS else None


def _not_connected(view: View) -> Verdict | None:
    rule = "A required channel has no consent yet."
    for each in view.required:
        if each.consented_at is None:
            known = each.problem in CUSTOMERS
            reason = each.problem if known else STEP_REASONS[each.step]
            return _verdict(Headline.NOT_CONNECTED, reason, rule, each)
    return None


def _needs_reconnect(view: View) -> Verdict | None:
    for each in view.required:
        if died := dead(view, each):
            rule = "A required channel's consent was refused twice, or has lapsed."
            return _verdict(Headline.NEEDS_RECONNECT, died, rule, each)
        if each.problem in RECONNECT:
            rule = "A required channel's consent is of the wrong identity, or refused."
            return _verdict(Headline.NEEDS_RECONNECT, each.problem, rule, each)
    return None


def _needs_permission(view: View) -> Verdict | None:
    rule = "Consent works, but a role, profile or marketplace is missing."
    for each in view.required:
        if each.problem in PERMISSION:
            return _verdict(Headline.NEEDS_PERMISSION, each.problem, rule, each)
    return None


def _stuck(view: View) -> Verdict | None:
    if view.facts.sync.failing:
        return _verdict(Headline.STUCK, Reason.SYNC_FAILING, "A sync is failing for good.")
    if view.passed(view.moments.stalled_from):
        rule = "Work is running or queued, without progress for the heartbeat window."
        return _verdict(Headline.STUCK, Reason.SYNC_STALLED, rule)
    return None


def _late(view: View) -> Verdict | None:
    if view.passed(view.moments.promised_by):
        reason, rule = Reason.FIRST_SYNC_OVERDUE, "The first sync is taking longer than promised."
    elif view.passed(view.moments.late_from):
        reason, rule = Reason.DATA_LATE, "The oldest data is older than the freshness target."
    else:
        return None
    if view.facts.sync.throttled:
        return Verdict(Headline.LATE, Actor.AMAZON, Reason.THROTTLED, None, rule)
    return _verdict(Headline.LATE, reason, rule)


def _at_risk(view: View) -> Verdict | None:
    if not view.passed(view.moments.risky_from):
        return None
    rule = "By the forecast, the first sync is too likely to take longer than promised."
    return _verdict(Headline.AT_RISK, Reason.FIRST_SYNC_AT_RISK, rule)


def _first_sync(view: View) -> Verdict | None:
    if view.facts.sync.first_synced_at and view.facts.sync.oldest_success_at:
        return None
    rule = "Not every required stream has succeeded yet, and there is time left."
    return _verdict(Headline.FIRST_SYNC, Reason.FIRST_SYNC, rule)


def _expiring(view: View) -> Verdict | None:
    for each in view.required:
        if each.channel is Channel.SP_API and view.passed(view.moments.expiring_from):
            rule = "The SP-API consent ends soon."
            return _verdict(Headline.EXPIRING, Reason.CONSENT_EXPIRING, rule, each)
    return None


STEP_REASONS: Final = {
    Step.NOT_INVITED: Reason.NOT_INVITED,
    Step.LINK_SENT: Reason.LINK_SENT,
    Step.OPENED: Reason.LINK_OPENED,
    Step.AT_AMAZON: Reason.AT_AMAZON,
}


HEALTHY: Final = _verdict(Headline.HEALTHY, None, "None of the rules for trouble applies.")


RULES: Final[tuple[Callable[[View], Verdict | None], ...]] = (
    _disconnected,
    _paused,
    _unknown,
    _amazon_incident,
    _our_fix,
    _not_connected,
    _needs_reconnect,
    _needs_permission,
    _stuck,
    _late,
    _at_risk,
    _first_sync,
    _expiring,
)
"""The table of headlines: the first rule that matches wins; when none does, all is well."""
