"""What Amazon's answers and refusals mean for a connection that once worked."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, Protocol

from dashboard.diagnosis import Channel, Reason
from dashboard.errors import AccessRefused, AmazonDown, AmazonError, ClientRefused, Malformed
from dashboard.marketplaces import Region, marketplaces
from dashboard.merchants import same_merchant
from dashboard.signals.reach import Finding, Reach, Wanted, lacking, offered
from dashboard.status import AccountType

CONSENT: Final = timedelta(days=365)
"""How long an SP-API consent lasts (SP-API documentation, "Renew authorizations")."""

NEW: Final = timedelta(hours=48)
"""How long after the consent Amazon may have nothing to show yet."""

SUSPENDED: Final = "ADVERTISER_POLICING_SUSPENDED"
UNPAID: Final = "ADVERTISER_PAYMENT_FAILURE"
"""What campaigns say of their account (Sponsored Products 3.0, ``servingStatus``)."""


class Participation(Protocol):
    """A marketplace of a seller, as the Selling Partner API lists it."""

    @property
    def marketplace_id(self) -> str: ...  # noqa: D102
    @property
    def participating(self) -> bool: ...  # noqa: D102
    @property
    def suspended_listings(self) -> bool: ...  # noqa: D102


def lapsed_or_revoked(channel: Channel, consent_age: timedelta) -> Reason:
    """What a refused refresh token means.

    Login with Amazon says ``invalid_grant`` of a revoked consent, a changed password and a lapsed
    consent alike; only the age tells (SP-API documentation, "Renew authorizations").
    """
    lapsed = channel is Channel.SP_API and consent_age >= CONSENT
    return Reason.CONSENT_LAPSED if lapsed else Reason.CONSENT_REVOKED


def trouble(error: AmazonError) -> Reason | None:
    """What a failure that has nothing to do with this customer's rights means, if it is one.

    An outage is Amazon's incident only where many customers have it: that is for others to see.
    """
    if isinstance(error, ClientRefused):
        # "unauthorized_client": this app may not ask so at all, whatever its secret.
        ours = error.code == "unauthorized_client"
        return Reason.OUR_FAULT if ours else Reason.OUR_SECRET_REFUSED
    if isinstance(error, AmazonDown | Malformed):
        return Reason.AMAZON_OUTAGE
    return None


def token_refused(error: AccessRefused) -> bool:
    """Whether the access token itself is refused, so that a new one may help.

    The Ads API says a bare 401 (Ads API, "Errors"), the SP-API says so in its details.
    """
    words = error.details.lower()
    return "access token you provided" in words or (error.status == 401 and "scope" not in words)


def refusal(channel: Channel, error: AmazonError) -> Finding | None:
    """What an API's refusal of a call that should work means; ``None``: nothing can be said.

    A call that lacks something is our mistake. SP-API has no words for a missing role, which is
    the one thing a good consent there can lack; the Ads API judges the login at every call
    (Ads API, "Permissions").
    """
    words = error.details.lower()
    if not isinstance(error, AccessRefused):
        return Finding(Reason.OUR_FAULT, refused=True)
    if "is missing" in words or error.code == "MissingAuthenticationToken":
        return Finding(Reason.OUR_FAULT, refused=True)
    if channel is Channel.AAA:
        return Finding(Reason.PERMISSION_LOST, refused=True)
    if token_refused(error):
        # Login with Amazon has just given this token: the two contradict each other.
        return None
    return Finding(Reason.ROLE_ADDED, refused=True)


def advertising(
    wanted: Wanted,
    reach: Reach,
    servings: Iterable[str] | None = None,
    *,
    age: timedelta = NEW,
) -> Finding:
    """What a login that was good for an account says now.

    Args:
        wanted: the account.
        reach: the profiles the login reaches now.
        servings: how its campaigns are being served; ``None`` if they were not looked at.
        age: of the consent.
    """
    lack = lacking(wanted, reach, verified=True)
    if lack is not None:
        return lack
    unpaid = any(each.valid_payment is False for each in offered(wanted, reach.editable))
    seen = None if servings is None else set(servings)
    warnings = {
        Reason.SUSPENDED: seen and SUSPENDED in seen,
        Reason.PAYMENT_PROBLEM: unpaid or (seen and UNPAID in seen),
        Reason.DATA_NOT_READY: seen == set() and age < NEW,
    }
    warning = next((reason for reason, holds in warnings.items() if holds), None)
    return Finding(warning=warning, looked=seen is not None)


def selling(
    wanted: Wanted,
    identity: str,
    participations: Iterable[Participation] | None,
    *,
    goods: int | None = None,
    age: timedelta = NEW,
) -> Finding:
    """What a selling partner's consent says now.

    Args:
        wanted: the account.
        identity: who consented; a name of our own, with a colon, where Amazon never told.
        participations: where a seller is registered; ``None`` for vendors, who cannot be asked.
        goods: how many products or orders were seen; ``None`` if none were looked for.
        age: of the consent.
    """
    seller = wanted.type is AccountType.SELLER
    known = seller and wanted.merchant_id and ":" not in identity
    if known and not same_merchant(wanted.merchant_id or "", identity):
        return Finding(Reason.MERCHANT_MISMATCH)
    listed = list(participations or ())
    joined = {each.marketplace_id for each in listed if each.participating}
    missing = tuple(sorted(set(wanted.marketplaces) - joined)) if seller else ()
    if missing:
        none = len(missing) == len(wanted.marketplaces)
        elsewhere = none and not joined & _of_region(wanted.region)
        reason = Reason.WRONG_REGION if elsewhere else Reason.MARKETPLACE_NOT_JOINED
        return Finding(reason, places=missing)
    if any(each.suspended_listings and each.marketplace_id in wanted.marketplaces
           for each in listed):  # fmt: skip
        return Finding(warning=Reason.SUSPENDED)
    return Finding(warning=Reason.DATA_NOT_READY if goods == 0 and age < NEW else None)


def _of_region(region: Region) -> set[str]:
    return {each.id for each in marketplaces().values() if each.region is region}
