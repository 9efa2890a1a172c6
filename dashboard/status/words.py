"""The words for how an account stands: headlines, who acts, channel statuses, age bands."""

from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from dashboard.diagnosis import Actor


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


IN_FLIGHT: Final = frozenset(
    {Headline.FIRST_SYNC, Headline.AT_RISK, Headline.LATE, Headline.STUCK}
    | {Headline.AMAZON_INCIDENT, Headline.OUR_FIX}
)
"""Headlines under which a first sync that has not ended is not waiting for the customer."""


WAITING: Final = frozenset({Headline.AMAZON_INCIDENT, Headline.OUR_FIX})
"""Headlines under which an account waits for Amazon or for us: its customer is asked nothing."""


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
