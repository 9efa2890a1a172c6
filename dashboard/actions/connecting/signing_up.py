"""Get started: someone gives an e-mail address and is sent a link to confirm it."""

from datetime import datetime

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions import onboarding
from dashboard.actions.connecting import making, messages, visits
from dashboard.actions.connecting.making import Wish
from dashboard.actions.connecting.messages import Text
from dashboard.actions.events import record
from dashboard.actions.staff import email_address
from dashboard.amazon.appstore import Handover
from dashboard.db.connecting import Link
from dashboard.db.dialects import through_index
from dashboard.db.engine import transaction
from dashboard.db.models import Account, Contact
from dashboard.diagnosis import Channel
from dashboard.errors import NotAllowed, TooMany
from dashboard.flow import LinkKind, steps
from dashboard.merchants import spellings
from dashboard.roles import CUSTOMER
from dashboard.settings import settings
from dashboard.status import AccountType


def get_started(email: str, address: str, handover: Handover | None = None) -> None:
    """Send whoever holds this e-mail address a link to begin.

    Whom Amazon has sent as a seller of theirs is sent a link that renews this seller's consent.

    What the caller sees does not tell whether the address is known, nor whether it has been sent
    too much already.

    Args:
        email: as typed.
        address: the network address the request came from.
        handover: how Amazon has sent them to us, if it has.

    Raises:
        NotAllowed: signing up is turned off in the settings.
        BadInput: it is no e-mail address.
        TooMany: this network address asked too often.
    """
    if not settings().get_started:
        raise NotAllowed("Signing up is by invitation: please ask us for one.")
    visits.count("sign_up", address)
    wanted = email_address(email)
    try:
        visits.count("mail", wanted)
    except TooMany:
        return
    now = clock.now()
    with transaction() as session:
        known = list(
            session.scalars(
                sa.select(Contact.organization_id)
                .where(Contact.email == wanted)
                .order_by(Contact.organization_id)
                .limit(100)
            )
        )
        account = _sent_for(session, known, handover)
        link, token, text = (
            (*making.for_sign_up(session, CUSTOMER, wanted, known, now), messages.CONFIRM.filled())
            if account is None
            else _renewal(session, account, now)
        )
        messages.write(session, text, [wanted], link, making.address(token))
        link.sent_at = now
        record(
            session, CUSTOMER, "signed_up", now, organization_id=link.organization_id,
            account_id=link.account_id, email=wanted,
        )  # fmt: skip
        onboarding.begin(session, link, now)


def _sent_for(
    session: Session, organizations: list[int], handover: Handover | None
) -> Account | None:
    """The account of these organizations that Amazon has sent somebody for."""
    if handover is None or not organizations:
        return None
    theirs = (
        sa.select(Account)
        .where(
            Account.merchant_id.in_(spellings(handover.seller)),
            Account.type == AccountType.SELLER.value,
            Account.organization_id.in_(organizations), Account.disconnected_at.is_(None),
        )
        .order_by(Account.id)
    )  # fmt: skip
    found = session.scalars(through_index(theirs, Account, "ix_accounts_merchant_id"))
    return next((each for each in found if handover.region in {None, each.region}), None)


def _renewal(session: Session, account: Account, now: datetime) -> tuple[Link, SecretStr, Text]:
    """A link by which the customer renews the consent; their other links stay as they are.

    Anybody may give an address here, so nothing that is under way is withdrawn.
    """
    channels = [Channel.SP_API]
    walk = steps(organization=False, account=False, channels=channels, marketplaces=False)
    link, token = making.add(
        session, CUSTOMER, Wish(LinkKind.RELAUNCH, channels, walk, account=account), now
    )
    return link, token, messages.RENEWAL.filled(account=account.name)
