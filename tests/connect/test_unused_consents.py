"""A consent that no account uses is no longer kept, and never checked."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from dashboard import clock, vault
from dashboard.actions.connecting import expiring, links
from dashboard.db.connecting import Link
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Account, AccountChannel, Grant
from dashboard.roles import COMMAND_LINE
from dashboard.status import ChannelStatus
from tests.connect.customer import Customer

SELLER = "any-A1OURS-seller-DE-FR"


@pytest.fixture
def signed_in(customer: Customer, invitation: Callable[..., SecretStr]) -> Customer:
    """A customer who has signed in at Amazon, and has yet to choose marketplaces."""
    customer.open(invitation()).press("Next", type="seller", region="EU", name="Nordlicht")
    return customer.sign_in(SELLER)


def kept() -> list[int]:
    """The consents whose tokens are kept, all of which are checked."""
    with reading() as session:
        due = session.scalars(sa.select(Grant.id).where(Grant.check_due_at.is_not(None))).all()
        found = session.scalars(sa.select(Grant.id).where(Grant.refresh_token.is_not(None))).all()
    assert due == found
    return list(found)


def in_use() -> set[int]:
    with reading() as session:
        return set(session.scalars(sa.select(AccountChannel.grant_id).distinct())) - {None}


def test_signing_in_twice_leaves_one_consent_the_newer(signed_in: Customer) -> None:
    (first,) = kept()
    with reading() as session:
        token = session.get_one(Grant, first).refresh_token

    signed_in.get("/setup/1/advertising").sign_in("any-A2OTHER-seller-DE")
    (second,) = kept()
    signed_in.choose("Germany")

    assert first == second
    with reading() as session:
        assert vault.open_sealed(session.get_one(Grant, first).refresh_token or "") \
            != vault.open_sealed(token or "")  # fmt: skip
        assert session.scalars(sa.select(Account.merchant_id)).one() == "A2OTHER"
    assert in_use() == set(kept())


def test_a_login_for_another_kind_of_account_is_forgotten(signed_in: Customer) -> None:
    signed_in.get("/setup/1/account").press("Next", type="seller", region="NA", name="Nordlicht")

    assert kept() == []


def test_a_link_that_is_withdrawn_takes_along_what_waited_in_it(signed_in: Customer) -> None:
    links.revoke(COMMAND_LINE, 1)

    assert kept() == []


def test_a_newer_link_of_the_account_takes_the_older_one_s_consent_along(
    signed_in: Customer,
) -> None:
    with reading() as session:
        account_id = session.scalars(sa.select(Account.id)).one()
    links.add_marketplace(COMMAND_LINE, account_id)

    assert kept() == []


def test_a_link_that_expires_takes_along_what_waited_in_it(signed_in: Customer) -> None:
    assert expiring.close_expired() == 0
    with transaction() as session:
        session.execute(sa.update(Link).values(expires_at=clock.now()))

    assert expiring.close_expired() == 1
    assert kept() == []
    assert expiring.close_expired() == 0


def test_a_link_that_is_renewed_keeps_what_came_back_from_amazon(signed_in: Customer) -> None:
    signed_in.open(links.renew(COMMAND_LINE, 1).url).choose("Germany")

    assert in_use() == set(kept())
    assert len(kept()) == 1


def test_a_consent_that_another_has_replaced_is_forgotten(signed_in: Customer) -> None:
    signed_in.choose("Germany").confirm(SELLER)
    before = in_use()
    with transaction() as session:
        account_id = session.scalars(
            sa.update(Account)
            .values(aaa_status=ChannelStatus.NEEDS_RECONNECT.value)
            .returning(Account.id)
        ).one()
    signed_in.open(links.add_marketplace(COMMAND_LINE, account_id).url)
    signed_in.sign_in(SELLER).choose("France")

    assert in_use() != before
    assert set(kept()) == in_use()
