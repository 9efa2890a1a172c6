"""When no worker reports, nothing that rests on their reports can be believed any more.

Nobody is there to rewrite a stored headline then, so this holds whenever one is read.
"""

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from dashboard.diagnosis import Actor, Reason
from dashboard.status.words import ACTORS, ChannelStatus, Headline

LASTING: Final = frozenset({Headline.DISCONNECTED, Headline.PAUSED, Headline.NOT_CONNECTED})
"""Headlines that people have made, or not made yet: they hold without a worker."""

_CHANNELS: Final = frozenset(
    {ChannelStatus.NOT_CONNECTED, ChannelStatus.AT_AMAZON, ChannelStatus.NOT_REQUIRED}
    | {ChannelStatus.PAUSED}
)

SHOWN: Final = MappingProxyType(
    {each: each if each in LASTING else Headline.UNKNOWN for each in Headline}
)
"""What each headline is shown as while no worker reports."""

SHOWN_CHANNELS: Final = MappingProxyType(
    {each: each if each in _CHANNELS else ChannelStatus.UNKNOWN for each in ChannelStatus}
)
"""What each channel status is shown as while no worker reports."""


def silent_since(seen_at: datetime | None, now: datetime, patience: timedelta) -> datetime | None:
    """Since when no worker has reported; ``None`` while one does.

    Args:
        seen_at: the newest sign of life of any worker, also of those that have stopped; ``None``
            if there never was one. Then all we know comes from files, and is doubted by its age.
        now: aware UTC.
        patience: for how long silence is nothing.
    """
    return seen_at if seen_at is not None and seen_at <= now - patience else None


def shown(headline: str, actor: str, reason: str) -> tuple[str, str, str]:
    """What a stored headline, actor and reason are shown as while no worker reports."""
    known = Headline(headline)
    if known in LASTING:
        return headline, actor, reason
    return Headline.UNKNOWN.value, Actor.US.value, Reason.TELEMETRY_STALE.value


def shown_actor(headline: Headline) -> Actor:
    """Who acts on accounts of this stored headline while no worker reports."""
    return ACTORS[SHOWN[headline]]
