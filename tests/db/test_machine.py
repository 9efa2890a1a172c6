"""Accounts through whatever may happen to them, beside a model that is simple enough to believe.

The machine acts through the product's own actions on a real database. The model keeps what it was
told in plain values and says from these, by rules of its own, what must be stored.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pydantic import SecretStr

from dashboard import clock
from dashboard.actions import assess, checking, claims, requests, syncing, tallies
from dashboard.actions.claims import Claim
from dashboard.actions.connecting import swap
from dashboard.actions.connecting.swap import Given
from dashboard.actions.sweep import sweep
from dashboard.amazon.lwa import Tokens
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event, SyncRun
from dashboard.db.models import Account, Grant, Stream
from dashboard.db.requests import Kind
from dashboard.db.syncing import Incident
from dashboard.diagnosis import PERMISSION, RECONNECT, Channel, Reason
from dashboard.errors import (
    AmazonDown,
    AmazonError,
    ClientRefused,
    GrantRefused,
    LeaseLost,
    Throttled,
)
from dashboard.marketplaces import Region
from dashboard.roles import Role, Staff
from dashboard.signals import Finding, Reach
from dashboard.sync import settling
from dashboard.sync.looking import Seen
from tests import factories
from tests.factories import MISSING, NEVER, Wire
from tests.passing import passes
from tests.right import statuses_are_true

ANA = Staff(id=None, email="ana@northwind.example", name="Ana", role=Role.SUPPORT)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

STEP = 7 * MINUTE
"""Time passes in steps of which no promise is a multiple: nothing is due on the very second."""

CHANNELS = st.sampled_from(Channel)


@dataclass
class Line:
    """What the model knows of a channel. Moments are those of a clock that nobody sets."""

    consented: datetime | None = None
    connected: datetime | None = None
    doubted: datetime | None = None
    refused: datetime | None = None
    problem: Reason | None = None
    warning: Reason | None = None
    doubt: tuple[Reason, datetime, int] | None = None
    open_incident: bool = False
    # Of its one stream:
    added: datetime | None = None
    state: str = "idle"
    progressed: datetime | None = None
    success: datetime | None = None
    failure: Reason | None = None
    throttled: bool = False
    held: Claim | None = None
    leased: datetime | None = None


@dataclass
class Known:
    """What the model knows of the account."""

    wires: dict[Channel, Line]
    observed: datetime | None = None
    set_up: bool = False
    paused: bool = False
    gone: bool = False
    events: list[str] = field(default_factory=list)

    def headline(self, now: datetime) -> str:
        """What must be stored, by the table of the design."""
        if self.gone or self.paused:
            return "Disconnected" if self.gone else "Paused"
        return self._outside(now) or self._connection(now) or self._syncing(now)

    def _outside(self, now: datetime) -> str:
        wires = list(self.wires.values())
        connected = [each for each in wires if each.consented]
        if connected and (self.observed is None or now - self.observed >= 72 * HOUR):
            return "Unknown"
        if any(each.problem is Reason.AMAZON_OUTAGE for each in wires) and not any(
            self.dead(each, now) for each in wires
        ):
            return "Amazon incident"
        ours = {Reason.OUR_SECRET_REFUSED, Reason.OUR_FAULT}
        if any(each.problem in ours for each in wires) or self.failing() in ours:
            return "Our fix"
        return ""

    def _connection(self, now: datetime) -> str:
        wires = list(self.wires.values())
        if not all(each.consented for each in wires):
            return "Not connected"
        if any(self.dead(each, now) or each.problem in RECONNECT for each in wires):
            return "Needs reconnect"
        if any(each.problem in PERMISSION for each in wires):
            return "Needs permission"
        return ""

    def _syncing(self, now: datetime) -> str:
        wires = list(self.wires.values())
        working = [each.progressed for each in wires if each.state in {"queued", "running"}]
        if self.failing() or (working and now - max(filter(None, working)) >= 2 * HOUR):
            return "Stuck"
        successes = [each.success for each in wires if each.success]
        if not self.set_up:
            waiting = min(each.added for each in wires if not each.success)  # type: ignore[type-var]
            start = max(waiting, *(each.connected for each in wires))  # type: ignore[type-var]
            return "Late" if now - start >= 48 * HOUR else "First sync"
        if len(successes) == 2 and now - min(successes) >= 24 * HOUR:
            return "Late"
        lapses = self.wires[Channel.SP_API].consented + 365 * DAY  # type: ignore[operator]
        return "Expiring" if now >= lapses - 30 * DAY else "Healthy"

    def failing(self) -> Reason | None:
        """Why syncs fail for good: of several reasons the last by name, as the database has it."""
        return max((each.failure for each in self.wires.values() if each.state == "failed"),
                   default=None, key=lambda each: each or "")  # fmt: skip

    def dead(self, wire: Line, now: datetime) -> bool:
        """Whether a consent is known to be dead."""
        lapsed = wire is self.wires[Channel.SP_API] and wire.consented is not None
        return wire.refused is not None or (lapsed and now - wire.consented >= 365 * DAY)  # type: ignore[operator]

    def usable(self, channel: Channel) -> bool:
        """Whether the stream of a channel can be synced."""
        wire = self.wires[channel]
        return not (self.paused or self.gone or wire.refused) and wire.consented is not None


class Life(RuleBasedStateMachine):
    """An account, whatever happens to it."""

    def __init__(self) -> None:
        super().__init__()
        self.elapsed = timedelta()
        self.lost: list[Claim] = []

    @property
    def now(self) -> datetime:
        """The present by a clock that nobody sets."""
        return clock.now() + self.elapsed

    @initialize(
        connected=st.sampled_from([True, True, True, True, False]),
        first=st.booleans(),
        days=st.sampled_from([100, 100, 340, 364]),
    )
    def born(self, connected: bool, first: bool, days: int) -> None:  # noqa: FBT001
        with transaction() as session:
            # Those of earlier lives are not at rest, but nobody works on them any more.
            session.execute(sa.update(Stream).values(due_at=None, asked_at=None))
            session.execute(sa.update(Incident).values(closed_at=clock.now()))
            consent = Wire(consent_age=days * DAY) if connected else MISSING
            known = {"aaa": consent, "sp_api": consent}
            known |= {"sync": NEVER} if first else {}
            owner = factories.organization(session)
            self.id = factories.account(session, owner, **known)  # type: ignore[arg-type]
            session.execute(sa.update(Grant).values(refresh_token="sealed", version=1))  # noqa: S106
            session.execute(
                sa.update(Stream).where(Stream.account_id == self.id).values(due_at=clock.now())
            )
        self.known = Known({each: Line() for each in Channel})
        if connected:
            self.known.observed = self.now - 5 * MINUTE
            self.known.set_up = not first
            for wire in self.known.wires.values():
                wire.consented = wire.connected = self.now - days * DAY
                wire.added = self.now - 200 * DAY
                wire.success = None if first else self.now - HOUR

    # What customers do.

    @rule(channel=CHANNELS)
    def connects(self, channel: Channel) -> None:
        now, wire = clock.now(), self.known.wires[channel]
        secrets = SecretStr(f"Atza|{self.id}"), SecretStr(f"Atzr|{self.id}")
        selling = channel is Channel.SP_API
        given = Given(
            channel, Tokens(*secrets, now + HOUR), f"A{self.id}",
            Region.EU if selling else None, None if selling else Reach([]),
        )  # fmt: skip
        with transaction() as session:
            swap.replace(session, session.get_one(Account, self.id), given, now)
        self.known.events.append("reconnected" if wire.consented else "connected")
        wire.connected = wire.connected or self.now
        wire.added = wire.added or self.now
        wire.consented, wire.refused, wire.doubted = self.now, None, None
        wire.problem = wire.warning = wire.doubt = None
        if wire.state == "failed":
            wire.state, wire.failure = "idle", None
        self.known.observed, self.known.gone = self.now, False

    @rule(really=st.sampled_from([False] * 9 + [True]))
    def leaves(self, really: bool) -> None:  # noqa: FBT001
        if not really:
            return
        now = clock.now()
        with (
            transaction() as session,
            tallies.tallied(session) as deltas,
            assess.changing(session, deltas, [self.id], now),
        ):
            session.get_one(Account, self.id).disconnected_at = now
        self.known.gone = True

    # What staff do.

    @rule(kind=st.sampled_from(Kind))
    def is_asked_for(self, kind: Kind) -> None:
        requests.ask(ANA, kind, [self.id])
        wires, known = self.known.wires, self.known
        if kind is Kind.PAUSE and not (known.gone or known.paused):
            known.paused = True
            known.events.append("paused")
            for each in wires.values():
                if each.state == "queued" and self._is_free(each):
                    each.state = "idle"
        elif kind is Kind.RESUME and known.paused and not known.gone:
            known.paused = False
            known.events.append("resumed")
            self._is_queued()
        elif kind is Kind.SYNC and self._is_queued():
            known.events.append("sync_asked")
        elif kind is Kind.CHECK and not (known.gone or known.paused):
            known.events += ["check_asked"] * any(each.consented for each in wires.values())

    def _is_free(self, wire: Line) -> bool:
        return wire.leased is None or wire.leased <= self.now

    def _is_queued(self) -> bool:
        chosen = [
            wire for channel, wire in self.known.wires.items()
            if self.known.usable(channel) and self._is_free(wire)
        ]  # fmt: skip
        for each in chosen:
            each.state, each.progressed, each.failure = "queued", self.now, None
        return bool(chosen)

    # What workers do.

    @rule()
    def workers_take_what_is_due(self) -> None:
        with reading() as session:
            channels = {
                each.id: Channel(each.channel)
                for each in session.scalars(sa.select(Stream).where(Stream.account_id == self.id))
            }
        for ticket in claims.find_due(50):
            channel = channels[ticket.stream_id]
            wire = self.known.wires[channel]
            assert self._is_free(wire), "somebody holds it"
            claimed = claims.claim(ticket.stream_id, ticket.lease)
            assert claims.claim(ticket.stream_id, ticket.lease) is None, "a ticket is good once"
            assert (claimed is not None) is self.known.usable(channel)
            if wire.held is not None:
                self.lost.append(wire.held)
            wire.held, failed = claimed, wire.state == "failed"
            if claimed is None:
                wire.state, wire.leased = "failed" if failed else "idle", None
                continue
            wire.state, wire.progressed = "failed" if failed else "running", self.now
            wire.leased = self.now + claims.LEASE

    @rule(channel=CHANNELS, ends=st.sampled_from(["well", "throttled", "in vain", "for good"]))
    def a_sync_is_made(self, channel: Channel, ends: str) -> None:
        self.is_asked_for(Kind.SYNC)
        self.workers_take_what_is_due()
        if ends == "well":
            self.a_sync_succeeds(channel)
        else:
            good = Reason.SYNC_FAILING if ends == "for good" else None
            self.a_sync_fails(channel, good, throttled=ends == "throttled")

    @rule(channel=CHANNELS)
    def a_page_arrives(self, channel: Channel) -> None:
        wire = self.known.wires[channel]
        if wire.held is not None:
            with transaction() as session:
                syncing.progress(session, wire.held, 10)
            wire.progressed, wire.leased = self.now, self.now + claims.LEASE

    @rule(channel=CHANNELS)
    def a_sync_succeeds(self, channel: Channel) -> None:
        wire = self.known.wires[channel]
        if wire.held is None:
            return
        syncing.succeed(wire.held)
        self.known.observed = wire.success = wire.progressed = self.now
        wire.state, wire.failure, wire.throttled = "idle", None, False
        wire.held = wire.leased = None
        done = [each.consented and each.success for each in self.known.wires.values()]
        if all(done) and not self.known.set_up:
            self.known.set_up = True
            self.known.events.append("setup_completed")

    @rule(
        channel=CHANNELS,
        given_up=st.sampled_from([None, None, Reason.OUR_FAULT, Reason.SYNC_FAILING]),
        throttled=st.booleans(),
    )
    def a_sync_fails(self, channel: Channel, given_up: Reason | None, throttled: bool) -> None:  # noqa: FBT001
        wire = self.known.wires[channel]
        if wire.held is None:
            return
        soon = clock.now() + 30 * MINUTE
        syncing.fail(wire.held, soon, None, given_up=given_up, throttled=throttled)
        wire.state = "failed" if given_up or wire.state == "failed" else "idle"
        wire.failure, wire.throttled = given_up or wire.failure, throttled
        wire.held = wire.leased = None

    @rule(channel=CHANNELS)
    def a_worker_stops(self, channel: Channel) -> None:
        wire = self.known.wires[channel]
        if wire.held is None:
            return
        syncing.give_back(wire.held)
        wire.state = "failed" if wire.state == "failed" else "queued"
        wire.held = wire.leased = None

    @precondition(lambda self: self.lost)
    @rule()
    def one_comes_back_that_was_thought_dead(self) -> None:
        late = self.lost.pop()
        with pytest.raises(LeaseLost):
            syncing.succeed(late)
        with pytest.raises(LeaseLost):
            syncing.fail(late, clock.now(), Reason.OUR_FAULT, given_up=Reason.OUR_FAULT)
        syncing.give_back(late)

    # What checks find.

    def _check(self, channel: Channel, seen: Finding | AmazonError) -> bool:
        """Make a check that finds this; whether there was anything to be checked."""
        with reading() as session:
            grant_id = factories.grant_of(session, self.id, channel)
        task = checking.claim(grant_id) if grant_id is not None else None
        if task is None:
            return False
        assert checking.claim(task.grant_id) is None, "it is made once"
        if not task.subjects:
            checking.give_back(task, clock.now() + HOUR)
            return False
        wholly = isinstance(seen, AmazonError)
        told = Seen(error=seen) if wholly else Seen(found={self.id: seen})  # type: ignore[dict-item, arg-type]
        result = settling.settle(task, told, clock.now(), 0.5, 6 * HOUR)
        assert checking.store(task, result)
        return True

    def _fails(self, channel: Channel, error: AmazonError) -> bool:
        """Make a check that fails; whether it matters: a dead consent is dead all the same."""
        return self._check(channel, error) and self.known.wires[channel].refused is None

    def _stands(self, wire: Line, problem: Reason | None, warning: Reason | None) -> None:
        """A check has shown how a channel stands; history tells what is new."""
        if wire.problem is not None and problem is None:
            self.known.events.append("problem_solved")
        if problem is not None and problem is not wire.problem:
            self.known.events.append("problem_found")
        if warning is not None and warning is not wire.warning:
            self.known.events.append("warning_found")
        wire.problem, wire.warning, self.known.observed = problem, warning, self.now

    @rule(channel=CHANNELS)
    def all_is_found_well(self, channel: Channel) -> None:
        wire = self.known.wires[channel]
        if self._check(channel, Finding()):
            self._stands(wire, None, None)
            wire.doubt = wire.doubted = wire.refused = None

    @rule(
        channel=CHANNELS,
        reason=st.sampled_from([Reason.VIEW_ONLY, Reason.MERCHANT_MISMATCH]),
        times=st.sampled_from([1, 2]),
    )
    def something_is_found_lacking(self, channel: Channel, reason: Reason, times: int) -> None:
        for _ in range(times):
            self._is_lacking(channel, reason)
            self.time_passes(1)

    def _is_lacking(self, channel: Channel, reason: Reason) -> None:
        wire = self.known.wires[channel]
        if not self._check(channel, Finding(reason)):
            return
        wire.doubted = wire.refused = None
        known, since, times = wire.doubt or (reason, self.now, 0)
        since, times = (since, times + 1) if known is reason else (self.now, 1)
        lacks_already = wire.problem in RECONNECT | PERMISSION
        if lacks_already or (times >= 2 and self.now - since >= 4 * MINUTE):
            self._stands(wire, reason, wire.warning)
            wire.doubt = None
            return
        ours = wire.problem is Reason.OUR_SECRET_REFUSED
        self._stands(wire, *((None, None) if ours else (wire.problem, wire.warning)))
        wire.doubt = reason, since, times

    @rule(channel=CHANNELS, times=st.sampled_from([1, 2]))
    def the_consent_is_refused(self, channel: Channel, times: int) -> None:
        for _ in range(times):
            self._is_refused(channel)
            self.time_passes(1)

    def _is_refused(self, channel: Channel) -> None:
        wire = self.known.wires[channel]
        if not self._check(channel, GrantRefused("no")) or wire.open_incident:
            return
        if wire.doubted is None:
            wire.doubted = self.now
        elif self.now - wire.doubted >= 4 * MINUTE:
            assert wire.consented is not None
            lapsed = channel is Channel.SP_API and self.now - wire.consented >= 365 * DAY
            reason = Reason.CONSENT_LAPSED if lapsed else Reason.CONSENT_REVOKED
            self._stands(wire, reason, wire.warning)
            wire.doubt, wire.refused = None, wire.refused or self.now

    @rule(channel=CHANNELS)
    def amazon_is_down(self, channel: Channel) -> None:
        wire = self.known.wires[channel]
        checked = self._fails(channel, AmazonDown("no", status=503))
        if checked and wire.open_incident and wire.problem not in RECONNECT | PERMISSION:
            self._stands(wire, Reason.AMAZON_OUTAGE, wire.warning)
            wire.doubt = None

    @rule(channel=CHANNELS)
    def amazon_throttles(self, channel: Channel) -> None:
        wire = self.known.wires[channel]
        if self._fails(channel, Throttled("no")):
            self._stands(wire, wire.problem, Reason.THROTTLED)

    @rule(channel=CHANNELS)
    def our_secret_is_refused(self, channel: Channel) -> None:
        wire = self.known.wires[channel]
        if self._fails(channel, ClientRefused("no", code="invalid_client")):
            self._stands(wire, Reason.OUR_SECRET_REFUSED, wire.warning)
            wire.doubt = None

    @rule(channel=CHANNELS)
    def an_incident_opens_or_closes(self, channel: Channel) -> None:
        wire = self.known.wires[channel]
        wire.open_incident = not wire.open_incident
        with transaction() as session:
            mine = (Incident.channel == channel.value, Incident.closed_at.is_(None))
            session.execute(sa.update(Incident).where(*mine).values(closed_at=clock.now()))
            if wire.open_incident:
                session.add(
                    Incident(
                        channel=channel.value, region="EU", outcome="AmazonDown", ours=False,
                        opened_at=clock.now(), customers=9, share=0.5,
                    )
                )  # fmt: skip

    # What time does.

    @rule(steps=st.sampled_from([1, 2, 10, 18, 60, 180, 200, 250, 420, 700, 8000, 70_000]))
    def some_time_passes(self, steps: int) -> None:
        self.time_passes(steps)

    def time_passes(self, steps: int) -> None:
        passes(steps * STEP)
        self.elapsed += steps * STEP
        sweep()

    @invariant()
    def what_is_stored_is_what_the_model_says(self) -> None:
        if not hasattr(self, "known"):
            return
        with reading() as session:
            account = session.get_one(Account, self.id)
            assert account.headline == self.known.headline(self.now)
            told = session.scalars(
                sa.select(Event.kind).where(Event.account_id == self.id).order_by(Event.id)
            ).all()
            assert told == self.known.events
            for each in session.scalars(sa.select(Stream).where(Stream.account_id == self.id)):
                wire = self.known.wires[Channel(each.channel)]
                assert (each.state, each.failure) == (wire.state, wire.failure)
                assert each.throttled is wire.throttled
                assert (each.last_success_at is None) is (wire.success is None)
                runs = session.scalars(
                    sa.select(SyncRun.outcome).where(SyncRun.stream_id == each.id)
                ).all()
                assert runs.count("running") <= 1
                assert wire.held is None or runs.count("running") == 1
        statuses_are_true([self.id])


def test_an_account_is_what_a_simple_model_says_whatever_happens(database: str) -> None:
    chosen = settings(
        max_examples=12, stateful_step_count=25, deadline=None, derandomize=True,
        suppress_health_check=[*HealthCheck], print_blob=True,
    )  # fmt: skip
    run_state_machine_as_test(Life, settings=chosen)
    statuses_are_true()
