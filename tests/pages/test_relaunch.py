"""Relaunch, Add marketplace, Add account and Invite customer, as staff do it on the screen."""

import re

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from dashboard.actions.connecting import links
from dashboard.db.connecting import Link, Message
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event
from dashboard.diagnosis import Channel, Reason, playbook
from dashboard.flow import LinkKind
from dashboard.roles import Permission, Role, Staff
from dashboard.ui.asking import ASKED, Ask
from tests import factories
from tests.factories import REVOKED, Wire
from tests.pages.opening import opened, text

pytestmark = pytest.mark.usefixtures("database")

ANA = Staff(id=None, email="ana@northwind.example", name="Ana", role=Role.SUPPORT)
ZOE = "zoe@acme.example"
ABLE = [role for role in Role if Staff(None, "", "", role).can(Permission.RELAUNCH)]


def made(**options: object) -> int:
    with transaction() as session:
        acme = factories.organization(session, "Acme GmbH", contacts=[ZOE])
        return factories.account(session, acme, **options)  # type: ignore[arg-type]


def stored() -> list[Link]:
    with reading() as session:
        return list(session.scalars(sa.select(Link).order_by(Link.id)))


def written() -> list[Message]:
    with reading() as session:
        return list(session.scalars(sa.select(Message).order_by(Message.id)))


def keys(app: AppTest) -> set[str]:
    return {each.key for each in app.button}


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def test_a_broken_account_is_relaunched_to_a_link_that_is_shown_once() -> None:
    app = press(opened("account", id=made(sp_api=REVOKED)), "relaunch")

    said = text(app)
    assert playbook()[Reason.CONSENT_REVOKED].title in said
    assert "Touches" in said
    assert "Confirm access in Seller Central" in said
    assert "Sign in to Amazon Advertising" not in said
    press(app, "make")

    link = stored()[0]
    assert (link.kind, link.channels) == ("relaunch", ["SP-API"])
    address = next(each.value for each in app.code if "/l/" in each.value)
    assert app.get("link_button")[0].url == address
    assert address.rpartition("/")[2] not in str(app.query_params)


def test_a_channel_that_works_cannot_be_chosen() -> None:
    account_id = made(sp_api=REVOKED)
    app = press(opened("account", id=account_id), "relaunch")

    assert app.checkbox(key=f"relaunch_{account_id}_AAA").disabled
    assert app.checkbox(key=f"relaunch_{account_id}_SP_API").value


def test_an_account_that_works_has_nothing_to_relaunch() -> None:
    app = press(opened("account", id=made()), "relaunch")

    assert "make" not in keys(app)
    assert stored() == []


def test_other_accounts_on_the_login_are_named_before_the_link_is_made() -> None:
    first = made(aaa=REVOKED)
    with transaction() as session:
        grant = factories.grant_of(session, first, Channel.AAA)
        bright = factories.organization(session, "Bright Agency")
        factories.account(session, bright, "Other", aaa=Wire(grant_id=grant))

    said = text(press(opened("account", id=first), "relaunch"))

    assert "carries 1 other account" in said
    assert "- Other, Bright Agency (DE)" in said


def test_the_message_is_shown_can_be_changed_and_is_written_to_the_contacts() -> None:
    app = press(opened("account", id=made(sp_api=REVOKED)), "relaunch")
    press(app, "make")

    assert app.multiselect(key="mail_to").value == [ZOE]
    assert playbook()[Reason.CONSENT_REVOKED].customer in app.text_area(key="mail_body").value
    app.text_input(key="mail_subject").set_value("Please have a look")
    press(app, "mail_send")

    assert [(each.email, each.subject) for each in written()] == [(ZOE, "Please have a look")]
    assert "No mail server is set" in app.success[0].value


def test_a_message_without_the_place_of_its_link_is_refused_in_words() -> None:
    app = press(opened("account", id=made(sp_api=REVOKED)), "relaunch")
    press(app, "make")

    app.text_area(key="mail_body").set_value("Just call us")
    press(app, "mail_send")

    assert "exactly once" in app.error[0].value
    assert written() == []


@pytest.mark.parametrize("role", [role for role in Role if role not in ABLE])
def test_who_may_not_relaunch_sees_no_button(role: Role) -> None:
    account_id = made(sp_api=REVOKED)
    links.relaunch(ANA, account_id, [Channel.SP_API])

    app = opened("account", role, id=account_id)

    assert not {each for each in keys(app) if each.startswith(("relaunch", "renew", "revoke"))}
    assert "Relaunch SP-API" in text(app)


@pytest.mark.parametrize("role", [role for role in Role if role not in ABLE])
def test_a_dialog_that_is_forced_open_refuses_whoever_may_not(role: Role) -> None:
    account_id = made(sp_api=REVOKED)
    app = opened("account", role, id=account_id)
    app.session_state[ASKED] = Ask(f"account {account_id}", LinkKind.RELAUNCH, account_id)
    app.run()

    assert "may not relaunch" in app.error[0].value
    assert "make" not in keys(app)


def test_a_link_is_followed_renewed_and_withdrawn_on_the_page() -> None:
    account_id = made(sp_api=REVOKED)
    first = links.relaunch(ANA, account_id, [Channel.SP_API])
    app = opened("account", id=account_id)
    assert re.search(r"made \d+ s ago by Ana", text(app))

    press(app, f"renew_{first.id}")
    assert any("/l/" in each.value for each in app.code)
    old, new = stored()
    assert old.revoked_at is not None
    press(app, f"revoke_{new.id}")

    assert stored()[1].revoked_at is not None
    assert f"renew_{new.id}" not in keys(app)


def test_an_organization_offers_the_accounts_that_need_it() -> None:
    broken = made(sp_api=REVOKED, name="Broken")
    with transaction() as session:
        factories.account(session, 1, "Well")

    app = press(opened("organization", id=1), "relaunch")

    assert [
        each.partition(" \N{EM DASH} ")[2] for each in app.selectbox(key="link_account").options
    ] == ["Broken"]
    press(app, "make")
    assert stored()[0].account_id == broken


def test_another_account_is_added_from_the_organization() -> None:
    made()
    app = opened("organization", id=1)
    app.session_state[ASKED] = Ask("organization 1", LinkKind.ADD_ACCOUNT, organization_id=1)
    app.run()

    press(app, "make")

    assert (stored()[0].kind, stored()[0].organization_id) == ("add_account", 1)


def test_a_customer_is_invited_by_mail() -> None:
    app = press(opened("accounts"), "sign_up")
    app.text_input(key="invite_email").set_value("not an address")
    press(app, "invite_send")
    assert "not an e-mail address" in text(app)

    app.text_input(key="invite_email").set_value("New@Customer.example")
    press(app, "invite_send")

    assert [each.email for each in written()] == ["new@customer.example"]
    assert stored()[0].kind == "sign_up"


def test_several_accounts_are_relaunched_at_once_with_a_result_for_each() -> None:
    ids = [made(sp_api=REVOKED, name="One"), made(name="Well"), made(aaa=REVOKED, name="Two")]
    with transaction() as session:
        lonely = factories.organization(session, "Lonely Ltd")
        ids.append(factories.account(session, lonely, "Three", aaa=REVOKED))
    app = opened("accounts")
    app.session_state[ASKED] = Ask("accounts", LinkKind.RELAUNCH, accounts=tuple(ids))
    app.run()
    said = text(app)
    assert "works: left alone" in said
    assert "no contact known: left out" in said

    press(app, "send_many")

    said = text(app)
    assert said.count(f"Link mailed to {ZOE}.") == 2
    assert "Left alone: it works." in said
    assert sorted(tuple(each.channels) for each in stored()) == [("AAA",), ("SP-API",)]
    assert len(written()) == 2
    with reading() as session:
        kinds = list(session.scalars(sa.select(Event.kind).order_by(Event.id)))
    assert kinds == ["relaunched", "link_mailed"] * 2


def test_what_was_asked_for_on_one_account_does_not_open_on_another() -> None:
    first, second = made(sp_api=REVOKED), made(sp_api=REVOKED)
    app = opened("account", id=second)
    app.session_state[ASKED] = Ask(f"account {first}", LinkKind.RELAUNCH, first)
    app.run()

    assert "make" not in keys(app)
    assert ASKED not in app.session_state


def test_activity_shows_links_and_messages() -> None:
    account_id = made(sp_api=REVOKED)
    link = links.relaunch(ANA, account_id, [Channel.SP_API])
    links.send(ANA, link.url, [ZOE], "Please", "Here: {link}")

    shown = opened("activity", show="Links").dataframe[0].value
    assert (shown["what"][0], shown["about"][0], shown["state"][0]) == (
        "Relaunch SP-API", "Acme EU", ["● Sent"],
    )  # fmt: skip
    app = opened("activity", show="Messages")
    assert "No mail server is set" in app.info[0].value
    assert app.dataframe[0].value["email"][0] == ZOE
    assert app.dataframe[0].value["state"][0] == ["… Waiting"]


@pytest.mark.parametrize(("show", "words"), [("Links", "No link"), ("Messages", "Nobody has been")])
def test_activity_says_where_there_is_nothing_yet(show: str, words: str) -> None:
    assert words in text(opened("activity", show=show))
