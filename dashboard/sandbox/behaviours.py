"""What can be made to go wrong, for one member of the cast or for everybody at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Behaviour(StrEnum):
    """How Amazon behaves towards a member; ``HEALTHY`` is as it should be."""

    HEALTHY = "healthy"
    NEVER_ADVERTISED = "never-advertised"
    VIEW_ONLY = "view-only"
    MANAGER_VIEWER = "manager-viewer"
    WRONG_LOGIN = "wrong-login"
    NO_PERMISSION = "no-permission-on-one-profile"
    AGENCY_ONLY = "agency-profile-only"
    PARTIAL_CONSENT = "partial-consent"
    MERCHANT_MISMATCH = "merchant-mismatch"
    ALREADY_CONNECTED = "already-connected-elsewhere"
    INDIVIDUAL_PLAN = "individual-plan"
    CANCELS = "cancels"
    ERROR_PAGE = "error-page"
    REVOKES_LATER = "revokes-later"
    LAPSED = "lapsed"
    THROTTLED = "throttled"
    SLOW = "slow"
    SUSPENDED = "suspended"
    PAYMENT_FAILURE = "payment-failure"
    MALFORMED = "malformed"
    SERVER_ERROR = "server-error"
    FORBIDDEN = "forbidden"
    SECRET_REFUSED = "secret-refused"  # noqa: S105 - the name of a behaviour


@dataclass(frozen=True, slots=True)
class Wording:
    """A behaviour in words: a short title, and what Amazon then does."""

    title: str
    what: str


_WORDS: Final = {
    Behaviour.HEALTHY: ("All well", "Amazon does as it should."),
    Behaviour.NEVER_ADVERTISED: (
        "Never advertised",
        "The consent works, but no profile is found in any region.",
    ),
    Behaviour.VIEW_ONLY: (
        "View-only login",
        "The login may look at campaigns, not edit them: profiles are listed only when asked for "
        "with view access.",
    ),
    Behaviour.MANAGER_VIEWER: (
        "Viewer of a manager account",
        "The login reaches its profiles through a manager account, as a viewer: they are listed "
        "among the accounts linked to that only.",
    ),
    Behaviour.WRONG_LOGIN: (
        "Wrong login",
        "The browser turns out to be signed in as somebody else, who consents instead. Nothing "
        "on Amazon's page says so.",
    ),
    Behaviour.NO_PERMISSION: (
        "No permission on one profile",
        "The login has lost the last of its profiles: it is not listed, and calls for it are "
        "refused.",
    ),
    Behaviour.AGENCY_ONLY: (
        "Agency profiles only",
        "All that is listed are profiles of type agency.",
    ),
    Behaviour.PARTIAL_CONSENT: (
        "Partial consent",
        "At the consent, all accounts but the last are chosen. It stays so until the next consent.",
    ),
    Behaviour.MERCHANT_MISMATCH: (
        "Another merchant",
        "Seller Central or Vendor Central answers with a different selling partner than the one "
        "that advertises.",
    ),
    Behaviour.ALREADY_CONNECTED: (
        "Already connected elsewhere",
        "This login belongs to the same business as another member of the cast: same merchant "
        "ids, same profiles.",
    ),
    Behaviour.INDIVIDUAL_PLAN: (
        "Individual selling plan",
        "Seller Central refuses: only a Professional plan may authorize apps. It never calls back.",
    ),
    Behaviour.CANCELS: (
        "Cancels",
        "Whatever is pressed on Amazon's page counts as Cancel.",
    ),
    Behaviour.ERROR_PAGE: (
        "Amazon's error page",
        "Instead of the consent page Amazon shows an error (MD5100), and never calls back.",
    ),
    Behaviour.REVOKES_LATER: (
        "Revoked after the consent",
        "The consent works once; every later refresh is refused as revoked.",
    ),
    Behaviour.LAPSED: (
        "Consent lapsed after 365 days",
        "Selling Partner consents given until now have lapsed; a new one is good.",
    ),
    Behaviour.THROTTLED: ("Throttled", "Both APIs answer 429: too many calls."),
    Behaviour.SLOW: ("Slow", "Every answer takes seconds. On everybody: tokens too."),
    Behaviour.SUSPENDED: (
        "Suspended",
        "The business is suspended: listings and campaigns say so, the connection works.",
    ),
    Behaviour.PAYMENT_FAILURE: (
        "Payment failure",
        "Campaigns do not run because a payment failed; the connection works.",
    ),
    Behaviour.MALFORMED: (
        "Malformed answers",
        "Both APIs answer 200 with something that is not their format. On everybody: tokens too.",
    ),
    Behaviour.SERVER_ERROR: (
        "Server errors",
        "Both APIs answer 500 or 503. On everybody: tokens too.",
    ),
    Behaviour.FORBIDDEN: (
        "403 for everyone",
        "Both APIs answer 403 although the tokens are good: an outage of Amazon's.",
    ),
    Behaviour.SECRET_REFUSED: (
        "Our secret is refused",
        "Login with Amazon refuses our client: every token request is answered invalid_client.",
    ),
}

WORDS: Final[Mapping[Behaviour, Wording]] = MappingProxyType(
    {each: Wording(*_WORDS[each]) for each in Behaviour}
)
"""Every behaviour in words, in the order in which they are offered."""
