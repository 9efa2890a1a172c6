"""Every reason an account can be in the state it is in, and the playbook: what to do about it.

Pure but for one thing: ``playbook`` reads ``data/playbook.toml``. A reason exists only where what
Amazon sends lets us tell it from the others.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from dashboard.errors import ConfigurationError

FILE: Final = Path(__file__).parent.parent / "data" / "playbook.toml"


class Channel(StrEnum):
    """One of the two ways into a customer's Amazon account, in the order customers connect them."""

    AAA = "AAA"
    SP_API = "SP-API"


class Actor(StrEnum):
    """Who must do something next."""

    US = "Us"
    CUSTOMER = "Customer"
    AMAZON = "Amazon"
    NOBODY = "Nobody"


class Reason(StrEnum):
    """Why an account has its headline, or what is worth knowing beside it.

    A revoked consent, a changed password and a security measure of Amazon's all arrive as the same
    refusal (Login with Amazon, errors of the token endpoint: ``invalid_grant``), so they are one
    reason. Only a lapse can be told apart, by the date of the consent.
    """

    # Someone chose so.
    DISCONNECTED = "disconnected"
    PAUSED = "paused"
    # Our own telemetry cannot be believed.
    TELEMETRY_STALE = "telemetry_stale"
    TELEMETRY_CONTRADICTORY = "telemetry_contradictory"
    # Amazon's doing.
    AMAZON_OUTAGE = "amazon_outage"
    THROTTLED = "throttled"
    # Our doing.
    OUR_SECRET_REFUSED = "our_secret_refused"  # noqa: S105 - the name of a reason
    OUR_FAULT = "our_fault"
    AUTHORIZATION_CAP = "authorization_cap"
    # How far a customer who has not connected got.
    NOT_INVITED = "not_invited"
    LINK_SENT = "link_sent"
    LINK_OPENED = "link_opened"
    AT_AMAZON = "at_amazon"
    # How the last trip to Amazon's consent page ended.
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"
    CODE_EXPIRED = "code_expired"
    # The consent is dead or is someone else's.
    CONSENT_REVOKED = "consent_revoked"
    CONSENT_LAPSED = "consent_lapsed"
    WRONG_LOGIN = "wrong_login"
    MERCHANT_MISMATCH = "merchant_mismatch"
    ALREADY_CONNECTED = "already_connected"
    # The consent is good, but does not reach what is needed.
    ROLE_ADDED = "role_added"
    PERMISSION_LOST = "permission_lost"
    VIEW_ONLY = "view_only"
    WRONG_REGION = "wrong_region"
    NEVER_ADVERTISED = "never_advertised"
    PARTIAL_CONSENT = "partial_consent"
    AGENCY_PROFILE = "agency_profile"
    AUTHOR_PROFILE = "author_profile"
    MANAGER_VIEWER = "manager_viewer"
    NOT_ELIGIBLE = "not_eligible"
    MARKETPLACE_NOT_JOINED = "marketplace_not_joined"
    # Our syncing.
    SYNC_STALLED = "sync_stalled"
    SYNC_FAILING = "sync_failing"
    FIRST_SYNC_OVERDUE = "first_sync_overdue"
    DATA_LATE = "data_late"
    FIRST_SYNC_AT_RISK = "first_sync_at_risk"
    FIRST_SYNC = "first_sync"
    # Works, but not for much longer.
    CONSENT_EXPIRING = "consent_expiring"
    # Worth knowing; the connection itself works.
    SUSPENDED = "suspended"
    PAYMENT_PROBLEM = "payment_problem"
    DATA_NOT_READY = "data_not_ready"


OURS: Final = frozenset({Reason.OUR_SECRET_REFUSED, Reason.OUR_FAULT, Reason.AUTHORIZATION_CAP})
"""Reasons only we can remove; customers are never asked to reconnect for them."""

ATTEMPT: Final = frozenset({Reason.CANCELLED, Reason.ABANDONED, Reason.CODE_EXPIRED})
"""How a trip to Amazon failed. Beside a standing consent they mean nothing: it is untouched."""

RECONNECT: Final = frozenset(
    {
        Reason.CONSENT_REVOKED,
        Reason.CONSENT_LAPSED,
        Reason.WRONG_LOGIN,
        Reason.MERCHANT_MISMATCH,
        Reason.ALREADY_CONNECTED,
    }
)
"""Reasons for which only a new consent, or one of the right identity, helps."""

PERMISSION: Final = frozenset(
    {
        Reason.ROLE_ADDED,
        Reason.PERMISSION_LOST,
        Reason.VIEW_ONLY,
        Reason.WRONG_REGION,
        Reason.NEVER_ADVERTISED,
        Reason.PARTIAL_CONSENT,
        Reason.AGENCY_PROFILE,
        Reason.AUTHOR_PROFILE,
        Reason.MANAGER_VIEWER,
        Reason.NOT_ELIGIBLE,
        Reason.MARKETPLACE_NOT_JOINED,
    }
)
"""Reasons for which the consent works but a role, profile or marketplace is missing."""

WARNINGS: Final = frozenset(
    {Reason.SUSPENDED, Reason.PAYMENT_PROBLEM, Reason.DATA_NOT_READY, Reason.THROTTLED}
)
"""Reasons that are shown and never change a headline by being found on a channel."""

CUSTOMERS: Final = ATTEMPT | RECONNECT | PERMISSION
"""Reasons that the customer must remove."""

FINDINGS: Final = OURS | CUSTOMERS | WARNINGS | {Reason.AMAZON_OUTAGE}
"""Every reason that a check of a channel may find; the others are for ``status`` to conclude."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What the playbook says of one reason.

    ``title`` is a label of at most 45 characters; ``happened`` says in one or two sentences what it
    means; ``fix`` tells staff what to do; ``actor`` is who must act. ``customer`` is a message to
    the customer without our jargon, empty only where the customer need never be told.
    """

    reason: Reason
    title: str
    happened: str
    fix: str
    actor: Actor
    customer: str


TEXTS: Final = ("title", "happened", "fix", "actor", "customer")


@cache
def playbook(path: Path | None = None) -> Mapping[Reason, Remedy]:
    """Read the playbook: every reason and its remedy, in the order of ``Reason``; read once.

    Args:
        path: the file to read, or ``None`` for the one the product ships.

    Raises:
        ConfigurationError: the file cannot be read, or its entries are not exactly the reasons,
            each complete; the sentence names the entry.
    """
    file = path or FILE
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"The playbook {file.name} cannot be read: {error}.") from error
    if unknown := sorted(set(entries) - set(Reason)):
        raise ConfigurationError(
            f"The playbook {file.name} has entries for unknown reasons, remove or rename them: "
            f"{', '.join(unknown)}."
        )
    if missing := [reason for reason in Reason if reason not in entries]:
        raise ConfigurationError(
            f"The playbook {file.name} lacks entries for these reasons, add them: "
            f"{', '.join(missing)}."
        )
    return MappingProxyType({reason: _remedy(reason, entries[reason]) for reason in Reason})


def _remedy(reason: Reason, entry: object) -> Remedy:
    if not isinstance(entry, dict) or set(entry) != set(TEXTS):
        raise ConfigurationError(
            f"The playbook's entry {reason} must have exactly these keys: {', '.join(TEXTS)}."
        )
    if entry["actor"] not in tuple(Actor):
        raise ConfigurationError(
            f"The playbook's entry {reason} must name as actor one of: {', '.join(Actor)}."
        )
    actor = Actor(entry["actor"])
    for name in TEXTS:
        optional = name == "customer" and actor is not Actor.CUSTOMER
        if not isinstance(entry[name], str) or not (entry[name].strip() or optional):
            raise ConfigurationError(f"The playbook's entry {reason} needs a text for {name}.")
    texts = {name: entry[name].strip() for name in TEXTS if name != "actor"}
    return Remedy(reason=reason, actor=actor, **texts)
