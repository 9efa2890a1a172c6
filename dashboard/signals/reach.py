"""Whether a login reaches all of an account, and if not, why: from the profiles it lists.

(Ads API, "Retrieve profiles", "Permissions").
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from dashboard.diagnosis import Reason
from dashboard.marketplaces import Region, marketplaces
from dashboard.merchants import same_merchant
from dashboard.status import AccountType


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


Listed = TypeVar("Listed", bound=Profile)


@dataclass(frozen=True, slots=True)
class Reach:
    """The profiles a login reaches: in the region asked, editable or view-only; and elsewhere.

    ``managed`` are the ids of profiles that manager accounts link to it; those that the other lists
    lack it may only look at (Ads API, "Manager accounts").
    """

    editable: Sequence[Profile]
    view_only: Sequence[Profile] = ()
    elsewhere: Mapping[Region, Sequence[Profile]] = field(default_factory=dict)
    managed: Collection[str] = ()

    @property
    def viewed(self) -> set[str]:
        """The ids that the login reaches as a manager account's viewer only."""
        elsewhere = (each for some in self.elsewhere.values() for each in some)
        listed = {each.id for each in (*self.editable, *self.view_only, *elsewhere)}
        return set(self.managed) - listed


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
    if ids & reach.viewed:
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
        Reason.MANAGER_VIEWER: reach.viewed,
        Reason.NEVER_ADVERTISED: not others,
    }  # fmt: skip
    return next((reason for reason, holds in causes.items() if holds), Reason.WRONG_LOGIN)
