"""An organization is one tree; its urgent accounts are shown, and all are counted."""

from datetime import timedelta

import pytest

from dashboard import clock
from dashboard.db.engine import reading, transaction
from dashboard.diagnosis import Actor, Channel, Reason
from dashboard.errors import BadInput, NotFound
from dashboard.marketplaces import marketplace
from dashboard.queries import advice, organization, tree
from dashboard.queries.advice import Candidate, Do, advise
from dashboard.queries.tree import Kind, Level
from dashboard.status import AccountType, ChannelStatus
from tests import factories
from tests.factories import MISSING, REVOKED, Sync, Wire

NOW = clock.now()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def acme(database: str) -> int:
    """Acme has a healthy seller in Europe and one in North America that lost SP-API."""
    with transaction() as session:
        ana = factories.staff(session, "Ana Berg")
        acme = factories.organization(
            session,
            "Acme GmbH",
            external_id="ORG-ACME",
            strategist_id=ana,
            contacts=["zoe@acme.example", "ben.ode@acme.example"],
        )
        factories.account(
            session,
            acme,
            "Acme EU",
            marketplaces=("FR", "DE"),
            syncs={("FR", Channel.AAA): Sync(age=5 * HOUR)},
            now=NOW,
        )
        factories.account(
            session, acme, "Acme US", region="NA", marketplaces=("US",), sp_api=REVOKED, now=NOW
        )
    return acme


def grown(organization_id: int) -> Level:
    with reading() as session:
        found = tree.tree(session, organization_id, NOW)
    assert found is not None
    return found


def told(organization_id: int, country: str) -> list[tuple[str, str]]:
    with reading() as session:
        found = advice.advice(session, organization_id, country)
    return [(each.do.value, each.account.name if each.account else "") for each in found]


def test_an_organization_says_who_looks_after_it(acme: int) -> None:
    with reading() as session:
        found = organization.customer(session, acme)

    assert (found.name, found.external_id, found.strategist) == (
        "Acme GmbH", "ORG-ACME", "Ana Berg",
    )  # fmt: skip


@pytest.mark.parametrize("organization_id", [0, -1, 999, 2**31 - 1])
def test_an_organization_that_does_not_exist_is_said_to_be_missing(
    database: str, organization_id: int
) -> None:
    with (
        reading() as session,
        pytest.raises(NotFound, match=f"There is no organization {organization_id}"),
    ):
        organization.customer(session, organization_id)


def test_contacts_are_listed_by_address(acme: int) -> None:
    with reading() as session:
        found = organization.contacts(session, acme)
        none = organization.contacts(session, 999)

    assert found.to_dict("records") == [
        {"name": "Ben Ode", "email": "ben.ode@acme.example"},
        {"name": "Zoe", "email": "zoe@acme.example"},
    ]
    assert none.empty
    assert list(none.columns) == list(organization.CONTACTS)


def test_an_organization_without_accounts_has_no_tree(database: str) -> None:
    with transaction() as session:
        empty = factories.organization(session)
    with reading() as session:
        assert tree.tree(session, empty, NOW) is None


def test_the_tree_goes_from_the_organization_to_the_channel(acme: int) -> None:
    root = grown(acme)
    path = [root]
    while path[-1].parts:
        path.append(path[-1].parts[-1])

    assert [level.kind for level in path] == list(Kind)
    assert [region.name for region in root.parts] == ["North America", "Europe"]
    assert [each.name for each in root.parts[1].parts[0].parts] == ["Germany", "France"]


def test_every_level_is_as_urgent_as_the_worst_below_it(acme: int) -> None:
    root = grown(acme)
    america, europe = root.parts
    united_states = america.parts[0].parts[0]
    aaa, selling_partner = united_states.parts

    assert (root.status, root.actor) == ("Needs reconnect", "Customer")
    assert (america.status, america.actor) == ("Needs reconnect", "Customer")
    assert (united_states.status, united_states.reason) == ("Needs reconnect", "consent_revoked")
    assert (selling_partner.status, selling_partner.actor) == ("Needs reconnect", "Customer")
    assert (aaa.status, aaa.actor) == ("Healthy", "Nobody")
    assert (europe.status, europe.actor) == ("Healthy", "Nobody")


def test_every_level_is_as_old_as_the_oldest_below_it(acme: int) -> None:
    europe = grown(acme).parts[1]
    germany, france = europe.parts[0].parts

    assert germany.synced_at == NOW - HOUR
    assert france.synced_at == NOW - 5 * HOUR
    assert europe.parts[0].synced_at == NOW - 5 * HOUR
    assert europe.synced_at == NOW - 5 * HOUR


def test_what_someone_chose_to_stop_makes_its_organization_no_older(database: str) -> None:
    with transaction() as session:
        partly = factories.organization(session)
        factories.account(session, partly, "Running", now=NOW)
        old = Sync(age=90 * DAY)
        factories.account(session, partly, "Paused", sync=old, paused_at=NOW - 80 * DAY, now=NOW)

    europe = grown(partly).parts[0]

    assert europe.synced_at == NOW - HOUR
    assert [(part.name, part.synced_at) for part in europe.parts] == [
        ("Running", NOW - HOUR), ("Paused", NOW - 90 * DAY),
    ]  # fmt: skip


def test_who_must_act_is_counted_by_accounts(acme: int) -> None:
    root = grown(acme)

    assert root.accounts == 2
    assert root.acting == ((Actor.CUSTOMER, 1), (Actor.NOBODY, 1))


def test_a_vendors_optional_channel_does_not_count_against_it(database: str) -> None:
    with transaction() as session:
        vendors = factories.organization(session)
        factories.account(session, vendors, type="vendor", sp_api=MISSING, now=NOW)

    germany = grown(vendors).parts[0].parts[0].parts[0]

    assert germany.status == "Healthy"
    assert [part.status for part in germany.parts] == ["Healthy", "Not required"]
    assert germany.parts[1].actor == "Nobody"


def test_an_account_without_marketplaces_shows_its_channels(database: str) -> None:
    with transaction() as session:
        new = factories.organization(session)
        factories.account(session, new, marketplaces=(), aaa=MISSING, sp_api=MISSING, now=NOW)

    account = grown(new).parts[0].parts[0]

    assert [(part.kind, part.name, part.status) for part in account.parts] == [
        (Kind.CHANNEL, "AAA", "Not connected"),
        (Kind.CHANNEL, "SP-API", "Not connected"),
    ]


def test_a_marketplace_that_has_not_synced_yet_has_no_age(database: str) -> None:
    with transaction() as session:
        new = factories.organization(session)
        young = Wire(consent_age=HOUR)
        factories.account(
            session, new, aaa=young, sp_api=young, sync=Sync(age=None),
            syncs={("DE", Channel.AAA): Sync(age=HOUR)}, now=NOW,
        )  # fmt: skip

    germany = grown(new).parts[0].parts[0].parts[0]

    assert (germany.status, germany.synced_at) == ("First sync", None)
    assert [part.status for part in germany.parts] == ["Healthy", "First sync"]


def test_of_many_accounts_the_most_urgent_are_shown_and_all_are_counted(database: str) -> None:
    with transaction() as session:
        agency = factories.organization(session, "Bright Agency")
        for number in range(tree.MOST_ACCOUNTS + 10):
            factories.account(session, agency, f"Client {number:02}", now=NOW)
        factories.account(session, agency, "Zebra", sp_api=REVOKED, now=NOW)
        problem = Wire(problem=Reason.OUR_FAULT)
        factories.account(session, agency, "Yak", sp_api=problem, now=NOW)

    europe = grown(agency).parts[0]

    assert [part.name for part in europe.parts[:3]] == ["Yak", "Zebra", "Client 00"]
    assert len(europe.parts) == tree.MOST_ACCOUNTS
    assert europe.accounts == tree.MOST_ACCOUNTS + 12
    assert europe.hidden == 12
    assert dict(europe.acting) == {
        Actor.US: 1, Actor.CUSTOMER: 1, Actor.NOBODY: tree.MOST_ACCOUNTS + 10,
    }  # fmt: skip


def test_a_country_of_a_region_with_an_account_is_added_to_that_account(acme: int) -> None:
    assert told(acme, "IT") == [("Add marketplace", "Acme EU"), ("Add account", "")]


def test_a_country_that_an_account_has_needs_nothing(acme: int) -> None:
    assert told(acme, "DE")[0] == ("Nothing to add", "Acme EU")


def test_a_country_of_another_region_needs_a_new_account(acme: int) -> None:
    assert told(acme, "JP") == [("Add account", "")]
    assert told(999, "JP") == [("Add account", "")]


def test_advice_to_a_large_organization_names_some_accounts_of_each_type(database: str) -> None:
    with transaction() as session:
        agency = factories.organization(session)
        for number in range(8):
            factories.account(session, agency, f"Seller {number}", now=NOW)
            factories.account(session, agency, f"Vendor {number}", type="vendor", now=NOW)

    names = [name for do, name in told(agency, "FR") if do == "Add marketplace"]

    assert names == [
        f"{kind} {each}" for kind in ("Seller", "Vendor") for each in range(advice.NAMED)
    ]


def test_a_country_nobody_knows_is_refused(acme: int) -> None:
    with pytest.raises(BadInput, match="not known"):
        told(acme, "XX")


def candidate(
    *,
    type: AccountType = AccountType.SELLER,  # noqa: A002 - named as the field
    selling_partner: ChannelStatus = ChannelStatus.CONNECTED,
    joined: bool = False,
) -> Candidate:
    return Candidate(7, "Acme EU", type, selling_partner, joined)


def test_a_standing_consent_need_not_be_confirmed_again() -> None:
    first = advise(marketplace("FR"), [candidate()])[0]

    assert first.do is Do.ADD_MARKETPLACE
    assert "covers every marketplace in Europe" in first.because
    assert "need not confirm" in first.because
    assert "advertising profile for France" in first.because


def test_a_broken_consent_has_to_be_mended_before_it_covers_more() -> None:
    broken = candidate(selling_partner=ChannelStatus.NEEDS_RECONNECT)
    first = advise(marketplace("FR"), [broken])[0]

    assert first.do is Do.ADD_MARKETPLACE
    assert '"Needs reconnect" and has to be mended first' in first.because


def test_sellers_and_vendors_are_told_apart() -> None:
    seller, vendor = candidate(), candidate(type=AccountType.VENDOR)

    only_seller = advise(marketplace("FR"), [seller])
    both = advise(marketplace("FR"), [seller, vendor])

    assert "for a vendor business" in only_seller[-1].because
    assert "same vendor" in both[1].because
    assert both[-1].because.startswith("Only for another merchant")
    assert [each.do for each in both] == [Do.ADD_MARKETPLACE] * 2 + [Do.ADD_ACCOUNT]


def test_the_first_account_of_a_region_is_explained_by_the_region() -> None:
    (only,) = advise(marketplace("JP"), [])

    assert only.do is Do.ADD_ACCOUNT
    assert "no account in Far East" in only.because
    assert "Japan" in only.because
