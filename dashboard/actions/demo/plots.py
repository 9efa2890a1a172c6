"""How accounts came to be as they are: one telling for each kind of state and trouble."""

from datetime import datetime, timedelta
from typing import Final

from dashboard.actions.demo import past
from dashboard.actions.demo.life import Life
from dashboard.diagnosis import Channel, Reason

AAA, SP_API = Channel.AAA, Channel.SP_API
_HOUR: Final = timedelta(hours=1)


def healthy(life: Life) -> None:
    """All is well, and has been for days."""
    past.settled(life, life.now)


def recovered(life: Life) -> None:
    """Was in trouble until some hours ago."""
    back = life.ago(hours=life.between(2, 20))
    began = back - timedelta(hours=int(life.between(20, 60)))
    past.settled(life, began)
    channel = SP_API if SP_API in life.channels else AAA
    life.troubled(channel, began, Reason.ROLE_ADDED if channel is SP_API else Reason.VIEW_ONLY)
    past.noted(life, began + 4 * _HOUR)
    life.mended(channel, back)
    life.age = timedelta(minutes=int(life.between(20, 55)))


def warned(life: Life, channel: Channel, reason: Reason) -> None:
    """Works, with something worth knowing beside it."""
    at = life.ago(days=life.between(0.2, 9))
    past.settled(life, at)
    life.warned(channel, at, reason)


def paused(life: Life) -> None:
    """One of us paused it, because the customer asked."""
    at = life.ago(days=life.between(2, 25))
    past.settled(life, at)
    life.turn(at, paused_at=at)
    life.ended(at)
    life.note(at, life.helper(), "paused", text="Inventory ran out; back next quarter.")


def disconnected(life: Life) -> None:
    """The customer left."""
    at = life.ago(days=life.between(4, 70))
    past.settled(life, at)
    life.turn(at, disconnected_at=at)
    life.ended(at)
    life.note(at, life.helper(), "disconnected", text="Contract ended.")


def telemetry_stale(life: Life) -> None:
    """We have not heard of it for days."""
    at = life.ago(hours=life.between(98, 160))
    past.settled(life, at)
    life.ended(at)
    life.turn(at)
    life.observed_at = at


def telemetry_contradictory(life: Life) -> None:
    """The newest report of it says that it was written tomorrow."""
    at = life.ago(hours=26)
    past.settled(life, at)
    life.observed_at = life.now + 30 * _HOUR
    life.turn(at, observed_at=life.observed_at)


def amazon_outage(life: Life) -> None:
    """Part of the incident that is open now."""
    at = life.ago(hours=3, minutes=life.between(0, 25))
    past.settled(life, at)
    life.troubled(life.channels[-1], at, Reason.AMAZON_OUTAGE, incident=True, every=_HOUR)


def late(life: Life, reason: Reason | None, hours: tuple[float, float]) -> None:
    """The data is too old: Amazon slows us down, or our own queue is long."""
    life.age = timedelta(minutes=int(life.between(*hours) * 60))
    at = life.ago() - life.age + timedelta(minutes=45)
    past.settled(life, at)
    life.slowed(at, reason)


def troubled(life: Life, channel: Channel, reason: Reason, days: tuple[float, float]) -> None:
    """A channel that used to work has a problem."""
    at = life.ago(days=life.between(*days))
    past.settled(life, at)
    if reason is Reason.CONSENT_REVOKED:
        life.refused(channel, at, reason)
    else:
        life.troubled(channel, at, reason)
    if life.now - at > timedelta(days=1):
        life.relaunched(channel, at + 3 * _HOUR)
        past.noted(life, at + 20 * _HOUR)


def login_refused(life: Life) -> None:
    """The agency's one login was refused: all its accounts stop at once."""
    at = life.ago(hours=5, minutes=12)
    past.settled(life, at)
    life.refused(AAA, at, Reason.CONSENT_REVOKED)
    if life.shape.login is not None:
        life.shape.login.refused_at = at


def lapsed(life: Life) -> None:
    """The yearly SP-API consent was not given again."""
    given = _consented_ago(life, 365 + life.between(1, 9))
    end = given + timedelta(days=365)
    past.noted(life, end - timedelta(days=8))
    life.refused(SP_API, end, Reason.CONSENT_LAPSED)


def expiring(life: Life) -> None:
    """The yearly SP-API consent ends within thirty days."""
    _consented_ago(life, 365 - life.between(2, 28.5))


def found_new(life: Life, channel: Channel, reason: Reason) -> None:
    """A customer who just came aboard; the first check of a channel found a problem."""
    connected = past.consented(life, life.ago(days=life.between(3.5, 11)))
    others = [each for each in life.channels if each is not channel]
    life.troubled(channel, connected + timedelta(minutes=4), reason)
    life.first_synced(others, connected, connected + int(life.between(4, 20)) * _HOUR)
    life.note(connected + 6 * _HOUR, life.helper(), "noted", text="Explained what is missing.")


def not_connected(life: Life, reason: Reason) -> None:
    """A customer who has not come all the way, and where it ended."""
    if reason is Reason.NOT_INVITED:
        life.created(life.ago(days=life.between(0.5, 5)))
        return
    if reason is Reason.LINK_SENT:
        born = life.ago(days=_lately_or_not(life, 1, 9))
        life.created(born)
        life.invited(born + timedelta(minutes=25))
        return
    now = reason is Reason.AT_AMAZON
    days = life.between(1.6, 8) if now else _lately_or_not(life, 1.6, 8)
    at = past.opened(life, life.ago(days=days))
    channel = AAA
    if len(life.channels) > 1 and reason in (Reason.AUTHORIZATION_CAP, Reason.CODE_EXPIRED):
        life.connected(AAA, at + timedelta(minutes=9))
        life.first_synced([AAA], at + timedelta(minutes=9), at + 7 * _HOUR)
        channel = SP_API
    if reason is Reason.AT_AMAZON:
        life.went_to_amazon(channel, life.ago(minutes=4))
    elif reason is not Reason.LINK_OPENED:
        life.went_to_amazon(channel, at + timedelta(minutes=11))
        life.attempt_failed(channel, at + timedelta(minutes=26), reason)


def _lately_or_not(life: Life, low: float, high: float) -> float:
    """Half of those who never came all the way have been waited for a long time."""
    return life.between(low, high) if life.rng.random() < 0.5 else life.between(high, 112)


def first_sync(life: Life, hours: tuple[float, float]) -> None:
    """Entered so many hours ago, and part of its first sync is still in flight."""
    connected = past.consented(life, life.ago(hours=life.between(*hours)), swift=True)
    done = connected + (life.now - connected) * 0.8
    life.first_synced(life.channels, connected, done)
    waiting = life.lanes[-max(1, len(life.lanes) // 3) :]
    # About where the forecast will see it that the workers make of the company's own past.
    risky_from = connected + 27 * _HOUR
    for lane in waiting:
        lane.first = None
        lane.spans.clear()
        lane.risky_from = risky_from
    life.turn_sync(connected, risky_from=risky_from)


def data_not_ready(life: Life) -> None:
    """In its first sync; Amazon has not made its reports yet."""
    first_sync(life, (5, 12))
    life.warned(life.channels[-1], life.ago(minutes=20), Reason.DATA_NOT_READY)


def stalled(life: Life, hours: tuple[float, float]) -> None:
    """A sync hangs."""
    at = life.ago(hours=life.between(*hours))
    past.settled(life, at)
    life.stalled(at)


def failing(life: Life, reason: Reason) -> None:
    """A sync fails for good."""
    at = life.ago(hours=life.between(26, 80))
    past.settled(life, at)
    life.failing(at, reason)


def _consented_ago(life: Life, days: float) -> datetime:
    """Tell of an SP-API consent given about so long ago and never since; gives back when."""
    past.came_aboard(life, life.ago(days=days))
    given = life.known(SP_API).consented_at
    return given or life.now
