"""Whether a login or a seller may be used for an account. Pure: profiles in, a verdict out.

Amazon's consent always "works"; whose it is and what it reaches is only seen from what the APIs
then list: ``signals`` reads that, and here it is refused.
"""

from collections.abc import Iterable, Sequence

from dashboard.diagnosis import Reason, playbook
from dashboard.errors import ConnectionRefused
from dashboard.marketplaces import marketplaces
from dashboard.signals import (
    Participation,
    Profile,
    Reach,
    Wanted,
    lacking,
    offered,
    same,
    uncovered,
)
from dashboard.status import AccountType


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


def login(wanted: Wanted, reach: Reach) -> list[Profile]:
    """The profiles of a login that an account may use.

    Raises:
        ConnectionRefused: none, another business's, or not all of the account's marketplaces.
    """
    lack = lacking(wanted, reach)
    if lack is not None and lack.problem is not None:
        raise refusal(lack.problem, lack.places)
    return offered(wanted, reach.editable)


def covers(wanted: Wanted, reach: Reach) -> bool:
    """Whether a login can back an account with nothing lost; used for those that share a grant."""
    return bool(wanted.marketplaces) and not uncovered(wanted, offered(wanted, reach.editable))


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
