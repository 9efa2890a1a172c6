"""The life of one account, told in order of time: what happened, and the facts that followed.

Scenarios tell it with the verbs of ``Life``. ``history`` reads it back: the facts say which
headlines there were, the lanes say when streams synced, the happenings become events.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dashboard.actions.demo.company import CUSTOMER, SYSTEM, Crew, Person, Shape
from dashboard.actions.demo.lanes import Lane
from dashboard.diagnosis import Channel, Reason
from dashboard.milestones import Milestone
from dashboard.status import ChannelFacts, Facts, Step


@dataclass(frozen=True, slots=True)
class Happening:
    """Something to be kept as an event."""

    at: datetime
    who: Person
    kind: str
    details: dict[str, Any]


@dataclass(slots=True)
class Relink:
    """A link to reconnect, and how far it led."""

    channel: Channel
    made: datetime
    who: Person
    opened: datetime | None = None
    done: datetime | None = None


class Life:
    """What has happened to an account up to a moment of the telling.

    ``age`` is how long ago its newest syncs are at the present, ``observed_at`` our newest report
    of it where that is odd; whoever tells may change both.
    """

    def __init__(self, shape: Shape, crew: Crew, lead: Person | None, now: datetime, seed: str):
        self.shape, self.crew, self.lead, self.now = shape, crew, lead, now
        self.rng = random.Random(seed)  # noqa: S311 - made-up data, the same for the same seed
        self.facts = Facts(
            type=shape.type,
            aaa=ChannelFacts(Channel.AAA, required=True),
            selling_partner=ChannelFacts(Channel.SP_API, required=shape.needs_selling_partner),
        )
        self.steps: list[tuple[datetime, Facts]] = []
        self.happenings: list[Happening] = []
        self.lanes: list[Lane] = []
        self.connected_at: dict[Channel, datetime] = {}
        self.reached: dict[Milestone, datetime] = {}
        self.relinks: list[Relink] = []
        self.merchant_id: str | None = None
        self.age = timedelta(minutes=self.rng.randint(70, 650))
        if self.rng.random() < 0.13:
            self.age = timedelta(minutes=self.rng.randint(12 * 60 + 5, 20 * 60))
        self.observed_at: datetime | None = None

    @property
    def channels(self) -> list[Channel]:
        """The channels this account must have."""
        return [each.channel for each in self.facts.channels if each.required]

    def ago(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
        """A moment of the past."""
        length = timedelta(days=days, hours=hours, minutes=minutes)
        return (self.now - length).replace(microsecond=0)

    def between(self, low: float, high: float) -> float:
        """A number of somewhere between two."""
        return self.rng.uniform(low, high)

    def helper(self) -> Person:
        """One of us who looks after the account: its strategist, or somebody of support."""
        if self.lead is not None and self.rng.random() < 0.6:
            return self.lead
        return self.rng.choice(self.crew.support)

    def note(self, at: datetime, who: Person, kind: str, **details: Any) -> None:
        """Remember that something was done."""
        self.happenings.append(Happening(at, who, kind, details))

    def turn(self, at: datetime, **facts: Any) -> None:
        """Facts of the account change."""
        if self.steps and at < self.steps[-1][0]:
            raise ValueError(f"Told out of order: {at} is before {self.steps[-1][0]}.")
        self.facts = replace(self.facts, **facts)
        self.steps.append((at, self.facts))

    def turn_channel(self, channel: Channel, at: datetime, **facts: Any) -> None:
        """Facts of one channel change."""
        name = "aaa" if channel is Channel.AAA else "selling_partner"
        self.turn(at, **{name: replace(self.known(channel), **facts)})

    def turn_sync(self, at: datetime, **facts: Any) -> None:
        """Facts of the syncing change."""
        self.turn(at, sync=replace(self.facts.sync, **facts))

    def known(self, channel: Channel) -> ChannelFacts:
        """What is known of a channel."""
        return self.facts.aaa if channel is Channel.AAA else self.facts.selling_partner

    def of(self, channel: Channel) -> list[Lane]:
        """The streams of a channel."""
        return [lane for lane in self.lanes if lane.channel is channel]

    def created(self, at: datetime) -> None:
        """Somebody of ours entered the account."""
        self.turn(at)
        self.note(at, self.lead or self.crew.support[0], "account_created", type=self.shape.type)

    def invited(self, at: datetime) -> None:
        """A link was mailed to the customer."""
        for channel in self.channels:
            self.turn_channel(channel, at, step=Step.LINK_SENT)
        self.reached[Milestone.INVITED] = at
        self.note(at, self.lead or self.helper(), "invited", channels=[*self.channels])

    def link_opened(self, at: datetime) -> None:
        """The customer opened the link."""
        for channel in self.channels:
            self.turn_channel(channel, at, step=Step.OPENED)
        self.reached[Milestone.OPENED] = at
        self.note(at, CUSTOMER, "link_opened")

    def went_to_amazon(self, channel: Channel, at: datetime) -> None:
        """The customer left for Amazon's consent page."""
        self.turn_channel(channel, at, step=Step.AT_AMAZON, problem=None, problem_since=None)
        self.reached.setdefault(Milestone.CONFIRMED, at - timedelta(seconds=50))

    def attempt_failed(self, channel: Channel, at: datetime, reason: Reason) -> None:
        """The customer came back from Amazon without consent, or not at all."""
        self.turn_channel(channel, at, step=Step.OPENED, problem=reason, problem_since=at)
        self.note(at, CUSTOMER, "attempt_failed", channel=channel, reason=reason)

    def connected(self, channel: Channel, at: datetime) -> None:
        """The customer consented for the first time; the streams come into being."""
        login = self.shape.login if channel is Channel.AAA else None
        consented_at = at
        if login is not None:
            login.consented_at = min(login.consented_at or at, at)
            consented_at = login.consented_at
        self.turn_channel(channel, at, step=Step.AT_AMAZON, consented_at=consented_at, problem=None)
        self.turn_sync(at, connected_at=at)
        self.connected_at[channel] = at
        self.merchant_id = self.shape.merchant_id
        self.reached.setdefault(Milestone.CONFIRMED, at - timedelta(seconds=180))
        if channel is Channel.AAA:
            self.reached[Milestone.AAA] = at - timedelta(seconds=40)
            self.reached[Milestone.CHOSEN] = at
        else:
            self.reached[Milestone.SP_API] = at
        self.lanes += [Lane(channel, country, at) for country in self.shape.countries]
        self.note(at, CUSTOMER, "connected", channel=channel)

    def first_synced(self, channels: Iterable[Channel], begin: datetime, end: datetime) -> None:
        """Streams of these channels got their first data, the last of them at ``end``."""
        lanes = [lane for channel in channels for lane in self.of(channel)]
        if all(each in self.connected_at for each in self.channels):
            self.reached[Milestone.SYNCING] = begin + timedelta(minutes=2)
        for place, lane in enumerate(lanes):
            share = 1.0 if place == len(lanes) - 1 else self.between(0.25, 0.95)
            finished = (begin + (end - begin) * share).replace(microsecond=0)
            lane.first = (begin + timedelta(minutes=2 + place % 7), finished)
            lane.open(finished)

    def setup_completed(self, at: datetime) -> None:
        """Every required stream has had its data once: the promise is kept."""
        self.turn_sync(at, first_synced_at=at)
        self.reached[Milestone.LIVE] = at
        self.note(at, SYSTEM, "setup_completed")

    def troubled(
        self, channel: Channel, at: datetime, reason: Reason, *,
        incident: bool = False, every: timedelta | None = None,
    ) -> None:  # fmt: skip
        """A check found something wrong with a channel, and its syncing stops."""
        self.turn_channel(channel, at, problem=reason, problem_since=at, incident=incident)
        for lane in self.of(channel):
            lane.close(at, reason, every)
        self.note(at, SYSTEM, "problem_found", channel=channel, reason=reason)

    def refused(self, channel: Channel, at: datetime, reason: Reason) -> None:
        """Amazon refused the channel's consent, twice."""
        self.troubled(channel, at, reason)
        self.turn_channel(channel, at, refused_at=at)

    def mended(self, channel: Channel, at: datetime) -> None:
        """The problem has gone, and syncing goes on."""
        reason = self.known(channel).problem
        self.turn_channel(
            channel, at, problem=None, problem_since=None, incident=False, refused_at=None
        )
        for lane in self.of(channel):
            lane.open(at)
        self.note(at, SYSTEM, "problem_solved", channel=channel, reason=reason)

    def relaunched(self, channel: Channel, at: datetime) -> None:
        """One of us made a link for connecting the channel again."""
        who = self.helper()
        self.relinks.append(Relink(channel, at, who))
        self.note(at, who, "relaunched", channels=[channel])

    def relink_opened(self, at: datetime) -> None:
        """The customer opened the link to reconnect."""
        self.relinks[-1].opened = at
        self.note(at, CUSTOMER, "link_opened")

    def reconnected(self, channel: Channel, at: datetime) -> None:
        """The customer consented again."""
        self.turn_channel(channel, at, consented_at=at, expires_at=None, refused_at=None)
        self.note(at, CUSTOMER, "reconnected", channel=channel)
        if self.relinks and self.relinks[-1].opened and self.relinks[-1].done is None:
            self.relinks[-1].done = at
        if self.known(channel).problem is not None:
            self.mended(channel, at)

    def warned(self, channel: Channel, at: datetime, reason: Reason) -> None:
        """Something worth knowing was found; nothing stops."""
        self.turn_channel(channel, at, warning=reason)
        self.note(at, SYSTEM, "warning_found", channel=channel, reason=reason)

    def slowed(self, at: datetime, reason: Reason | None) -> None:
        """Data stops coming for a reason that is in no check: Amazon's brake, or our backlog."""
        throttled = reason is Reason.THROTTLED
        for lane in self.lanes:
            lane.close(at, reason, timedelta(hours=5) if reason else None)
            lane.throttled = throttled
        self.turn_sync(at, throttled=throttled)

    def resumed(self, at: datetime) -> None:
        """Data comes again."""
        for lane in self.lanes:
            lane.open(at)
            lane.throttled, lane.state, lane.progressed_at, lane.failure = False, "idle", None, None
        self.turn_sync(at, throttled=False, working=False, progressed_at=None, failing=None)

    def stalled(self, at: datetime) -> None:
        """A sync of one stream gave its last sign of life."""
        lane = self.rng.choice(self.lanes)
        lane.close(at, None, None)
        lane.state, lane.progressed_at = "running", at
        self.turn_sync(at, working=True, progressed_at=at)

    def failing(self, at: datetime, reason: Reason) -> None:
        """A sync of one stream failed for good."""
        lane = self.rng.choice(self.lanes)
        lane.close(at, reason, timedelta(hours=6))
        lane.state, lane.failure = "failed", reason
        self.turn_sync(at, failing=reason)

    def ended(self, at: datetime) -> None:
        """Nothing is synced any more, and nothing is wrong with that."""
        for lane in self.lanes:
            lane.close(at, None, None)
