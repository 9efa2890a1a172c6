"""Whether a login or a seller may be used for an account. Pure: profiles in, a verdict out.

Amazon's consent always "works"; whose it is and what it reaches is only seen from what the APIs
then list (Ads API, "Retrieve profiles"; SP-API, "Selling partner authorization").
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dashboard.amazon.ads import Profile
from dashboard.amazon.selling_partner import Participation
from dashboard.diagnosis import Reason, playbook
from dashboard.errors import ConnectionRefused
from dashboard.marketplaces import Region, marketplaces
from dashboard.merchants import same_merchant
from dashboard.status import AccountType


@dataclass(frozen=True, slots=True)
class Reach:
    """The profiles a login reaches: in the region asked, editable or view-only; and elsewhere."""

    editable: Sequence[Profile]
    view_only: Sequence[Profile] = ()
    elsewhere: Mapping[Region, Sequence[Profile]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an account is and must keep: its marketplaces by id, each with its profile if known."""

    type: AccountType
    region: Region
    merchant_id: str | None = None
    marketplaces: Mapping[str, str | None] = field(default_factory=dict)


def refusal(
    reason: Reason, places: Iterable[str] = (), elsewhere: Iterable[int] = ()
) -> ConnectionRefused:
    """The error that carries a reason; its sentence is the playbook's message to the customer.

    Args:
        reason: why.
        places: ids of the marketplaces it is about.
        elsewhere: ids of the accounts in the way.
    """
    known = marketplaces()
    codes = tuple(known[each].country_code for each in places if each in known)
    return ConnectionRefused(playbook()[reason].customer, reason.value, codes, tuple(elsewhere))


def offered(wanted: Wanted, profiles: Iterable[Profile]) -> list[Profile]:
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


def login(wanted: Wanted, reach: Reach) -> list[Profile]:
    """The profiles of a login that an account may use.

    Raises:
        ConnectionRefused: none, another business's, or not all of the account's marketplaces.
    """
    mine = offered(wanted, reach.editable)
    if not mine:
        raise refusal(_why_none(wanted, reach))
    missing = _missing(wanted, mine)
    if missing:
        seen = {each.marketplace_id for each in offered(wanted, reach.view_only)}
        reason = Reason.VIEW_ONLY if missing <= seen else Reason.PARTIAL_CONSENT
        raise refusal(reason, sorted(missing))
    return mine


def covers(wanted: Wanted, reach: Reach) -> bool:
    """Whether a login can back an account with nothing lost; used for those that share a grant."""
    return bool(wanted.marketplaces) and not _missing(wanted, offered(wanted, reach.editable))


def _missing(wanted: Wanted, mine: Sequence[Profile]) -> set[str]:
    """Marketplaces of the account that these profiles do not reach.

    Without a known merchant, the profile ids say whose they are; without these, places must do.
    """
    places = {each.marketplace_id for each in mine}
    missing = set(wanted.marketplaces) - places
    if wanted.merchant_id is None:
        ids = {each.id for each in mine}
        missing |= {
            place for place, known in wanted.marketplaces.items() if known and known not in ids
        }
    return missing


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
        Reason.NEVER_ADVERTISED: not others,
    }  # fmt: skip
    return next((reason for reason, holds in causes.items() if holds), Reason.WRONG_LOGIN)


def seller(
    wanted: Wanted,
    identity: str,
    participations: Sequence[Participation] | None,
    *,
    known_as: str | None = None,
) -> None:
    """Let pass a selling partner who is the account's, in all of its marketplaces.

    Args:
        wanted: the account.
        identity: the ``selling_partner_id`` Amazon returned: a seller's merchant token, or a
            vendor's group code, which does not compare with the ids of the Ads API.
        participations: where a seller is registered; ``None`` for vendors, who cannot be asked.
        known_as: the identity of the account's present SP-API consent, if it has one.

    Raises:
        ConnectionRefused: someone else consented, or a marketplace is not covered.
    """
    seller_too = wanted.type is AccountType.SELLER
    expected = (wanted.merchant_id if seller_too else None) or known_as
    if expected and not same(wanted.type, expected, identity):
        raise refusal(Reason.WRONG_LOGIN if known_as else Reason.MERCHANT_MISMATCH)
    if not seller_too:
        return
    joined = {each.marketplace_id for each in participations or () if each.participating}
    missing = set(wanted.marketplaces) - joined
    if missing:
        none = missing == set(wanted.marketplaces)
        raise refusal(
            Reason.WRONG_REGION if none else Reason.MARKETPLACE_NOT_JOINED, sorted(missing)
        )
