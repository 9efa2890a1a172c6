"""What Amazon's answers say about a connection. Pure: answers in, a finding out.

Amazon's consent always "works"; whose it is, what it reaches and what ails the business is only
seen from what the APIs then list and refuse (Ads API, "Retrieve profiles", "Errors"; SP-API,
"Selling partner authorization"). A finding is not yet sure: who acts on it looks again first.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol, TypeVar

from dashboard.diagnosis import Channel, Reason
from dashboard.errors import AccessRefused, AmazonDown, AmazonError, ClientRefused, Malformed
from dashboard.marketplaces import Region, marketplaces
from dashboard.merchants import same_merchant
from dashboard.status import AccountType

CONSENT: Final = timedelta(days=365)
"""How long an SP-API consent lasts (SP-API documentation, "Renew authorizations")."""

NEW: Final = timedelta(hours=48)
"""How long after the consent Amazon may have nothing to show yet."""

SUSPENDED: Final = "ADVERTISER_POLICING_SUSPENDED"
UNPAID: Final = "ADVERTISER_PAYMENT_FAILURE"
"""What campaigns say of their account (Sponsored Products 3.0, ``servingStatus``)."""


class Profile(Protocol):
    """One advertiser in one marketplace, as the Ads API lists it."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def marketplace_id(self) -> str: ...  # noqa: D102
    @property
    def merchant_id(self) -> str: ...  # noqa: D102
    @property
    def type(self) -> str: ...  # noqa: D102
    @property
    def sub_type(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def valid_payment(self) -> bool | None: ...  # noqa: D102


class Participation(Protocol):
    """A marketplace of a seller, as the Selling Partner API lists it."""

    @property
    def marketplace_id(self) -> str: ...  # noqa: D102
    @property
    def participating(self) -> bool: ...  # noqa: D102
    @property
    def suspended_listings(self) -> bool: ...  # noqa: D102


Listed = TypeVar("Listed", bound=Profile)


@dataclass(frozen=True, slots=True)
class Reach:
    """The profiles a login reaches: in the region asked, editable or view-only; and elsewhere.

    ``managed`` are ids that a manager account lists for it as a viewer (Ads API, "Manager
    accounts").
    """

    editable: Sequence[Profile]
    view_only: Sequence[Profile] = ()
    elsewhere: Mapping[Region, Sequence[Profile]] = field(default_factory=dict)
    managed: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an account is and must keep: its marketplaces by id, each with its profile if known."""

    type: AccountType
    region: Region
    merchant_id: str | None = None
    marketplaces: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a channel, and what is worth knowing beside it; nothing: all is well.

    ``places`` are the ids of the marketplaces it is about, if not all. ``refused`` says that it
    rests on a refusal (401, 403), which in an outage everybody gets, not on an answer; ``looked``
    that data was looked at, without which a warning may not be seen.
    """

    problem: Reason | None = None
    warning: Reason | None = None
    places: tuple[str, ...] = ()
    refused: bool = False
    looked: bool = True


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


def lacking(wanted: Wanted, reach: Reach, *, verified: bool = False) -> Finding | None:
    """Why a login does not reach all of an account; ``None`` if it does.

    Args:
        wanted: the account.
        reach: the profiles the login reaches; only the editable ones need be known to say that
            nothing is lacking.
        verified: the very consent was once seen to reach the account's known profiles, so that it
            cannot be a wrong login's, nor have left them out.
    """
    mine = offered(wanted, reach.editable)
    missing = uncovered(wanted, mine)
    if mine and not missing:
        return None
    ids = {wanted.marketplaces.get(place) for place in missing} - {None}
    if verified and ids:
        return Finding(_why_lost(wanted, reach, missing, ids), places=tuple(sorted(missing)))
    if not mine:
        return Finding(_why_none(wanted, reach))
    seen = {each.marketplace_id for each in offered(wanted, reach.view_only)}
    reason = Reason.VIEW_ONLY if missing <= seen else Reason.PARTIAL_CONSENT
    return Finding(reason, places=tuple(sorted(missing)))


def offered(wanted: Wanted, profiles: Iterable[Listed]) -> list[Listed]:
    """The profiles that can back such an account, and are of its merchant where it has one.

    Those of authors and agencies cannot (Ads API guide, "Profiles").
    """
    return [
        each
        for each in profiles
        if each.type == wanted.type.value
        and not each.sub_type
        and each.marketplace_id in marketplaces()
        and marketplaces()[each.marketplace_id].region is wanted.region
        and (wanted.merchant_id is None or same(wanted.type, wanted.merchant_id, each.merchant_id))
    ]


def same(kind: AccountType, one: str, other: str) -> bool:
    """Whether two advertiser ids name one business; vendors' ids are compared as they are."""
    return same_merchant(one, other) if kind is AccountType.SELLER else one == other != ""


def uncovered(wanted: Wanted, mine: Iterable[Profile]) -> set[str]:
    """Marketplaces of the account that these profiles do not reach.

    Without a known merchant, the profile ids say whose they are; without these, places must do.
    """
    listed = list(mine)
    missing = set(wanted.marketplaces) - {each.marketplace_id for each in listed}
    if wanted.merchant_id is None:
        ids = {each.id for each in listed}
        missing |= {
            place for place, known in wanted.marketplaces.items() if known and known not in ids
        }
    return missing


def _why_lost(wanted: Wanted, reach: Reach, missing: set[str], ids: set[str | None]) -> Reason:
    """Why profiles that a login once reached are not among those it may edit now."""
    seen = {each.marketplace_id for each in offered(wanted, reach.view_only)}
    if missing <= seen:
        return Reason.VIEW_ONLY
    if ids & set(reach.managed):
        return Reason.MANAGER_VIEWER
    if any(each.id in ids for each in reach.editable):
        return Reason.MERCHANT_MISMATCH
    return Reason.PERMISSION_LOST


def _why_none(wanted: Wanted, reach: Reach) -> Reason:
    """Why nothing of a login can be used: the likeliest cause that the lists tell."""
    anyone = Wanted(wanted.type, wanted.region)
    others = [*reach.editable, *(each for some in reach.elsewhere.values() for each in some)]
    strangers = offered(anyone, [*reach.editable, *reach.view_only])
    causes = {
        Reason.VIEW_ONLY: offered(wanted, reach.view_only),
        Reason.WRONG_LOGIN: wanted.merchant_id and strangers,
        Reason.WRONG_REGION: any(
            offered(Wanted(wanted.type, region, wanted.merchant_id), profiles)
            for region, profiles in reach.elsewhere.items()
        ),
        Reason.AGENCY_PROFILE: {each.type for each in reach.editable} == {"agency"},
        Reason.AUTHOR_PROFILE: reach.editable and all(each.sub_type for each in reach.editable),
        Reason.MANAGER_VIEWER: reach.managed,
        Reason.NEVER_ADVERTISED: not others,
    }  # fmt: skip
    return next((reason for reason, holds in causes.items() if holds), Reason.WRONG_LOGIN)


def _of_region(region: Region) -> set[str]:
    return {each.id for each in marketplaces().values() if each.region is region}
