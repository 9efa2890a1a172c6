"""Facts about an account and a moment -> one headline, who must act, and until when that holds.

Pure: no input or output, no clock; every datetime is aware UTC. Rules see time only through
``Moments``, the instants at which something can change by itself, so ``changes_at`` cannot miss
one. At the instant itself the new state already holds. Only required channels decide the headline;
the status of an optional one is its own.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from dashboard.status.channels import status_of
from dashboard.status.explain import values
from dashboard.status.facts import DEFAULTS, TOLERANCE, ChannelFacts, Facts, Limits, SyncFacts
from dashboard.status.rules import HEALTHY, RULES, Verdict
from dashboard.status.view import View, view_of
from dashboard.status.words import (
    ACTORS,
    BROKEN,
    EDGES,
    IN_FLIGHT,
    SEVERITY,
    WAITING,
    AccountType,
    AgeBand,
    ChannelStatus,
    Headline,
    Step,
)

__all__ = [
    "ACTORS",
    "BROKEN",
    "DEFAULTS",
    "EDGES",
    "IN_FLIGHT",
    "RULES",
    "SEVERITY",
    "TOLERANCE",
    "WAITING",
    "AccountType",
    "AgeBand",
    "Assessment",
    "ChannelFacts",
    "ChannelStatus",
    "Facts",
    "Headline",
    "Limits",
    "Step",
    "SyncFacts",
    "Verdict",
    "age_band",
    "assess",
    "channel_status",
    "headline",
    "why",
]


@dataclass(frozen=True, slots=True)
class Assessment:
    """All that is derived of an account; ``changes_at`` is when any of it next does by itself.

    ``promised_by`` is when a first sync is promised that is in flight.
    """

    verdict: Verdict
    aaa: ChannelStatus
    selling_partner: ChannelStatus
    age_band: AgeBand
    promised_by: datetime | None
    changes_at: datetime | None


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
    return status_of(view_of(facts, now, limits), channel)


def age_band(oldest_success_at: datetime | None, now: datetime) -> AgeBand:
    """Put a sync age into its band; a success in the future counts as just now."""
    if oldest_success_at is None:
        return AgeBand.NEVER
    age = now - oldest_success_at
    return next((band for edge, band in EDGES if age < edge), AgeBand.OVER_7_D)


def assess(facts: Facts, now: datetime, limits: Limits = DEFAULTS) -> Assessment:
    """Derive all there is to say of an account at a moment, and until when it holds."""
    view = view_of(facts, now, limits)
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
        promised_by=view.moments.promised_by if verdict.headline in IN_FLIGHT else None,
        changes_at=min(turns, default=None),
    )


def why(
    facts: Facts, now: datetime, limits: Limits = DEFAULTS
) -> list[tuple[str, datetime | str | None]]:
    """List the rule that decided the headline and the values it used, as (label, value).

    Values are moments, words or reasons; ``None`` means that it never happened or is not known.
    """
    view = view_of(facts, now, limits)
    verdict, *_ = _reading(view)
    return [("Rule", verdict.rule), *values(view, verdict).items()]


def _reading(view: View) -> tuple[Verdict, ChannelStatus, ChannelStatus]:
    """Everything that can change at one of the moments, without saying when."""
    facts = view.facts
    verdict = HEALTHY
    for rule in RULES:
        if (found := rule(view)) is not None:
            verdict = found
            break
    aaa = status_of(view, facts.aaa)
    return verdict, aaa, status_of(view, facts.selling_partner)
