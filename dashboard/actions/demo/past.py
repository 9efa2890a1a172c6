"""What most accounts have behind them: coming aboard, renewals, and troubles that passed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from dashboard.actions.demo.life import Life
from dashboard.diagnosis import Channel, Reason
from dashboard.marketplaces import Region

DAYS: Final = 120
"""How far back runs, and troubles, go."""

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)

INCIDENTS: Final = (
    (Region.EU, timedelta(days=81, hours=4), timedelta(hours=5)),
    (Region.NA, timedelta(days=47, hours=9), timedelta(hours=3)),
    (Region.FE, timedelta(days=19, hours=14), timedelta(hours=4)),
)
"""Amazon's past incidents: where, how long ago, how long they lasted."""

BACKLOG: Final = timedelta(days=58, hours=11)
"""How long ago our own queue was so long that every seventh account got late."""

_NOTES: Final = (
    "Called them; they will reconnect after lunch.",
    "The owner is on holiday until Monday. Asked the deputy to look at it.",
    "They changed their password last week and did not expect this.",
    "Sent the help article again, with the second step circled.",
    "Their agency has the login. Waiting for the agency's answer.",
    "Confirmed by phone: it was the intern. The intern is fine.",
    "Asked for a screenshot of the permissions page.",
)


def came_aboard(life: Life, born: datetime, hours: float | None = None) -> datetime:
    """Tell how an account was entered, invited, connected and first synced.

    Args:
        life: of an account nothing has been told of yet.
        born: when it was entered.
        hours: how long the first sync took; somewhere within the promise if not given.

    Returns:
        When its setup was complete.
    """
    connected = consented(life, born)
    took = hours or life.between(5, 40)
    done = (connected + took * _HOUR).replace(microsecond=0)
    life.first_synced(life.channels, connected, done)
    life.setup_completed(done)
    return done


def consented(life: Life, born: datetime, *, swift: bool = False) -> datetime:
    """Tell how an account was entered, invited and connected; gives back when.

    A ``swift`` customer is through within four hours.
    """
    at = opened(life, born, swift=swift)
    for channel in life.channels:
        at += timedelta(minutes=int(life.between(3, 14)))
        life.went_to_amazon(channel, at)
        if not swift and life.rng.random() < 0.08:
            at += timedelta(minutes=15)
            life.attempt_failed(channel, at, Reason.ABANDONED)
            at += timedelta(minutes=int(life.between(10, 300)))
            life.went_to_amazon(channel, at)
        at += timedelta(seconds=int(life.between(70, 400)))
        life.connected(channel, at)
    return at


def opened(life: Life, born: datetime, *, swift: bool = False) -> datetime:
    """Tell how an account was entered and invited, and how its link was opened."""
    life.created(born)
    invited = born + timedelta(minutes=int(life.between(4, 90)))
    life.invited(invited)
    at = invited + timedelta(minutes=int(life.between(20, 90 if swift else 1500)))
    life.link_opened(at)
    return at


def settled(life: Life, until: datetime) -> None:
    """Tell an ordinary past: aboard for long or since some weeks, and what troubles passed.

    Args:
        life: of an account nothing has been told of yet.
        until: the moment at which what is told next begins; well clear of it all is quiet.
    """
    room = (until - life.ago(days=DAYS)) / _DAY
    young = life.rng.random() < 0.45 and room > 20
    age = life.between(6, room - 4) if young else life.between(room + 10, room + 800)
    born = (until - age * _DAY).replace(microsecond=0)
    # Of some accounts the first sync broke the promise.
    late = life.rng.random() < 0.12
    done = came_aboard(life, born, life.between(49, 66) if late else None)
    quiet = until - 2 * _DAY
    plots = [(at, told) for at, told in _incidents(life, done) if at < quiet]
    plots += [(at, _renewed) for at in _renewals(life, until)]
    plots += _troubles(life, max(done + 2 * _DAY, life.ago(days=DAYS - 3)), quiet)
    at = done
    for moment, told in sorted(plots, key=lambda plot: plot[0]):
        if told is _renewed:
            told(life, max(moment, at + _HOUR))
        elif moment > at + _DAY:
            told(life, moment)
        # What would begin before the last trouble was over does not happen.
        at = max(at, life.steps[-1][0])


def _troubles(
    life: Life, start: datetime, end: datetime
) -> list[tuple[datetime, Callable[[Life, datetime], None]]]:
    """Up to two troubles that were over before ``end``."""
    number = life.rng.choices((0, 1, 2), (60, 30, 10))[0]
    latest = end - 9 * _DAY
    if latest <= start:
        return []
    kinds = life.rng.choices(list(TROUBLES), list(TROUBLES.values()), k=number)
    moments = [start + (latest - start) * life.rng.random() for _ in range(number)]
    return [(at.replace(microsecond=0), told) for at, told in zip(moments, kinds, strict=True)]


def _incidents(
    life: Life, done: datetime
) -> list[tuple[datetime, Callable[[Life, datetime], None]]]:
    """What went wrong for many at once, as far as it touched this account."""

    def outage(length: timedelta) -> Callable[[Life, datetime], None]:
        def told(life: Life, at: datetime) -> None:
            channel = life.rng.choice(life.channels)
            life.troubled(channel, at, Reason.AMAZON_OUTAGE, incident=True, every=_HOUR)
            life.mended(channel, at + length)

        return told

    plots = [
        (ago, outage(length), 0.35)
        for region, ago, length in INCIDENTS
        if region is life.shape.region
    ]
    return [
        (life.now - ago + timedelta(minutes=life.rng.randint(0, 25)), told)
        for ago, told, share in [*plots, (BACKLOG, backlogged, 0.15)]
        if life.now - ago > done + _DAY and life.rng.random() < share
    ]


def _renewals(life: Life, until: datetime) -> list[datetime]:
    """When an SP-API consent was renewed, so that it is well before its end now."""
    given = life.known(Channel.SP_API).consented_at
    found: list[datetime] = []
    while given is not None and given + timedelta(days=330) < life.now:
        late = given + life.between(337, 357) * _DAY
        early = min(given + life.between(300, 329) * _DAY, until - 2 * _DAY)
        given = late if life.rng.random() < 0.4 and late < until - 3 * _DAY else early
        given = given.replace(microsecond=0)
        found.append(given)
    return found


def _renewed(life: Life, at: datetime) -> None:
    life.reconnected(Channel.SP_API, at)


def revoked(life: Life, at: datetime) -> None:
    """The customer changed a password or took the consent back, and later gave it again."""
    channel = _own_channel(life)
    if channel is None:
        return throttled(life, at)
    life.refused(channel, at, Reason.CONSENT_REVOKED)
    return _reconnected(life, channel, at, life.between(6, 130))


def _reconnected(life: Life, channel: Channel, at: datetime, hours: float) -> None:
    relaunch = at + timedelta(hours=hours * life.between(0.05, 0.6))
    life.relaunched(channel, relaunch.replace(microsecond=0))
    if life.rng.random() < 0.5:
        noted(life, relaunch + timedelta(minutes=30))
    back = (at + timedelta(hours=hours + 1)).replace(microsecond=0)
    life.relink_opened(back - timedelta(minutes=6))
    life.reconnected(channel, back)


def noted(life: Life, at: datetime) -> None:
    """One of us left a note."""
    life.note(at.replace(microsecond=0), life.helper(), "noted", text=life.rng.choice(_NOTES))


def lost(life: Life, at: datetime) -> None:
    """Somebody took a permission away, and gave it back."""
    life.troubled(Channel.AAA, at, Reason.PERMISSION_LOST)
    noted(life, at + timedelta(hours=life.between(1, 5)))
    life.mended(Channel.AAA, (at + timedelta(hours=life.between(6, 110))).replace(microsecond=0))


def throttled(life: Life, at: datetime) -> None:
    """Amazon slowed us down until the data was late."""
    life.slowed(at, Reason.THROTTLED)
    life.resumed((at + timedelta(hours=life.between(26, 44))).replace(microsecond=0))


def backlogged(life: Life, at: datetime) -> None:
    """Our own queue was long until the data was late."""
    life.slowed(at, None)
    life.resumed((at + timedelta(hours=life.between(26, 40))).replace(microsecond=0))


def stalled(life: Life, at: datetime) -> None:
    """A sync hung, and was started again by one of us."""
    life.stalled(at)
    again = (at + timedelta(hours=life.between(3, 9))).replace(microsecond=0)
    life.note(again, life.rng.choice(life.crew.support), "sync_restarted")
    life.resumed(again)


def ours(life: Life, at: datetime) -> None:
    """A fault of ours, mended within hours."""
    life.failing(at, Reason.OUR_FAULT)
    life.resumed((at + timedelta(hours=life.between(2, 8))).replace(microsecond=0))


TROUBLES: Final = {revoked: 30, lost: 15, throttled: 20, backlogged: 10, stalled: 15, ours: 10}
"""Troubles that pass, and how often there are such."""


def _own_channel(life: Life) -> Channel | None:
    """A channel whose consent is the account's own, not that of an agency's login."""
    own = [each for each in life.channels if each is Channel.SP_API or life.shape.login is None]
    return life.rng.choice(own) if own else None
