"""The connection flow's use cases: what customers and staff may do, and what stays untouched."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from dashboard import clock, vault
from dashboard.actions import assess, tallies
from dashboard.actions.connecting import attempts, consents, ending, links, signing_up, walking
from dashboard.actions.connecting.attempts import Return
from dashboard.actions.connecting.ending import Failure
from dashboard.actions.connecting.making import NewLink
from dashboard.amazon.ads import Profile
from dashboard.amazon.lwa import Tokens
from dashboard.amazon.selling_partner import Participation
from dashboard.db.connecting import Attempt, Link, Message
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event
from dashboard.db.models import (
    Account,
    AccountChannel,
    AccountMarketplace,
    Grant,
    Organization,
    Stream,
)
from dashboard.diagnosis import Channel, Reason
from dashboard.errors import (
    AttemptRefused,
    BadInput,
    ConnectionRefused,
    LinkClosed,
    NotFound,
    NothingToConnect,
    TooMany,
)
from dashboard.marketplaces import Region, marketplace
from dashboard.roles import COMMAND_LINE
from dashboard.signals import Reach
from dashboard.status import AccountType
from tests import factories
from tests.factories import REVOKED

BROWSER = SecretStr("the-cookie-of-this-browser")
_tokens = count(1)


def tokens() -> Tokens:
    return Tokens(
        access_token=SecretStr(f"Atza|{next(_tokens)}"),
        refresh_token=SecretStr(f"Atzr|{next(_tokens)}"),
        expires_at=clock.now() + timedelta(hours=1),
    )


def profile(country: str, merchant: str = "A1OURS", **account: Any) -> Profile:
    info = {"id": merchant, "type": "seller", "marketplaceStringId": marketplace(country).id}
    number = sum(map(ord, country + merchant))
    return Profile.model_validate(
        {"profileId": number, "countryCode": country, "accountInfo": info | account}
    )


def joined(*countries: str) -> list[Participation]:
    return [
        Participation.model_validate(
            {
                "marketplace": {"id": marketplace(each).id},
                "participation": {"isParticipating": True, "hasSuspendedListings": False},
            }
        )
        for each in countries
    ]


def secret_of(link: NewLink) -> SecretStr:
    return SecretStr(link.url.get_secret_value().rpartition("/")[2])


def trip(link: NewLink, channel: Channel, browser: SecretStr = BROWSER) -> Return:
    """Leave for Amazon and come back."""
    return attempts.spend(channel, state_of(link, channel), browser)


def state_of(link: NewLink, channel: Channel) -> str:
    url = attempts.depart(secret_of(link), link.id, channel, BROWSER)
    return parse_qs(urlsplit(url).query)["state"][0]


def stored(account_id: int) -> tuple[Account, dict[str, AccountChannel]]:
    with reading() as session:
        account = session.get_one(Account, account_id)
        channels = session.scalars(
            sa.select(AccountChannel).where(AccountChannel.account_id == account_id)
        )
        return account, {each.channel: each for each in channels}


def kinds(account_id: int) -> list[str]:
    with reading() as session:
        told = sa.select(Event.kind).where(Event.account_id == account_id).order_by(Event.id)
        return list(session.scalars(told))


def broken(**columns: Any) -> int:
    """A seller in Germany and France whose both consents were revoked."""
    with transaction() as session:
        organization = factories.organization(session, contacts=["jo@acme.example"])
        return factories.account(
            session, organization, marketplaces=["DE", "FR"], aaa=REVOKED, sp_api=REVOKED,
            **({"merchant_id": "A1OURS"} | columns),
        )  # fmt: skip


def test_a_relaunched_account_is_connected_again_and_keeps_its_history(database: str) -> None:
    account_id = broken()
    link = links.relaunch(COMMAND_LINE, account_id, list(Channel))
    walking.open_link(secret_of(link))
    before = stored(account_id)[1]["AAA"].grant_id

    back = trip(link, Channel.AAA)
    consents.accept_login(back, tokens(), Reach([profile("DE"), profile("FR")]))
    back = trip(link, Channel.SP_API)
    consents.accept_seller(back, tokens(), "A1OURS", joined("DE", "FR"))

    account, channels = stored(account_id)
    assert (account.aaa_status, account.sp_api_status) == ("Connected", "Connected")
    assert account.headline == "Healthy"
    assert channels["AAA"].grant_id == before, "the grant is renewed, not doubled"
    with reading() as session:
        grant = session.get_one(Grant, before)
        assert vault.open_sealed(grant.refresh_token or "").get_secret_value().startswith("Atzr|")
        assert session.get_one(Link, link.id).done_at is not None
        assert session.scalar(sa.select(sa.func.count()).select_from(Grant)) == 2
        assert grant.check_due_at is not None
        assert timedelta() < grant.check_due_at - clock.now() < timedelta(minutes=10)
        assert vault.open_sealed(grant.access_token or "").get_secret_value().startswith("Atza|")
        dues = session.scalars(sa.select(Stream.due_at)).all()
        assert all(each is not None and each <= clock.now() for each in dues), "synced at once"
    assert kinds(account_id) == [
        "relaunched", "link_opened", "left_for_amazon", "reconnected", "left_for_amazon",
        "reconnected",
    ]  # fmt: skip


def test_a_new_customer_walks_from_an_e_mail_address_to_syncing(database: str) -> None:
    signing_up.get_started("New@Customer.example", "127.0.0.1")
    with reading() as session:
        message = session.scalars(sa.select(Message)).one()
        assert message.email == "new@customer.example"
        assert "Atz" not in message.body
        url = vault.open_sealed(message.sealed_link or "").get_secret_value()
    assert url not in message.body
    link_id = walking.open_link(SecretStr(url.rpartition("/")[2]))
    link = NewLink(link_id, SecretStr(url), clock.now())
    secret = secret_of(link)

    walking.create_organization(secret, link_id, " Newcomer   Ltd ")
    walking.describe_account(secret, link_id, AccountType.SELLER, Region.EU, "Newcomer EU")
    back = trip(link, Channel.AAA)
    offered = [profile("DE", "A9NEW"), profile("FR", "A9NEW"), profile("IT", "A8OTHER")]
    consents.accept_login(back, tokens(), Reach(offered))
    with pytest.raises(BadInput, match="one merchant"):
        consents.choose(secret, link_id, [each.id for each in offered])
    consents.choose(secret, link_id, [offered[0].id])
    back = trip(link, Channel.SP_API)
    consents.accept_seller(back, tokens(), "A9NEW", joined("DE", "FR"))

    with reading() as session:
        account = session.scalars(sa.select(Account)).one()
        assert session.scalars(sa.select(Organization.name)).all() == ["Newcomer Ltd"]
        places = session.scalars(sa.select(AccountMarketplace.marketplace_id)).all()
        streams = session.execute(sa.select(Stream.marketplace_id, Stream.channel)).all()
    assert (account.headline, account.merchant_id) == ("First sync", "A9NEW")
    assert places == [marketplace("DE").id]
    assert sorted(each.channel for each in streams) == ["AAA", "SP-API"]


@pytest.mark.parametrize(
    ("reach", "reason"),
    [
        (Reach([profile("DE", "A2THEIRS"), profile("FR", "A2THEIRS")]), Reason.WRONG_LOGIN),
        (Reach([profile("DE")]), Reason.PARTIAL_CONSENT),
        (Reach([profile("DE")], view_only=[profile("FR")]), Reason.VIEW_ONLY),
        (Reach([], view_only=[profile("DE"), profile("FR")]), Reason.VIEW_ONLY),
        (Reach([]), Reason.NEVER_ADVERTISED),
        (Reach([profile("DE", type="agency")]), Reason.AGENCY_PROFILE),
        (Reach([profile("DE", subType="KDP_AUTHOR")]), Reason.AUTHOR_PROFILE),
        (Reach([], elsewhere={Region.NA: [profile("US")]}), Reason.WRONG_REGION),
    ],
)
def test_a_login_that_does_not_serve_the_account_is_refused_and_the_old_consent_stays(
    database: str, reach: Reach, reason: Reason
) -> None:
    account_id = broken()
    before = stored(account_id)
    link = links.relaunch(COMMAND_LINE, account_id, [Channel.AAA])
    back = trip(link, Channel.AAA)

    with pytest.raises(ConnectionRefused) as refused:
        consents.accept_login(back, tokens(), reach)
    ending.fail(back, Failure(reason, refused.value.places))

    assert refused.value.reason == reason
    after = stored(account_id)
    assert after[1]["AAA"].grant_id == before[1]["AAA"].grant_id
    assert after[0].headline == before[0].headline == "Needs reconnect"
    with reading() as session:
        assert session.scalar(sa.select(Grant.refresh_token).where(Grant.version > 0)) is None
        assert session.get_one(Link, link.id).problem == reason
    assert kinds(account_id)[-1] == "attempt_failed"


@pytest.mark.parametrize(
    ("identity", "places", "reason"),
    [
        ("A2THEIRS", ["DE", "FR"], Reason.MERCHANT_MISMATCH),
        ("A1OURS", ["DE"], Reason.MARKETPLACE_NOT_JOINED),
        ("A1OURS", ["US"], Reason.WRONG_REGION),
    ],
)
def test_a_seller_who_does_not_serve_the_account_is_refused(
    database: str, identity: str, places: list[str], reason: Reason
) -> None:
    account_id = broken()
    with transaction() as session:
        session.execute(sa.update(Grant).values(identity="import:1"))
    link = links.relaunch(COMMAND_LINE, account_id, [Channel.SP_API])
    back = trip(link, Channel.SP_API)

    with pytest.raises(ConnectionRefused) as refused:
        consents.accept_seller(back, tokens(), identity, joined(*places))

    assert refused.value.reason == reason
    assert stored(account_id)[0].sp_api_status == "Needs reconnect"
    if reason is Reason.MARKETPLACE_NOT_JOINED:
        assert refused.value.places == ("FR",)


def test_another_seller_than_before_is_a_wrong_login(database: str) -> None:
    account_id = broken()
    with transaction() as session:
        session.execute(sa.update(Grant).values(identity="A1OURS"))
    link = links.relaunch(COMMAND_LINE, account_id, [Channel.SP_API])
    with pytest.raises(ConnectionRefused) as refused:
        consents.accept_seller(trip(link, Channel.SP_API), tokens(), "A2THEIRS", joined("DE"))
    assert refused.value.reason == Reason.WRONG_LOGIN


def test_a_merchant_connected_elsewhere_is_refused_and_only_staff_learn_where(
    database: str,
) -> None:
    with transaction() as session:
        other = factories.organization(session, "Rival GmbH")
        rival = factories.account(
            session, other, "Rival EU", marketplaces=["DE"], merchant_id="ENTITY1OURS",
            external_id="RIVAL-1",
        )  # fmt: skip
    account_id = broken()
    link = links.relaunch(COMMAND_LINE, account_id, list(Channel))
    back = trip(link, Channel.AAA)
    with pytest.raises(ConnectionRefused) as refused:
        consents.accept_login(back, tokens(), Reach([profile("DE"), profile("FR")]))
    failure = Failure(Reason.ALREADY_CONNECTED, elsewhere=refused.value.elsewhere)
    ending.fail(back, failure)
    assert refused.value.elsewhere == (rival,)
    assert "Rival" not in str(refused.value)
    with reading() as session:
        told = session.scalars(sa.select(Event.details).order_by(Event.id.desc())).first()
    assert told is not None
    assert told["stands_in_the_way"] == "RIVAL-1"


def test_one_login_behind_several_accounts_is_renewed_for_all_that_it_still_reaches(
    database: str,
) -> None:
    first = broken()
    with transaction() as session:
        grant = factories.grant_of(session, first, Channel.AAA)
        shared = factories.Wire(grant_id=grant)
        organization = session.get_one(Account, first).organization_id
        others = [
            factories.account(
                session, organization, f"Client {place}", marketplaces=[place], aaa=shared,
                merchant_id=f"A{place}",
            )
            for place in ("IT", "ES")
        ]  # fmt: skip
    reach = Reach([profile("DE"), profile("FR"), profile("IT", "AIT"), profile("ES", "AES")])
    link = links.relaunch(COMMAND_LINE, first, [Channel.AAA])
    consents.accept_login(trip(link, Channel.AAA), tokens(), reach)
    for each in (first, *others):
        assert stored(each)[0].aaa_status == "Connected"
        assert stored(each)[1]["AAA"].grant_id == grant

    now, accounts = clock.now(), [first, *others]
    with (
        transaction() as session,
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, accounts, now),
    ):
        session.execute(sa.update(Grant).values(refused_at=now))
    link = links.relaunch(COMMAND_LINE, first, [Channel.AAA])
    consents.accept_login(trip(link, Channel.AAA), tokens(), Reach([profile("DE"), profile("FR")]))
    assert stored(first)[0].aaa_status == "Connected"
    assert stored(others[0])[0].aaa_status == "Needs reconnect", (
        "it lost nothing, and gained nothing"
    )
    assert stored(others[0])[1]["AAA"].grant_id == grant


def test_a_trip_is_taken_back_once_in_time_and_in_its_own_browser(
    database: str,
) -> None:
    account_id = broken()
    link = links.relaunch(COMMAND_LINE, account_id, [Channel.AAA])
    state = state_of(link, Channel.AAA)
    for wrong in (SecretStr("another browser"), None):
        with pytest.raises(AttemptRefused, match="browser"):
            attempts.spend(Channel.AAA, state, wrong)
    with pytest.raises(AttemptRefused, match="browser"):
        attempts.spend(Channel.SP_API, state, BROWSER)
    with pytest.raises(AttemptRefused, match="browser"):
        attempts.spend(Channel.AAA, "forged", BROWSER)
    attempts.spend(Channel.AAA, state, BROWSER)
    with pytest.raises(AttemptRefused, match="already"):
        attempts.spend(Channel.AAA, state, BROWSER)

    late = state_of(link, Channel.AAA)
    with transaction() as session:
        session.execute(sa.update(Attempt).values(expires_at=clock.now()))
    with pytest.raises(AttemptRefused, match="longer"):
        attempts.spend(Channel.AAA, late, BROWSER)
    with reading() as session:
        kept = session.execute(sa.select(Attempt.state_hash, Attempt.verifier)).all()
    assert all(state not in row.state_hash and late not in row.state_hash for row in kept)


def test_two_returns_at_once_end_in_one_grant(database: str) -> None:
    account_id = broken()
    link = links.relaunch(COMMAND_LINE, account_id, [Channel.AAA])
    state = state_of(link, Channel.AAA)
    reach = Reach([profile("DE"), profile("FR")])

    def come_back(_number: int) -> bool:
        try:
            consents.accept_login(attempts.spend(Channel.AAA, state, BROWSER), tokens(), reach)
        except AttemptRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        came = list(threads.map(come_back, range(4)))
    assert sorted(came) == [False, False, False, True]
    with reading() as session:
        grant = session.scalars(sa.select(Grant).where(Grant.channel == "AAA")).one()
    assert grant.version == 1


def test_nobody_comes_back_from_amazons_error_page_and_the_trip_is_abandoned(
    database: str,
) -> None:
    with transaction() as session:
        organization = factories.organization(session)
        account_id = factories.account(
            session, organization, aaa=factories.MISSING, sp_api=factories.MISSING
        )
    link = links.relaunch(COMMAND_LINE, account_id, list(Channel))
    state_of(link, Channel.AAA)
    assert stored(account_id)[0].aaa_status == "At Amazon"
    assert ending.abandon() == 0

    assert ending.abandon(clock.now() + timedelta(minutes=16)) == 1
    account, channels = stored(account_id)
    assert (account.headline, account.reason) == ("Not connected", "abandoned")
    assert channels["AAA"].problem == "abandoned"
    assert ending.abandon(clock.now() + timedelta(minutes=16)) == 0


def test_what_works_is_not_relaunched_by_accident(database: str) -> None:
    with transaction() as session:
        organization = factories.organization(session)
        well = factories.account(session, organization)
        half = factories.account(session, organization, "Half", sp_api=REVOKED)
    with pytest.raises(NothingToConnect):
        links.relaunch(COMMAND_LINE, well, list(Channel))
    link = links.relaunch(COMMAND_LINE, half, list(Channel))
    with reading() as session:
        assert session.get_one(Link, link.id).channels == ["SP-API"]


def test_one_problem_has_one_valid_link(database: str) -> None:
    account_id = broken()
    first = links.relaunch(COMMAND_LINE, account_id, [Channel.AAA])
    second = links.relaunch(COMMAND_LINE, account_id, [Channel.AAA])
    with pytest.raises(LinkClosed, match="withdrawn"):
        walking.open_link(secret_of(first))
    walking.open_link(secret_of(second))
    third = links.renew(COMMAND_LINE, second.id)
    with pytest.raises(LinkClosed):
        walking.open_link(secret_of(second))
    links.revoke(COMMAND_LINE, third.id)
    links.revoke(COMMAND_LINE, third.id)
    with pytest.raises(LinkClosed):
        walking.open_link(secret_of(third))
    with pytest.raises(NotFound):
        walking.open_link(SecretStr("guess"))
    assert kinds(account_id).count("link_revoked") == 1
    with reading() as session:
        hashes = session.scalars(sa.select(Link.token_hash)).all()
    assert secret_of(first).get_secret_value() not in hashes


def test_mail_goes_to_contacts_only_and_holds_no_readable_link(database: str) -> None:
    account_id = broken()
    link = links.relaunch(COMMAND_LINE, account_id, [Channel.AAA])
    with pytest.raises(BadInput, match="contact"):
        links.send(COMMAND_LINE, link.url, ["eve@evil.example"], "Hello", "Go: {link}")
    with pytest.raises(BadInput, match="link"):
        links.send(COMMAND_LINE, link.url, ["jo@acme.example"], "Hello", "Go")
    links.send(COMMAND_LINE, link.url, ["JO@acme.example"], "Hello", "Go: {link}")
    with reading() as session:
        message = session.scalars(sa.select(Message)).one()
        assert session.get_one(Link, link.id).sent_at is not None
    assert link.url.get_secret_value() not in (message.body, message.sealed_link)
    assert kinds(account_id)[-1] == "link_mailed"


def test_get_started_tells_nobody_whether_an_address_is_known_and_is_rationed(
    database: str,
) -> None:
    with transaction() as session:
        factories.organization(session, contacts=["jo@acme.example"])
    for _ in range(5):
        signing_up.get_started("jo@acme.example", "192.0.2.1")
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Message)) == 3
    for number in range(5):
        signing_up.get_started(f"x{number}@acme.example", "192.0.2.1")
    with pytest.raises(TooMany):
        signing_up.get_started("x5@acme.example", "192.0.2.1")
    signing_up.get_started("new@acme.example", "192.0.2.2")


def test_a_vendor_may_leave_selling_partner_out_and_a_seller_may_not(database: str) -> None:
    with transaction() as session:
        organization = factories.organization(session)
    for kind in AccountType:
        link = links.add_account(COMMAND_LINE, organization)
        secret = secret_of(link)
        walking.describe_account(secret, link.id, kind, Region.EU, f"A {kind}")
        merchant = f"A{kind.upper()}"
        offered = profile("DE", merchant, type=kind.value)
        consents.accept_login(trip(link, Channel.AAA), tokens(), Reach([offered]))
        consents.choose(secret, link.id, [offered.id])
        if kind is AccountType.SELLER:
            with pytest.raises(BadInput):
                walking.skip_selling_partner(secret, link.id)
            continue
        walking.skip_selling_partner(secret, link.id)
        with reading() as session:
            done = session.get_one(Link, link.id)
            assert done.done_at is not None
        assert stored(done.account_id or 0)[0].headline == "First sync"


def test_marketplaces_are_added_to_an_account_without_a_second_account(database: str) -> None:
    with transaction() as session:
        organization = factories.organization(session)
        account_id = factories.account(
            session, organization, marketplaces=["DE"], merchant_id="A1OURS"
        )
    link = links.add_marketplace(COMMAND_LINE, account_id)
    reach = Reach([profile("DE"), profile("FR"), profile("US"), profile("IT", "A2THEIRS")])
    consents.offer(secret_of(link), link.id, reach)
    with reading() as session:
        offered = session.get_one(Link, link.id).profiles
    assert [(each["marketplace_id"], each["taken"]) for each in offered] == [
        (marketplace("DE").id, True), (marketplace("FR").id, False),
    ]  # fmt: skip
    with pytest.raises(BadInput, match="already"):
        consents.choose(secret_of(link), link.id, [offered[0]["profile_id"]])
    consents.choose(secret_of(link), link.id, [offered[1]["profile_id"]])
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(Stream)) == 4
        assert session.get_one(Link, link.id).done_at is not None


def test_a_return_that_is_not_accepted_is_told_of(database: str) -> None:
    account_id = broken()
    link = links.relaunch(COMMAND_LINE, account_id, [Channel.AAA])
    state = state_of(link, Channel.AAA)
    with pytest.raises(AttemptRefused):
        attempts.spend(Channel.AAA, state, SecretStr("another browser"))
    attempts.spend(Channel.AAA, state, BROWSER)
    with pytest.raises(AttemptRefused):
        attempts.spend(Channel.AAA, state, BROWSER)
    assert kinds(account_id)[-2:] == ["return_refused", "return_refused"]
