"""The page of one organization, through the real entrypoint."""

from datetime import timedelta

import pytest

from dashboard.db.engine import transaction
from dashboard.queries import tree
from tests import factories
from tests.factories import MISSING, REVOKED
from tests.pages.opening import opened, text

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def acme(database: str) -> int:
    with transaction() as session:
        ana = factories.staff(session, "Ana Berg")
        acme = factories.organization(
            session, "Acme GmbH", strategist_id=ana, contacts=["zoe@acme.example"]
        )
        factories.account(session, acme, "Acme EU", marketplaces=("DE", "FR"), sp_api=REVOKED)
        factories.account(session, acme, "Acme US", region="NA", marketplaces=("US",))
        factories.event(
            session, "renamed_twice", timedelta(days=3), organization_id=acme, before="A", after="B"
        )
    return acme


def test_the_tree_shows_every_level_with_status_age_and_who_acts(acme: int) -> None:
    shown = opened("organization", id=acme).dataframe[0].value

    assert [each.strip() for each in shown["name"]] == [
        "Acme GmbH (2)", "North America (1)", "Acme US", "United States",
        "Europe (1)", "Acme EU", "Germany", "France",
    ]  # fmt: skip
    assert list(shown["who"]) == [
        "Customer 1", "- Nobody", "- Nobody", "- Nobody",
        "Customer 1", "● Customer", "● Customer", "● Customer",
    ]  # fmt: skip
    assert set(shown["age"]) == {"1 h"}
    assert shown["status"][4] == ["✕ Needs reconnect"]
    assert shown["AAA"][6] == ["✓ Healthy · 1 h"]
    assert shown["SP_API"][6] == ["✕ Needs reconnect · 1 h · Customer"]
    assert shown["why"][5] == "Amazon no longer accepts the consent"


def test_it_says_whom_we_know_and_what_was_done(acme: int) -> None:
    said = text(opened("organization", id=acme))

    assert "Strategist: Ana Berg" in said
    assert "zoe@acme.example" in said
    assert "**Renamed twice**: A → B" in said
    assert "3 d ago".replace(" ", "\N{NO-BREAK SPACE}") in said


def test_a_country_in_the_address_gives_the_advice_that_was_copied(acme: int) -> None:
    app = opened("organization", id=acme, country="Italy")

    assert app.selectbox(key="country").value == "Italy"
    said = text(app)
    assert "**Add marketplace**" in said
    assert "Acme EU (seller)" in said
    assert "**Add account**" in said


def test_a_country_picked_gives_its_advice(acme: int) -> None:
    app = opened("organization", id=acme)
    assert "Pick a country" in text(app)

    app.selectbox(key="country").set_value("Japan").run()

    assert not app.exception
    assert "no account in Far East" in text(app)


def test_a_country_that_amazon_does_not_sell_in_is_not_chosen(acme: int) -> None:
    app = opened("organization", id=acme, country="Atlantis")

    assert app.selectbox(key="country").value is None
    assert not app.error


def test_an_organization_without_accounts_says_what_comes_next(database: str) -> None:
    with transaction() as session:
        empty = factories.organization(session, "Empty AG")

    app = opened("organization", id=empty)

    assert "has no account yet" in app.info[0].value
    said = text(app)
    assert "No contact is known" in said
    assert "Nothing was done yet." in said
    assert not app.dataframe


def test_a_large_organization_shows_its_urgent_accounts_and_leads_to_the_others(
    database: str,
) -> None:
    with transaction() as session:
        agency = factories.organization(session, "Bright Agency")
        for number in range(tree.MOST_ACCOUNTS + 3):
            factories.account(
                session, agency, f"Client {number:02}", marketplaces=(), aaa=MISSING, sp_api=MISSING
            )

    names = [each.strip() for each in opened("organization", id=agency).dataframe[0].value["name"]]

    assert names[:2] == ["Bright Agency (23)", "Europe (23)"]
    assert names[-1] == "and 3 more"
    assert len(names) == tree.MOST_ACCOUNTS + 3


@pytest.mark.parametrize("wrong", ["999", "0"])
def test_a_number_that_is_no_organization_is_named_in_a_sentence(acme: int, wrong: str) -> None:
    app = opened("organization", id=wrong)

    assert f"There is no organization {wrong}" in app.error[0].value
    assert not app.subheader


@pytest.mark.parametrize("wrong", ["-1", "abc", "9" * 40])
def test_what_is_no_number_is_refused(acme: int, wrong: str) -> None:
    error = opened("organization", id=wrong).error[0].value.replace("\\", "")

    assert error.startswith("The address names no organization")


def test_without_an_id_the_page_says_how_to_choose_one(acme: int) -> None:
    assert "Choose an organization first" in opened("organization").info[0].value


def test_names_are_shown_as_they_are_written(database: str) -> None:
    name = "[Click](https://evil.example) **x** :red[y]"
    with transaction() as session:
        organization = factories.organization(session, name, contacts=["[a](b)@evil.example"])

    app = opened("organization", id=organization)

    assert name in text(app)
    assert "[Click](" not in app.subheader[0].value
    assert "[a](" not in str(app.table[0].value.to_numpy())
