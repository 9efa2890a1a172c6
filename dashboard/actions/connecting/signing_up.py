"""Get started: someone gives an e-mail address and is sent a link to confirm it."""

import sqlalchemy as sa

from dashboard import clock
from dashboard.actions.connecting import making, messages, visits
from dashboard.actions.events import record
from dashboard.actions.staff import email_address
from dashboard.db.engine import transaction
from dashboard.db.models import Contact
from dashboard.errors import NotAllowed, TooMany
from dashboard.roles import CUSTOMER
from dashboard.settings import settings


def get_started(email: str, address: str) -> None:
    """Send whoever holds this e-mail address a link to begin.

    What the caller sees does not tell whether the address is known, nor whether it has been sent
    too much already.

    Args:
        email: as typed.
        address: the network address the request came from.

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
        link, token = making.for_sign_up(session, CUSTOMER, wanted, known, now)
        url = making.address(token)
        messages.write(session, messages.CONFIRM.filled(), [wanted], link, url)
        link.sent_at = now
        record(
            session, CUSTOMER, "signed_up", now,
            organization_id=link.organization_id, email=wanted,
        )  # fmt: skip
