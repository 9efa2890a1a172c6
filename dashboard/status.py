"""Facts about an account and a moment -> one headline, who must act, and until when that holds.

Pure: no input or output, no clock; every datetime is aware UTC. Rules see time only through
``Moments``, the instants at which something can change by itself, so ``changes_at`` cannot miss
one. At the instant itself the new state already holds. Only required channels decide the headline;
the status of an optional one is its own.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from dashboard.diagnosis import (
    ATTEMPT,
    CUSTOMERS,
    FINDINGS,
    OURS,
    PERMISSION,
    RECONNECT,
    WARNINGS,
    Actor,
    Channel,
    Reason,
)


class AccountType(StrEnum):
    """What kind of business the account is; for vendors SP-API is optional."""

    SELLER = "seller"
    VENDOR = "vendor"


class Headline(StrEnum):
    """How an account is doing, in the order in which the rules are tried."""

    DISCONNECTED = "Disconnected"
    PAUSED = "Paused"
    UNKNOWN = "Unknown"
    AMAZON_INCIDENT = "Amazon incident"
    OUR_FIX = "Our fix"
    NOT_CONNECTED = "Not connected"
    NEEDS_RECONNECT = "Needs reconnect"
    NEEDS_PERMISSION = "Needs permission"
    STUCK = "Stuck"
    LATE = "Late"
    AT_RISK = "At risk"
    FIRST_SYNC = "First sync"
    EXPIRING = "Expiring"
    HEALTHY = "Healthy"


_TABLE: Final = {
    Headline.DISCONNECTED: (Actor.NOBODY, -2),
    Headline.PAUSED: (Actor.NOBODY, -1),
    Headline.UNKNOWN: (Actor.US, 10),
    Headline.AMAZON_INCIDENT: (Actor.AMAZON, 6),
    Headline.OUR_FIX: (Actor.US, 11),
    Headline.NOT_CONNECTED: (Actor.CUSTOMER, 4),
    Headline.NEEDS_RECONNECT: (Actor.CUSTOMER, 8),
    Headline.NEEDS_PERMISSION: (Actor.CUSTOMER, 7),
    Headline.STUCK: (Actor.US, 9),
    Headline.LATE: (Actor.US, 5),
    Headline.AT_RISK: (Actor.US, 3),
    Headline.FIRST_SYNC: (Actor.NOBODY, 1),
    Headline.EXPIRING: (Actor.CUSTOMER, 2),
    Headline.HEALTHY: (Actor.NOBODY, 0),
}
ACTORS: Final = MappingProxyType({each: actor for each, (actor, _) in _TABLE.items()})
"""Who acts; the one exception is a Late account that Amazon throttles, where Amazon does."""

SEVERITY: Final = MappingProxyType({each: severity for each, (_, severity) in _TABLE.items()})
"""How urgent each headline is, unique so that lists sort by it; 0 or less: nothing to do.

From 1 on: a warning before a breakage, someone who never had data before someone who lost it, and
of what is broken last what we ourselves can mend.
"""

BROKEN: Final = frozenset(
    {Headline.AMAZON_INCIDENT, Headline.OUR_FIX, Headline.NOT_CONNECTED}
    | {Headline.NEEDS_RECONNECT, Headline.NEEDS_PERMISSION, Headline.STUCK}
)
"""Headlines under which a required channel does not deliver. Unknown is not known to be one."""


class ChannelStatus(StrEnum):
    """How one channel of an account is doing."""

    NOT_CONNECTED = "Not connected"
    AT_AMAZON = "At Amazon"
    CONNECTED = "Connected"
    EXPIRING = "Expiring"
    NEEDS_RECONNECT = "Needs reconnect"
    NEEDS_PERMISSION = "Needs permission"
    NOT_REQUIRED = "Not required"
    PAUSED = "Paused"
    UNKNOWN = "Unknown"


class Step(StrEnum):
    """How far the customer got in connecting a channel that has no consent yet."""

    NOT_INVITED = "not_invited"
    LINK_SENT = "link_sent"
    OPENED = "opened"
    AT_AMAZON = "at_amazon"


class AgeBand(StrEnum):
    """Sync ages as charts and filters group them; an age on an edge is in the older band."""

    UNDER_6_H = "under 6 h"
    UNDER_12_H = "6-12 h"
    UNDER_24_H = "12-24 h"
    UNDER_48_H = "24-48 h"
    UNDER_7_D = "2-7 d"
    OVER_7_D = "over 7 d"
    NEVER = "never"


EDGES: Final = (
    (timedelta(hours=6), AgeBand.UNDER_6_H),
    (timedelta(hours=12), AgeBand.UNDER_12_H),
    (timedelta(hours=24), AgeBand.UNDER_24_H),
    (timedelta(hours=48), AgeBand.UNDER_48_H),
    (timedelta(days=7), AgeBand.UNDER_7_D),
)
"""Where each band but the last two ends."""


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What is known of one channel of an account.

    ``consented_at`` is ``None`` without consent. ``expires_at`` is the end of an SP-API consent
    (``None``: ``Limits.consent`` after it was given; "Renew authorizations"); AAA's never ends
    (Ads API, "Access tokens"). ``refused_at``: Amazon refused the grant, confirmed twice.
    ``problem`` is what the last check found wrong, confirmed; how an attempt ended counts only
    while there is no consent. ``warning`` is shown and changes nothing. ``incident``: the failure
    in ``problem`` or in the sync began inside an open Amazon incident; alone it says nothing.
    """

    channel: Channel
    required: bool
    consented_at: datetime | None = None
    expires_at: datetime | None = None
    refused_at: datetime | None = None
    step: Step = Step.NOT_INVITED
    problem: Reason | None = None
    problem_since: datetime | None = None
    warning: Reason | None = None
    incident: bool = False


@dataclass(frozen=True, slots=True)
class SyncFacts:
    """What is known of the syncing of an account's required streams.

    ``connected_at`` starts the first-sync clock: when the last required channel was connected
    (``None``: the newest of their consents). ``first_synced_at``: all had succeeded once.
    ``oldest_success_at`` is the oldest of their last successes, ``None`` if one never succeeded.
    ``progressed_at`` is the last heartbeat of work that is running or queued (``working``).
    ``failing`` is why work failed for good: a reason of ours is Our fix, any other is Stuck until
    a check confirms it as the channel's ``problem``. ``projected_at``: forecast end of first sync.
    """

    connected_at: datetime | None = None
    first_synced_at: datetime | None = None
    oldest_success_at: datetime | None = None
    working: bool = False
    progressed_at: datetime | None = None
    failing: Reason | None = None
    throttled: bool = False
    projected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that decides an account's status. ``observed_at``: our newest report of the account."""

    type: AccountType
    aaa: ChannelFacts
    selling_partner: ChannelFacts
    sync: SyncFacts = field(default_factory=SyncFacts)
    paused_at: datetime | None = None
    disconnected_at: datetime | None = None
    observed_at: datetime | None = None

    @property
    def channels(self) -> tuple[ChannelFacts, ChannelFacts]:
        """Both channels, in the order customers connect them."""
        return self.aaa, self.selling_partner


@dataclass(frozen=True, slots=True)
class Limits:
    """The promises and windows; ``consent`` is Amazon's ("Renew authorizations": 365 days)."""

    promise: timedelta = timedelta(hours=48)
    freshness: timedelta = timedelta(hours=24)
    heartbeat: timedelta = timedelta(hours=2)
    expiring: timedelta = timedelta(days=30)
    telemetry: timedelta = timedelta(hours=72)
    consent: timedelta = timedelta(days=365)


DEFAULTS: Final = Limits()
TOLERANCE: Final = timedelta(minutes=5)
"""How far in the future a fact may lie before it is not believed: machines' clocks differ."""


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


@dataclass(frozen=True, slots=True)
class Assessment:
    """All that is derived of an account; ``changes_at`` is when any of it next does by itself."""

    verdict: Verdict
    aaa: ChannelStatus
    selling_partner: ChannelStatus
    age_band: AgeBand
    changes_at: datetime | None


class Moments(NamedTuple):
    """The instants at which an account's status can change by the passing of time alone.

    ``credible_from``: from here on no fact lies in the future. ``silent_from``: our telemetry is
    stale. ``expiring_from``, ``lapsed_from``: of the SP-API consent. ``stalled_from``: the work in
    hand has not progressed. ``late_from``: the first sync, or later the data, is late.
    """

    credible_from: datetime | None
    silent_from: datetime | None
    expiring_from: datetime | None
    lapsed_from: datetime | None
    stalled_from: datetime | None
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


def headline(facts: Facts, now: datetime, limits: Limits = DEFAULTS) -> Verdict:
    """Say in one word how an account is doing, who must act, and until when that holds."""
    return assess(facts, now, limits).verdict


def channel_status(
    facts: Facts, channel: ChannelFacts, now: datetime, limits: Limits = DEFAULTS
) -> ChannelStatus:
    """Say how one channel of the account is doing, required or not.

    Unknown while our telemetry cannot be believed, and while a failure is Amazon's or ours: then
    nothing is known against the consent, nor for it.
    """
    return _channel_status(_view(facts, now, limits), channel)


def age_band(oldest_success_at: datetime | None, now: datetime) -> AgeBand:
    """Put a sync age into its band; a success in the future counts as just now."""
    if oldest_success_at is None:
        return AgeBand.NEVER
    age = now - oldest_success_at
    return next((band for edge, band in EDGES if age < edge), AgeBand.OVER_7_D)


def assess(facts: Facts, now: datetime, limits: Limits = DEFAULTS) -> Assessment:
    """Derive all there is to say of an account at a moment, and until when it holds."""
    view = _view(facts, now, limits)
    verdict, aaa, selling_partner = reading = _reading(view)
    oldest = facts.sync.oldest_success_at
    turns = [oldest + edge for edge, _ in EDGES if oldest + edge > now][:1] if oldest else []
    headline_turns = None
    for moment in sorted(each for each in view.moments if each is not None and each > now):
        later = _reading(View(facts, view.required, view.moments, moment))
        if later != reading:
            turns.append(moment)
        if later[0].headline is not verdict.headline:
            headline_turns = moment
            break
    return Assessment(
        verdict=replace(verdict, changes_at=headline_turns) if headline_turns else verdict,
        aaa=aaa,
        selling_partner=selling_partner,
        age_band=age_band(oldest, now),
        changes_at=min(turns, default=None),
    )


def why(
    facts: Facts, now: datetime, limits: Limits = DEFAULTS
) -> list[tuple[str, datetime | str | None]]:
    """List the rule that decided the headline and the values it used, as (label, value).

    Values are moments, words or reasons; ``None`` means that it never happened or is not known.
    """
    view = _view(facts, now, limits)
    verdict, *_ = _reading(view)
    about = [each for each in facts.channels if each.channel is verdict.channel]
    values: dict[str, datetime | str | None]
    if verdict.headline is Headline.DISCONNECTED:
        values = {"Disconnected": facts.disconnected_at}
    elif verdict.headline is Headline.PAUSED:
        values = {"Paused": facts.paused_at}
    elif verdict.headline is Headline.UNKNOWN:
        values = _telemetry_values(view)
    elif about:
        values = _channel_values(view, about[0])
    else:
        values = _sync_values(view)
    return [("Rule", verdict.rule), *values.items()]


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
        "Consent ends": _end(view, channel),
        "Refused by Amazon": channel.refused_at,
        "Problem": channel.problem,
        "Problem since": channel.problem_since,
        "Began in an Amazon incident": "yes" if channel.incident else "no",
        "Sync failing because": view.facts.sync.failing,
    }


def _sync_values(view: View) -> dict[str, datetime | str | None]:
    sync = view.facts.sync
    return {
        "Connected": _clock_start(view.facts),
        "First sync finished": sync.first_synced_at,
        "First sync forecast to end": sync.projected_at,
        "Oldest success": sync.oldest_success_at,
        "Late from": view.moments.late_from,
        "Work running or queued": "yes" if sync.working else "no",
        "Last progress": sync.progressed_at,
        "Stuck from": view.moments.stalled_from,
        "Sync failing because": sync.failing,
        "Throttled by Amazon": "yes" if sync.throttled else "no",
    }


def _view(facts: Facts, now: datetime, limits: Limits) -> View:
    return View(
        facts, [each for each in facts.channels if each.required], _moments(facts, limits), now
    )


def _reading(view: View) -> tuple[Verdict, ChannelStatus, ChannelStatus]:
    """Everything that can change at one of the moments, without saying when."""
    facts = view.facts
    verdict = HEALTHY
    for rule in RULES:
        if (found := rule(view)) is not None:
            verdict = found
            break
    aaa = _channel_status(view, facts.aaa)
    return verdict, aaa, _channel_status(view, facts.selling_partner)


def _moments(facts: Facts, limits: Limits) -> Moments:
    if facts.disconnected_at is not None or facts.paused_at is not None:
        return Moments(None, None, None, None, None, None)  # an account out of use just stays so
    sync, selling_partner = facts.sync, facts.selling_partner
    ends = None
    if selling_partner.consented_at is not None:
        ends = selling_partner.expires_at or selling_partner.consented_at + limits.consent
    if sync.first_synced_at is None:
        start = _clock_start(facts)
        late = start and start + limits.promise
    else:
        # A marketplace added later has no success yet: its data is as old as the last full set.
        late = (sync.oldest_success_at or sync.first_synced_at) + limits.freshness
    stalled = sync.progressed_at if sync.working else None
    heard = facts.observed_at if _ever_connected(facts) else None
    newest = _newest(facts)
    return Moments(
        credible_from=newest and newest - TOLERANCE,
        silent_from=heard and heard + limits.telemetry,
        expiring_from=ends and ends - limits.expiring,
        lapsed_from=ends,
        stalled_from=stalled and stalled + limits.heartbeat,
        late_from=late,
    )


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
        sync.progressed_at,
    )
    return max([each for each in said if each is not None], default=None)


def _clock_start(facts: Facts) -> datetime | None:
    """When the last required channel was connected, or ``None`` while one is not."""
    consents = [each.consented_at for each in facts.channels if each.required]
    given = [each for each in consents if each is not None]
    if not given or len(given) < len(consents):
        return None
    return facts.sync.connected_at or max(given)


def _end(view: View, channel: ChannelFacts) -> datetime | None:
    """When the channel's consent ends; AAA's never does."""
    return view.moments.lapsed_from if channel.channel is Channel.SP_API else None


def _dead(view: View, channel: ChannelFacts) -> Reason | None:
    """Why the channel's consent is known to be dead, by refusal or by age."""
    if channel.consented_at is None:
        return None
    end = _end(view, channel)
    if channel.refused_at is not None and (end is None or channel.refused_at < end):
        return Reason.CONSENT_REVOKED
    if channel.refused_at is not None or view.passed(end):
        return Reason.CONSENT_LAPSED
    return None


def _failure(channel: ChannelFacts) -> Reason | None:
    """What is wrong with the channel, leaving aside what only deserves a warning."""
    if channel.problem is None or channel.problem in WARNINGS:
        return None
    if channel.consented_at is not None and channel.problem in ATTEMPT:
        return None
    return channel.problem


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


def _channel_status(view: View, channel: ChannelFacts) -> ChannelStatus:
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
    failure = _failure(channel)
    if _dead(view, channel):
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
        failure = _failure(each)
        if failure is Reason.AMAZON_OUTAGE or (each.incident and (failure or failing)):
            found = _verdict(Headline.AMAZON_INCIDENT, Reason.AMAZON_OUTAGE, rule, each)
            break
    if found is None and failing is Reason.AMAZON_OUTAGE:
        found = _verdict(Headline.AMAZON_INCIDENT, Reason.AMAZON_OUTAGE, rule)
    # A grant that is known to be dead needs the customer, whatever Amazon's trouble.
    if found is None or any(_dead(view, each) for each in view.required):
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
        if dead := _dead(view, each):
            rule = "A required channel's consent was refused twice, or has lapsed."
            return _verdict(Headline.NEEDS_RECONNECT, dead, rule, each)
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
    if not view.passed(view.moments.late_from):
        return None
    reason, rule = Reason.DATA_LATE, "The oldest data is older than the freshness target."
    if view.facts.sync.first_synced_at is None:
        reason, rule = Reason.FIRST_SYNC_OVERDUE, "The first sync is taking longer than promised."
    if view.facts.sync.throttled:
        return Verdict(Headline.LATE, Actor.AMAZON, Reason.THROTTLED, None, rule)
    return _verdict(Headline.LATE, reason, rule)


def _at_risk(view: View) -> Verdict | None:
    sync, promised = view.facts.sync, view.moments.late_from
    if sync.first_synced_at or not (sync.projected_at and promised):
        return None
    if sync.projected_at <= promised:
        return None
    rule = "The first sync is forecast to end later than promised."
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
