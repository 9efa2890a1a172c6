"""What the connection flow must keep apart: organizations, merchants, logins, links, and locks."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from dashboard import clock
from dashboard.actions import assess, tallies
from dashboard.actions.connecting import consents, ending, links, messages, walking
from dashboard.actions.connecting.making import NewLink
from dashboard.db.connecting import Link
from dashboard.db.counts import SearchWord
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Account, Grant, Organization
from dashboard.diagnosis import Channel, Reason
from dashboard.errors import BadInput, ConnectionRefused, LinkClosed
from dashboard.marketplaces import Region, marketplace
from dashboard.roles import COMMAND_LINE
from dashboard.signals import Reach
from dashboard.status import AccountType
from tests import factories
from tests.db.test_connecting import (
    broken,
    joined,
    kinds,
    profile,
    secret_of,
    state_of,
    stored,
    tokens,
    trip,
)
from tests.waiting import until_waiting

pytestmark = pytest.mark.usefixtures("database")


def disconnect(*account_ids: int) -> None:
    """As somebody chose for these accounts."""
    now = clock.now()
    with (
        transaction() as session,
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, account_ids, now),
    ):
        session.execute(
            sa.update(Account).where(Account.id.in_(account_ids)).values(disconnected_at=now)
        )


def known_as(account_id: int, identity: str) -> int:
    """Say who gave an account's SP-API consent; the grant's id."""
    with transaction() as session:
        grant_id = factories.grant_of(session, account_id, Channel.SP_API)
        grant = session.get_one(Grant, grant_id)
        grant.identity, grant.region = identity, "EU"
        return grant_id


def test_a_seller_who_left_another_organization_shares_nothing_with_it() -> None:
    with transaction() as session:
        former = factories.organization(session, "Former GmbH")
        left = factories.account(session, former, marketplaces=["DE"], merchant_id="A1OURS")
    grant_id = known_as(left, "A1OURS")
    disconnect(left)
    account_id = broken()

    link = links.relaunch(COMMAND_LINE, account_id, [Channel.SP_API])
    consents.accept_seller(
        trip(link, Channel.SP_API), tokens(), "A1OURS", joined("DE", "FR")
    )  # fmt: skip

    assert stored(account_id)[0].sp_api_status == "Connected"
    assert stored(account_id)[1]["SP-API"].grant_id != grant_id
    account, channels = stored(left)
    assert account.disconnected_at is not None, "somebody chose so"
    assert channels["SP-API"].grant_id == grant_id
    assert "reconnected" not in kinds(left)
    with reading() as session:
        assert session.get_one(Grant, grant_id).version == 0, "its token is not the new customer's"


def test_an_account_that_was_disconnected_stays_so_when_its_login_is_renewed_for_others() -> None:
    account_id = broken()
    with transaction() as session:
        shared = factories.Wire(grant_id=factories.grant_of(session, account_id, Channel.AAA))
        organization = session.get_one(Account, account_id).organization_id
        left = factories.account(
            session, organization, "Left", marketplaces=["IT"], aaa=shared, merchant_id="AIT"
        )
    disconnect(left)

    link = links.relaunch(COMMAND_LINE, account_id, [Channel.AAA])
    reach = Reach([profile("DE"), profile("FR"), profile("IT", "AIT")])
    consents.accept_login(trip(link, Channel.AAA), tokens(), reach)

    assert stored(account_id)[0].aaa_status == "Connected"
    assert stored(left)[0].disconnected_at is not None
    assert "reconnected" not in kinds(left)


def test_a_vendor_group_connected_elsewhere_is_refused() -> None:
    with transaction() as session:
        other = factories.organization(session, "Rival GmbH")
        rival = factories.account(
            session, other, "Rival EU", marketplaces=["DE"], type="vendor", merchant_id="V-RIVAL"
        )
    known_as(rival, "GROUP1")
    account_id = broken(type="vendor", merchant_id="V-OURS")
    known_as(account_id, "import:1")

    link = links.relaunch(COMMAND_LINE, account_id, [Channel.SP_API])
    with pytest.raises(ConnectionRefused) as refused:
        consents.accept_seller(trip(link, Channel.SP_API), tokens(), "GROUP1", None)

    assert refused.value.reason == Reason.ALREADY_CONNECTED
    assert refused.value.elsewhere == (rival,)


def test_what_a_login_offered_is_forgotten_when_the_account_becomes_another() -> None:
    with transaction() as session:
        organization = factories.organization(session)
    link = links.add_account(COMMAND_LINE, organization)
    secret = secret_of(link)
    walking.describe_account(secret, link.id, AccountType.SELLER, Region.EU, "Acme EU")
    offered = profile("DE")
    consents.accept_login(trip(link, Channel.AAA), tokens(), Reach([offered]))

    walking.describe_account(secret, link.id, AccountType.SELLER, Region.EU, "Acme, renamed")
    with reading() as session:
        assert session.get_one(Link, link.id).step == "marketplaces", "a name changes nothing else"

    walking.describe_account(secret, link.id, AccountType.SELLER, Region.NA, "Acme NA")
    with pytest.raises(BadInput):
        consents.choose(secret, link.id, [offered.id])
    with reading() as session:
        kept = session.get_one(Link, link.id)
        assert (kept.step, kept.grant_id, kept.profiles) == ("advertising", None, [])


def test_a_new_login_for_more_marketplaces_must_reach_those_that_are_there() -> None:
    account_id = broken()
    link = links.add_marketplace(COMMAND_LINE, account_id)
    with pytest.raises(ConnectionRefused) as refused:
        consents.accept_login(trip(link, Channel.AAA), tokens(), Reach([profile("IT")]))
    assert refused.value.reason == Reason.PARTIAL_CONSENT
    assert set(refused.value.places) == {"DE", "FR"}

    reach = Reach([profile(each) for each in ("DE", "FR", "IT")])
    consents.accept_login(trip(link, Channel.AAA), tokens(), reach)
    consents.choose(secret_of(link), link.id, [reach.editable[2].id])
    assert stored(account_id)[0].aaa_status == "Connected"


def test_an_agency_s_other_clients_are_not_offered_to_an_account_known_by_its_profile() -> None:
    account_id = broken(merchant_id=None)
    ours, theirs = profile("DE"), profile("IT", "A2THEIRS")
    with transaction() as session:
        session.execute(
            sa.text("UPDATE account_marketplaces SET profile_id = :id WHERE marketplace_id = :de"),
            {"id": ours.id, "de": marketplace("DE").id},
        )
    link = links.add_marketplace(COMMAND_LINE, account_id)
    consents.offer(secret_of(link), link.id, Reach([ours, profile("ES"), theirs]))
    with reading() as session:
        offered = session.get_one(Link, link.id).profiles
    assert {each["merchant_id"] for each in offered} == {"A1OURS"}


def test_a_renewed_link_is_the_only_valid_one() -> None:
    account_id = broken()
    first = links.relaunch(COMMAND_LINE, account_id, [Channel.AAA])
    second = links.relaunch(COMMAND_LINE, account_id, [Channel.AAA])

    third = links.renew(COMMAND_LINE, first.id)

    with pytest.raises(LinkClosed, match="withdrawn"):
        walking.open_link(secret_of(second))
    assert walking.open_link(secret_of(third)) == third.id


def test_marketplaces_are_not_added_to_an_account_that_was_disconnected() -> None:
    account_id = broken()
    disconnect(account_id)
    with reading() as session:
        organization = session.get_one(Account, account_id).organization_id
    link = links.add_account(COMMAND_LINE, organization)
    with pytest.raises(BadInput, match="accounts shown"):
        walking.add_marketplace_instead(secret_of(link), link.id, account_id)


def test_going_on_with_an_account_that_is_there_is_told_of() -> None:
    account_id = broken()
    with reading() as session:
        organization = session.get_one(Account, account_id).organization_id
    link = links.add_account(COMMAND_LINE, organization)
    walking.add_marketplace_instead(secret_of(link), link.id, account_id)
    assert kinds(account_id)[-1] == "marketplaces_instead"


def test_a_name_cannot_take_the_place_of_the_link() -> None:
    text = messages.relaunch_text("Acme {link} {company}", None)
    assert text.body.count("{link}") == 1
    assert "{link}" not in text.subject
    assert messages.edited(text.subject, text.body)


def test_ending_trips_never_waits_in_a_circle_with_those_who_change_the_accounts() -> None:
    with transaction() as session:
        organization = factories.organization(session)
        accounts = [
            factories.account(
                session, organization, f"Acme {number}", aaa=factories.MISSING,
                sp_api=factories.MISSING,
            )
            for number in range(20)
        ]  # fmt: skip
    made = [links.relaunch(COMMAND_LINE, each, list(Channel)) for each in reversed(accounts)]
    later = clock.now() + timedelta(minutes=16)

    def change_all() -> None:
        for _ in range(20):
            picked = random.Random(1).sample(accounts, 20)
            now = clock.now()
            with (
                transaction() as session,
                tallies.tallied(session) as deltas,
                assess.changing(session, deltas, picked, now),
            ):
                pass

    for link in made:
        state_of(link, Channel.AAA)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(change_all)
        assert ending.abandon(later) == 20
        other.result()
    with reading() as session:
        assert not tallies.recount(session)


def test_a_customer_who_renames_their_organization_finds_its_account_under_the_new_name() -> None:
    link, secret = _begun("Acorn Ltd")
    walking.describe_account(secret, link.id, AccountType.SELLER, Region.EU, "First")
    walking.create_organization(secret, link.id, "Birch Ltd")

    assert _listed() == ("birch ltd", {"birch", "ltd"})


def test_an_account_begun_while_its_organization_is_renamed_bears_the_new_name() -> None:
    link, secret = _begun("Acorn Ltd")

    def describe() -> None:
        walking.describe_account(secret, link.id, AccountType.SELLER, Region.EU, "First")

    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            session.scalars(sa.select(Organization)).one().name = "Birch Ltd"
            session.flush()
            other = pool.submit(describe)
            until_waiting(other, session)
        other.result(timeout=30)

    assert _listed() == ("birch ltd", {"birch", "ltd"})


def _begun(name: str) -> tuple[NewLink, SecretStr]:
    """A link of somebody new, who has said what their organization is called."""
    link = links.invite(COMMAND_LINE, "jo@acme.example")
    walking.open_link(secret_of(link))
    walking.create_organization(secret_of(link), link.id, name)
    return link, secret_of(link)


def _listed() -> tuple[str, set[str]]:
    """Under which organization's name the only account is listed, and by which of it found."""
    with reading() as session:
        name = session.scalars(sa.select(Account.sort_name)).one().partition("\x1f")[0]
        words = set(session.scalars(sa.select(SearchWord.word)))
    assert not words & {"acorn"}
    return name, words & {"birch", "ltd"}
