"""An account as seen at a moment, and what the rules ask of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from dashboard.diagnosis import ATTEMPT, FINDINGS, WARNINGS, Channel, Reason
from dashboard.status.facts import TOLERANCE, ChannelFacts, Facts, Limits


class Moments(NamedTuple):
    """The instants at which an account's status can change by the passing of time alone.

    ``credible_from``: from here on no fact lies in the future. ``silent_from``: our telemetry is
    stale. ``expiring_from``, ``lapsed_from``: of the SP-API consent. ``stalled_from``: the work in
    hand has not progressed. ``risky_from``: a first sync is likely to be overdue once it is,
    ``promised_by``. ``late_from``: data is late.
    """

    credible_from: datetime | None
    silent_from: datetime | None
    expiring_from: datetime | None
    lapsed_from: datetime | None
    stalled_from: datetime | None
    risky_from: datetime | None
    promised_by: datetime | None
    late_from: datetime | None


Doubt = tuple[Reason, str]
"""Why what we know of an account cannot be believed, and the rule that says so."""


@dataclass(slots=True)
class View:
    """An account as seen at a moment: all that a rule may look at."""

    facts: Facts
    required: list[ChannelFacts]
    moments: Moments
    now: datetime
    doubt: Doubt | None = field(init=False)

    def __post_init__(self) -> None:
        self.doubt = _doubt(self)

    def passed(self, moment: datetime | None) -> bool:
        """Whether this moment has come."""
        return moment is not None and moment <= self.now


def view_of(facts: Facts, now: datetime, limits: Limits) -> View:
    """See an account at a moment."""
    return View(
        facts, [each for each in facts.channels if each.required], _moments(facts, limits), now
    )


def consent_end(view: View, channel: ChannelFacts) -> datetime | None:
    """When the channel's consent ends; AAA's never does."""
    return view.moments.lapsed_from if channel.channel is Channel.SP_API else None


def dead(view: View, channel: ChannelFacts) -> Reason | None:
    """Why the channel's consent is known to be dead, by refusal or by age."""
    if channel.consented_at is None:
        return None
    end = consent_end(view, channel)
    if channel.refused_at is not None and (end is None or channel.refused_at < end):
        return Reason.CONSENT_REVOKED
    if channel.refused_at is not None or view.passed(end):
        return Reason.CONSENT_LAPSED
    return None


def failure_of(channel: ChannelFacts) -> Reason | None:
    """What is wrong with the channel, leaving aside what only deserves a warning."""
    if channel.problem is None or channel.problem in WARNINGS:
        return None
    if channel.consented_at is not None and channel.problem in ATTEMPT:
        return None
    return channel.problem


def connected_at(facts: Facts) -> datetime | None:
    """When the last required channel was connected, or ``None`` while one is not."""
    consents = [each.consented_at for each in facts.channels if each.required]
    given = [each for each in consents if each is not None]
    if not given or len(given) < len(consents):
        return None
    return facts.sync.connected_at or max(given)


def _moments(facts: Facts, limits: Limits) -> Moments:
    if facts.disconnected_at is not None or facts.paused_at is not None:
        return Moments(*[None] * len(Moments._fields))  # an account out of use just stays so
    sync, selling_partner = facts.sync, facts.selling_partner
    ends = None
    if selling_partner.consented_at is not None:
        ends = selling_partner.expires_at or selling_partner.consented_at + limits.consent
    promised, aged = _clocks(facts)
    stalled = sync.progressed_at if sync.working else None
    heard = facts.observed_at if _ever_connected(facts) else None
    newest = _newest(facts)
    return Moments(
        credible_from=newest and newest - TOLERANCE,
        silent_from=heard and heard + limits.telemetry,
        expiring_from=ends and ends - limits.expiring,
        lapsed_from=ends,
        stalled_from=stalled and stalled + limits.heartbeat,
        risky_from=promised and sync.risky_from,
        promised_by=promised and promised + limits.promise,
        late_from=aged and aged + limits.freshness,
    )


def _clocks(facts: Facts) -> tuple[datetime | None, datetime | None]:
    """From when on a first sync is promised, and how old the data is that must stay fresh."""
    sync, connected = facts.sync, connected_at(facts)
    start = connected and max(connected, sync.waiting_since or connected)
    if sync.first_synced_at is None:
        return start, None
    if sync.oldest_success_at is not None:
        return None, sync.oldest_success_at
    if sync.waiting_since is None:
        return None, sync.first_synced_at
    # A marketplace was added later: it has a first sync of its own, beside the others.
    return start, sync.others_success_at


def _ever_connected(facts: Facts) -> bool:
    return facts.aaa.consented_at is not None or facts.selling_partner.consented_at is not None


def _newest(facts: Facts) -> datetime | None:
    """The newest of all that is said to have happened; none of it can lie in the future."""
    aaa, selling_partner, sync = facts.aaa, facts.selling_partner, facts.sync
    said = (
        facts.observed_at,
        aaa.consented_at,
        aaa.refused_at,
        selling_partner.consented_at,
        selling_partner.refused_at,
        sync.connected_at,
        sync.first_synced_at,
        sync.oldest_success_at,
        sync.others_success_at,
        sync.waiting_since,
        sync.progressed_at,
    )
    return max([each for each in said if each is not None], default=None)


def _doubt(view: View) -> Doubt | None:
    if contradiction := _contradiction(view):
        return Reason.TELEMETRY_CONTRADICTORY, contradiction
    if view.facts.observed_at is None and _ever_connected(view.facts):
        return Reason.TELEMETRY_STALE, "The account is connected, but we have no report of it."
    if view.passed(view.moments.silent_from):
        return Reason.TELEMETRY_STALE, "Our last report of the account is too old to believe."
    return None


def _contradiction(view: View) -> str | None:
    facts, sync, credible = view.facts, view.facts.sync, view.moments.credible_from
    for each in facts.channels:
        if each.problem is not None and each.problem not in FINDINGS:
            return "A check reported something that no check can find."
    if not view.required:
        return "No channel is required of the account."
    succeeded = sync.oldest_success_at is not None or sync.first_synced_at is not None
    if succeeded and all(each.consented_at is None for each in view.required):
        return "A sync succeeded, but no required channel ever had consent."
    if credible is not None and view.now < credible:
        return "Something is reported to have happened in the future."
    return None
