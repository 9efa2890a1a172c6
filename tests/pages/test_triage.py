"""Triage: the queue and the case on the desk, as support works on them."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from dashboard import clock
from dashboard.actions.cases import minding, noting, views, working
from dashboard.db.connecting import Message
from dashboard.db.engine import reading, transaction
from dashboard.db.syncing import Incident
from dashboard.db.triage import Case, SavedView
from dashboard.diagnosis import Reason, playbook
from dashboard.queries.cases import PAGE_SIZE
from dashboard.roles import Role, Staff
from dashboard.ui import case_acts
from dashboard.ui.case_bulk import BULK, Bulk, Do
from dashboard.ui.case_dialogs import KEYS
from tests import factories
from tests.factories import REVOKED, Sync, Wire
from tests.pages.opening import opened, text

pytestmark = pytest.mark.usefixtures("database")

ME = Staff(None, "", "Local operator", Role.ADMIN)
BEN = Staff(None, "ben@northwind.example", "Ben", Role.SUPPORT)
ZOE = "zoe@acme.example"
HOUR = timedelta(hours=1)
TIMES = "\N{MULTIPLICATION SIGN}"


def stuck(name: str = "Acme EU", hours: int = 6, contacts: tuple[str, ...] = (ZOE,)) -> int:
    """An account that stalled so many hours ago; gives back its case."""
    return made(name, contacts, since=clock.now() - hours * HOUR,
                sync=Sync(state="running", progress_age=timedelta(hours=5)))  # fmt: skip


def revoked(name: str = "Acme EU", contacts: tuple[str, ...] = (ZOE,)) -> int:
    """An account whose customer was waited for too long; gives back its case."""
    return made(name, contacts, since=clock.now() - 9 * 24 * HOUR, sp_api=REVOKED)


def made(name: str, contacts: tuple[str, ...], **how: Any) -> int:
    with transaction() as session:
        home = factories.organization(session, f"{name} Group", contacts=contacts)
        account_id = factories.account(session, home, name, **how)
        return session.scalars(sa.select(Case.id).where(Case.account_id == account_id)).one()


def case(case_id: int) -> Case:
    with reading() as session:
        return session.get_one(Case, case_id)


def listed(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["account"]) if app.dataframe else []


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def keys(app: AppTest) -> set[str]:
    return {each.key for each in app.button}


def test_an_empty_queue_says_so() -> None:
    assert "The queue is empty" in opened("triage").success[0].value


def test_the_most_urgent_case_stands_first_says_why_and_lies_on_the_desk() -> None:
    stuck("Small", hours=6)
    stuck("Older", hours=30)
    app = opened("triage")

    assert listed(app) == ["Older", "Small"]
    assert list(app.dataframe[0].value["why"]) == [
        f"{hours} h over {TIMES} 1 market" for hours in (26, 2)
    ]
    assert playbook()[Reason.SYNC_STALLED].fix in text(app)
    assert app.query_params["case"] == "2"


@pytest.mark.parametrize(
    ("view", "names"),
    [
        ("all", {"Mine", "Bens", "Nobodys", "Customers"}),
        ("mine", {"Mine"}),
        ("unassigned", {"Nobodys", "Customers"}),
        ("customer", {"Customers"}),
        ("late", {"Mine", "Bens", "Customers"}),
        ("snoozed", {"Asleep"}),
        ("incidents", {"Broken"}),
    ],
)
def test_each_view_shows_its_cases(view: str, names: set[str]) -> None:
    working.take(ME, stuck("Mine"), 1)
    working.take(BEN, stuck("Bens"), 1)
    stuck("Nobodys", hours=1)
    revoked("Customers")
    working.snooze(BEN, stuck("Asleep"), 1, until=clock.now() + HOUR)
    with transaction() as session:
        session.add(
            Incident(channel="AAA", region="EU", outcome="ClientRefused", ours=True,
                     opened_at=clock.now(), customers=9, share=0.9)
        )  # fmt: skip
    made("Broken", (), aaa=Wire(problem=Reason.OUR_SECRET_REFUSED))

    app = opened("triage", view=view)

    assert set(listed(app)) == names
    if view in {"all", "incidents"}:
        assert "AAA in EU" in text(app)


def test_a_search_or_a_reason_narrows_the_queue_and_can_be_cleared() -> None:
    stuck("Birch")
    revoked("Cedar")
    assert listed(opened("triage", q="bir")) == ["Birch"]
    assert listed(opened("triage", why=playbook()[Reason.CONSENT_REVOKED].title)) == ["Cedar"]
    app = opened("triage", q="nobody")
    assert "No case matches" in app.info[0].value
    assert set(listed(press(app, "clear"))) == {"Birch", "Cedar"}


def test_a_long_queue_is_turned_a_page_at_a_time() -> None:
    for number in range(PAGE_SIZE + 2):
        stuck(f"A{number}", hours=6 + number)
    app = press(opened("triage"), "further")
    assert sorted(listed(app)) == ["A0", "A1"]
    assert len(listed(press(app, "top"))) == PAGE_SIZE


def test_every_key_of_the_help_sheet_is_a_button_on_the_page() -> None:
    app = opened("triage", case=revoked())
    shown = {each.proto.shortcut.upper() for each in app.button if each.proto.shortcut}
    # Undo is only there with something to undo; Ctrl+Enter and Esc are of dialogs.
    assert {key for key, _ in KEYS} - {"U", "Esc"} == shown
    assert "Next case" in text(press(app, "keys"))


def test_the_next_case_is_opened_and_taken() -> None:
    first, second = stuck("Late", hours=30), stuck("Later", hours=6)
    app = press(opened("triage"), "next")
    assert app.query_params["case"] == str(second)
    press(app, "take")

    assert case(second).owner_name == "Local operator"
    assert "yours now" in app.toast[0].value
    press(app, "undo")
    assert case(second).owner == ""
    press(app, "previous")
    assert app.query_params["case"] == str(first)


def test_a_case_that_was_snoozed_makes_room_for_the_one_below() -> None:
    stuck("First", hours=90)
    second, third = stuck("Second", hours=60), stuck("Third", hours=30)
    app = press(press(opened("triage"), "next"), "snooze")

    assert case(second).until_change
    assert app.query_params["case"] == str(third)
    assert listed(app) == ["First", "Third"]
    assert "Snoozed" in app.toast[0].value


def test_what_somebody_else_has_done_meanwhile_is_not_overwritten() -> None:
    case_id = stuck()
    app = opened("triage")
    working.take(BEN, case_id, 1)

    press(app, "take")

    assert case(case_id).owner_name == "Ben"
    assert "Ben took it" in app.warning[0].value.replace("\\", "")
    press(app, "take")
    assert case(case_id).owner_name == "Local operator", "once seen, it may be changed"


def test_the_message_is_shown_can_be_changed_and_is_sent_with_a_link() -> None:
    case_id = revoked()
    app = press(opened("triage"), "message")
    assert app.multiselect(key=f"message_to_{case_id}").value == [ZOE]
    body = app.text_area(key=f"message_body_{case_id}").value
    assert playbook()[Reason.CONSENT_REVOKED].customer in body
    app.text_input(key=f"message_subject_{case_id}").set_value("Please have a look")

    press(app, "message_send")

    with reading() as session:
        mail = session.scalars(sa.select(Message)).one()
    assert (mail.subject, mail.email, mail.case_id) == ("Please have a look", ZOE, case_id)
    assert mail.link_id is not None
    said = text(app)
    assert "waiting to be delivered" in said
    assert "Relaunch SP-API" in said


def test_a_note_is_written_and_shown() -> None:
    case_id = stuck()
    app = opened("triage")
    app.text_area(key=f"note_text_{case_id}").set_value("Asked **engineering**.")
    press(app, f"note_send_{case_id}")
    assert "Asked **engineering**." in [each.value for each in app.markdown]
    with pytest.raises(KeyError):
        opened("triage", Role.VIEWER).text_area(key=f"note_text_{case_id}")


def test_many_are_written_to_after_a_preview_that_says_who_is_left_out() -> None:
    ids = (revoked("One"), revoked("Two"), revoked("Three", ()), revoked("Asleep"))
    working.snooze(BEN, ids[3], case(ids[3]).version, until=clock.now() + HOUR)
    app = opened("triage")
    app.session_state[BULK] = Bulk(Do.MESSAGE, ids)
    app.session_state[case_acts.ASKED] = "bulk"
    app.run()
    assert "4 chosen: **2 will be sent**, 1 no contact, 1 snoozed." in text(app)

    press(app, "bulk_go")

    assert "2 worked on, 2 left alone." in text(app)
    became = dict(zip(*(app.dataframe[-1].value[each] for each in ("Account", "What came of it")),
                      strict=True))  # fmt: skip
    assert became["One"] == f"Written to {ZOE}."
    assert became["Three"] == "Left alone: no contact."
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Message)) == 2


@pytest.mark.parametrize("do", [Do.TAKE, Do.GIVE, Do.SNOOZE, Do.SYNC, Do.CHECK])
def test_each_of_many_is_worked_on_and_one_that_changed_is_said(
    do: Do,
) -> None:
    ids = (stuck("One"), stuck("Two"))
    app = opened("triage")
    app.session_state[BULK] = Bulk(do, ids)
    app.session_state[case_acts.ASKED] = "bulk"
    app.run()
    noting.note(BEN, ids[0], "Noted by the way.")
    if do is Do.GIVE:
        assert app.button(key="bulk_go").disabled
        app.selectbox(key="bulk_heir").set_value(Role.SUPPORT).run()
    press(app, "bulk_go")
    assert "2 worked on, 0 left alone." in text(app)
    if do is Do.TAKE:
        assert {case(each).owner_name for each in ids} == {"Local operator"}
    if do is Do.GIVE:
        assert {case(each).role for each in ids} == {"support"}
    if do is Do.SNOOZE:
        assert {case(each).place for each in ids} == {"snoozed"}


def test_a_view_is_saved_shared_and_opened_by_its_address() -> None:
    stuck("Birch")
    app = opened("triage", q="bir", view="late")
    app.text_input(key="view_name").set_value("Late birches")
    app.checkbox(key="view_shared").check()
    press(app, "view_save")

    with reading() as session:
        saved = session.scalars(sa.select(SavedView)).one()
    assert (saved.query, saved.shared) == ({"view": "late", "q": "bir"}, True)
    views.save(BEN, "Private", {}, shared=False)
    names = [each.label for each in opened("triage").get("page_link")]
    assert "Late birches" in names
    assert "Private" not in names
    press(app, f"view_{saved.id}")
    with reading() as session:
        assert session.scalars(sa.select(SavedView.name)).all() == ["Private"]


def test_who_may_only_look_finds_no_buttons() -> None:
    stuck()
    assert keys(opened("triage", Role.VIEWER)) & {"take", "snooze", "message", "sync_now"} == set()
    assert keys(opened("triage", Role.MANAGER)) & {"take", "snooze", "message"} == set()


@pytest.mark.parametrize("address", ["999", "x", "-1", "99999999999999999999"])
def test_an_address_that_names_no_case_is_answered_in_words(address: str) -> None:
    stuck()
    app = opened("triage", case=address)
    if address == "999":
        assert "There is no case 999" in app.error[0].value.replace("\\", "")
    else:
        assert listed(app) == ["Acme EU"]


def test_a_closed_case_can_still_be_read(database: str) -> None:
    case_id = stuck()
    with transaction() as session:
        row = session.get_one(Case, case_id)
        row.state, row.place, row.closed_at = "closed", "", clock.now()
    minding.mind()
    app = opened("triage", case=case_id)
    assert "take" not in keys(app)
    assert playbook()[Reason.SYNC_STALLED].fix in text(app)
