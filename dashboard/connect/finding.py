"""More marketplaces through the consent that is there already, so that nobody signs in again."""

from pydantic import SecretStr

from dashboard import clock, vault
from dashboard.actions.connecting import consents, swap, walking
from dashboard.amazon import ads, lwa
from dashboard.connect.returning import whole_reach
from dashboard.db.engine import reading
from dashboard.diagnosis import Channel
from dashboard.errors import AccessRefused, ConnectionRefused, GrantRefused, SealBroken
from dashboard.queries import walk, walk_account
from dashboard.queries.walk_account import Stored
from dashboard.signals import Reach


def find_marketplaces(secret: SecretStr, link_id: int) -> bool:
    """Offer what the stored consent reaches; where it does not answer, ask for a new one.

    Returns:
        Whether marketplaces are offered now; if not, the link leads to Amazon first.

    Raises:
        NotFound, LinkClosed: see ``queries.walk.walk``.
        AmazonError: Amazon cannot be asked at the moment, or refuses us.
    """
    with reading() as session:
        link = walk.walk(session, secret, link_id, clock.now())
        stored = walk_account.stored_consent(session, link)
    try:
        if stored is not None:
            _offer(secret, link_id, stored)
            return True
    except (GrantRefused, AccessRefused, SealBroken, ConnectionRefused):
        pass
    walking.ask_for_advertising(secret, link_id)
    return False


def _offer(secret: SecretStr, link_id: int, stored: Stored) -> None:
    tokens = lwa.refresh(Channel.AAA, vault.open_sealed(stored.sealed), stored.region)
    swap.keep(stored.grant_id, stored.version, tokens)
    reach = Reach(ads.profiles(stored.region, tokens.access_token))
    try:
        consents.offer(secret, link_id, reach)
    except ConnectionRefused:
        consents.offer(
            secret, link_id, whole_reach(stored.region, tokens.access_token, reach)
        )  # fmt: skip
