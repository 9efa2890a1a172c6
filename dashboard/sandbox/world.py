"""All that the stand-in Amazon keeps, in memory only: a restart forgets it, but not the tokens."""

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import HTTPConnection

from dashboard.sandbox.behaviours import Behaviour
from dashboard.sandbox.cast import Business, Member, find, stranger, twin
from dashboard.sandbox.tokens import ADS, SELLING, Client, Grant

EVERYTHING: Final = "everything"

CODE_SECONDS: Final = 300
"""How long an authorization code lives (Ads API, "Retrieve access and refresh tokens")."""

AWAY_SECONDS: Final = 3600
"""How long somebody may be at the app before they go on here: Amazon does not document it."""

CONSENT_SECONDS: Final = 365 * 86400
"""How long an SP-API consent lasts (SP-API, "Renew authorizations")."""

MOST_BUCKETS: Final = 100_000
"""How many rate limits are kept: a fleet of any size may call, and memory stays bounded."""

SLOW_SECONDS: Final = 3.0
RETRY_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Setting:
    """A behaviour that was chosen: since when, and for some of them how many seconds."""

    behaviour: Behaviour
    since: float
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code that was handed out, and what it is bound to."""

    grant: Grant
    redirect_uri: str
    challenge: str
    method: str
    until: float


@dataclass(slots=True)
class Bucket:
    """A token bucket: ``rate`` calls a second, ``burst`` of them saved up."""

    left: float
    at: float


@dataclass(slots=True, repr=False)
class World:
    """The clients that are registered, and everything that has happened since the start."""

    aaa: Client
    sp_api: Client
    application_id: str
    redirect_uris: Sequence[str]
    draft: bool
    clock: Callable[[], datetime]
    login_uri: str = ""
    ahead: timedelta = timedelta()
    settings: dict[str, Setting] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    away: dict[str, tuple[Grant, float]] = field(default_factory=dict)
    revoked: dict[tuple[str, str], float] = field(default_factory=dict)
    buckets: dict[tuple[str, ...], Bucket] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    last: float = 0

    def now(self) -> datetime:
        """The stand-in's present moment: aware UTC, moved forward by the control API."""
        return self.clock().astimezone(UTC) + self.ahead

    def moment(self) -> float:
        """The present in seconds since 1970, later than any moment it gave before."""
        self.last = max(self.now().timestamp(), self.last + 1e-5)
        return self.last

    def reset(self) -> None:
        """Forget behaviours, revocations, open codes and rate limits, and set the clock right.

        Good tokens stay good.
        """
        for kept in (self.settings, self.codes, self.away, self.revoked, self.buckets):
            kept.clear()
        self.ahead = timedelta()
        self.last = 0

    def client(self, channel: str) -> Client:
        """The Login with Amazon client of a channel."""
        return {ADS: self.aaa, SELLING: self.sp_api}[channel]

    def on(self, member: str = "") -> frozenset[Behaviour]:
        """What is put on this login together with what is put on everybody."""
        return frozenset(each.behaviour for each in self._settings(member))

    def seconds(self, member: str, behaviour: Behaviour, usual: float) -> float:
        """How many seconds a behaviour takes or asks for: as it was set, or as usual."""
        chosen = [each.seconds for each in self._settings(member) if each.behaviour is behaviour]
        return next((each for each in chosen if each is not None), usual)

    def _settings(self, member: str) -> list[Setting]:
        found = (self.settings.get(member), self.settings.get(EVERYTHING))
        return [each for each in found if each is not None]

    def owner(self, member: Member) -> Member:
        """Whose businesses a login opens: its own, or its twin's while it is put there."""
        return twin(member) if Behaviour.ALREADY_CONNECTED in self.on(member.id) else member

    def arriving(self, member: Member) -> Member:
        """Who it really is that consents, when this member set out to."""
        return stranger(member) if Behaviour.WRONG_LOGIN in self.on(member.id) else member

    def business(self, grant: Grant) -> Business:
        """The business that an SP-API consent is for, while the consent is not dead."""
        owner = find(grant.owner)
        assert owner is not None, "the consent is dead"  # noqa: S101
        return owner.businesses[grant.business]

    def handed_out(
        self, grant: Grant, redirect_uri: str, challenge: str = "", method: str = "plain"
    ) -> str:
        """A new authorization code for a consent, good for five minutes and once."""
        moment = self.moment()
        for old in [each for each, code in self.codes.items() if code.until < moment]:
            del self.codes[old]
        code = "AN" + secrets.token_urlsafe(24).replace("_", "x").replace("-", "y")
        self.codes[code] = Code(grant, redirect_uri, challenge, method, moment + CODE_SECONDS)
        return code

    def sent_over(self, grant: Grant) -> str:
        """The ``amazon_state`` of somebody who goes on at the app, and comes back with it."""
        moment = self.moment()
        for old in [each for each, (_, until) in self.away.items() if until < moment]:
            del self.away[old]
        state = secrets.token_urlsafe(24) + "=="
        self.away[state] = grant, moment + AWAY_SECONDS
        return state

    def taken_over(self, state: str) -> Grant | None:
        """What somebody who comes back with this state is about to consent to, once."""
        grant, until = self.away.pop(state, (None, 0.0))
        return grant if until >= self.moment() else None

    def is_dead(self, grant: Grant) -> bool:
        """Whether the customer has taken this consent back, or is no longer in the cast."""
        owner = find(grant.owner)
        if find(grant.member) is None or owner is None or grant.business >= len(owner.businesses):
            return True
        return grant.at <= self.revoked.get((grant.member, grant.channel), 0)

    def may_refresh(self, grant: Grant) -> bool:
        """Whether this consent still gives new access tokens."""
        if self.is_dead(grant) or Behaviour.REVOKES_LATER in self.on(grant.member):
            return False
        if grant.channel == ADS:
            return True
        lapsed = any(
            each.behaviour is Behaviour.LAPSED and grant.at <= each.since
            for each in self._settings(grant.member)
        )
        return not lapsed and self.moment() < grant.at + CONSENT_SECONDS

    def allowed(self, key: tuple[str, ...], rate: float, burst: int) -> bool:
        """Take one call from a token bucket; ``False`` when it is empty (SP-API, "Usage plans")."""
        moment = self.moment()
        if len(self.buckets) > MOST_BUCKETS:
            self.buckets.clear()
        bucket = self.buckets.setdefault(key, Bucket(burst, moment))
        bucket.left = min(burst, bucket.left + (moment - bucket.at) * rate)
        bucket.at = moment
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True


def world_of(connection: HTTPConnection) -> World:
    """The world of the server that got this request."""
    found: World = connection.app.state.world
    return found
