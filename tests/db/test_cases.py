"""Cases follow the accounts and the clock, and what staff do about them, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.actions import administering, assess, events, imports, tallies
from dashboard.actions.cases import minding, noting, sending, views, working
from dashboard.actions.connecting import links, messages, opened, walking
from dashboard.cases import Place, State
from dashboard.db.connecting import Link, Message
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event
from dashboard.db.models import Account, AccountChannel, Grant
from dashboard.db.syncing import Incident
from dashboard.db.triage import Case, CaseNote, CaseRound, SavedView
from dashboard.diagnosis import Channel, Reason
from dashboard.errors import BadInput, CaseChanged, NotFound, SwitchboardError
from dashboard.roles import COMMAND_LINE, CUSTOMER, SWITCHBOARD, Role, Staff
from tests import factories
from tests.db.test_connecting import secret_of
from tests.factories import CONNECTED, REVOKED, Sync, Wire
from tests.waiting import until_waiting

pytestmark = pytest.mark.usefixtures("database")

ANA = Staff(None, "ana@northwind.example", "Ana", Role.SUPPORT)
BEN = Staff(None, "ben@northwind.example", "Ben", Role.SUPPORT)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STUCK = Sync(state="running", progress_age=timedelta(hours=5))
ZOE = "zoe@acme.example"


def made(**how: Any) -> int:
    """An account of Acme's; by default stuck."""
    with transaction() as session:
        acme = factories.organization(session, "Acme GmbH", contacts=[ZOE])
        return factories.account(session, acme, **({"sync": STUCK} | how))


def only(account_id: int) -> Case:
    """The one case of an account."""
    with reading() as session:
        return session.scalars(sa.select(Case).where(Case.account_id == account_id)).one()


def kinds(account_id: int) -> list[str]:
    with reading() as session:
        rows = sa.select(Event.kind).where(Event.account_id == account_id).order_by(Event.id)
        return list(session.scalars(rows))


def change(account_id: int, do: Callable[[Any], object]) -> None:
    """Change the facts of an account as the product does."""
    with (
        transaction() as session,
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, [account_id], clock.now()),
    ):
        do(session)


def report(account_id: int) -> None:
    """A check, later than all before, that finds nothing wrong."""
    with transaction() as session:
        account = session.get_one(Account, account_id)
        account.observed_at = (account.observed_at or clock.now()) + timedelta(minutes=3)
        session.execute(sa.update(Case).where(Case.due_at.is_not(None)).values(due_at=clock.now()))
    minding.mind()


def recovers(account_id: int) -> None:
    """Its streams succeed again, which a report tells."""

    def well(session: Any) -> None:
        for row in session.scalars(sa.select(factories.Stream)):
            row.state, row.last_success_at = "idle", clock.now()
        session.get_one(Account, account_id).observed_at = clock.now()

    change(account_id, well)


def test_a_stuck_account_is_a_case_in_the_transaction_that_says_so() -> None:
    case = only(made(marketplaces=["DE", "FR", "IT"], since=clock.now() - 6 * HOUR))

    assert (case.state, case.place, case.reason) == ("open", "queue", "sync_stalled")
    assert (case.size, case.times) == (3, 1)
    assert 3 * 110 <= case.rank <= 3 * 130, "two hours over its deadline of four, x 3"


def test_a_customer_becomes_a_case_by_the_clock_once_waited_for_too_long() -> None:
    account_id = made(sp_api=REVOKED)
    assert (only(account_id).state, only(account_id).place) == (State.EXPECTED, Place.AWAY)

    assert minding.mind(clock.now() + HOUR) == 0
    minding.mind(clock.now() + 25 * HOUR)

    case = only(account_id)
    assert (case.state, case.place, case.actor) == (State.OPEN, Place.QUEUE, "Customer")
    assert case.rank < 0, "its own deadline is yet to come"


def test_a_wait_that_was_over_before_we_heard_of_it_is_a_case_at_once() -> None:
    assert only(made(sp_api=REVOKED, since=clock.now() - 9 * DAY)).state == State.OPEN


def test_an_imported_customer_who_never_began_is_waited_for_too(tmp_path: Any) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text(
        "organization_id,organization,account_id,account_name,type,region,marketplaces,"
        "aaa_status,sp_api_status\nO-1,Acme,A-1,Acme EU,seller,EU,DE,Not connected,Not connected\n"
    )
    imports.run(COMMAND_LINE, file)
    with reading() as session:
        assert session.scalars(sa.select(Case.state)).all() == [State.EXPECTED]


def test_two_clean_checks_close_a_case_and_keep_its_round() -> None:
    account_id = made()
    working.take(ANA, only(account_id).id, only(account_id).version)

    recovers(account_id)
    once = only(account_id)
    assert (once.state, once.clean, once.place) == (State.CLEARING, 1, Place.QUEUE)
    minding.mind(clock.now() + HOUR)
    assert only(account_id).state == State.CLEARING, "the same check counts once"
    report(account_id)

    case = only(account_id)
    assert (case.state, case.place, case.due_at) == (State.CLOSED, Place.AWAY, None)
    with reading() as session:
        ended = session.scalars(sa.select(CaseRound)).one()
    assert (ended.owner_name, ended.reason) == ("Ana", "sync_stalled")
    assert ended.acted_at is not None


def test_a_new_consent_closes_a_case_at_once() -> None:
    account_id = made(sp_api=REVOKED, sync=factories.FRESH, since=clock.now() - 9 * DAY)

    def reconsent(session: Any) -> None:
        grant_id = factories.grant_of(session, account_id, Channel.SP_API)
        grant = session.get_one(Grant, grant_id)
        grant.refused_at, grant.consented_at = None, clock.now()

    change(account_id, reconsent)

    assert only(account_id).state == State.CLOSED


def test_a_reason_that_comes_back_counts_on_the_same_case_which_is_nobodys_again() -> None:
    account_id = made()
    first = only(account_id)
    working.take(ANA, first.id, first.version)
    recovers(account_id)
    report(account_id)

    def stall(session: Any) -> None:
        for row in session.scalars(sa.select(factories.Stream)):
            row.state, row.progressed_at = "running", clock.now() - 5 * HOUR

    change(account_id, stall)

    case = only(account_id)
    assert (case.id, case.state, case.times, case.owner) == (first.id, State.OPEN, 2, "")


def test_pausing_ends_every_case_of_an_account() -> None:
    account_id = made()
    administering.pause(COMMAND_LINE, account_id)
    assert only(account_id).state == State.CLOSED


def test_many_workers_at_once_do_each_case_once() -> None:
    ids = [made(sp_api=REVOKED, sync=factories.FRESH) for _ in range(12)]
    later = clock.now() + 2 * DAY
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: minding.mind(later), range(4)))
    assert sum(done) == len(ids)
    assert {only(each).times for each in ids} == {1}


def test_an_incident_of_ours_gathers_its_cases_and_lets_them_go_when_it_ends() -> None:
    broken = Wire(problem=Reason.OUR_SECRET_REFUSED)
    account_id = made(aaa=broken, sync=factories.FRESH)
    assert only(account_id).place == Place.QUEUE
    with transaction() as session:
        incident = Incident(
            channel="AAA", region="EU", outcome="ClientRefused", ours=True,
            opened_at=clock.now(), customers=9, share=0.9,
        )  # fmt: skip
        session.add(incident)

    minding.mind()
    assert (only(account_id).place, only(account_id).incident_id) == (Place.INCIDENT, 1)
    later = made(aaa=broken, sync=factories.FRESH)
    assert only(later).place == Place.INCIDENT, "what opens meanwhile is gathered at once"

    with transaction() as session:
        session.execute(sa.update(Incident).values(closed_at=clock.now()))
    minding.mind()
    assert {only(each).place for each in (account_id, later)} == {Place.QUEUE}


def test_a_case_is_taken_handed_over_and_each_is_undone() -> None:
    account_id = made()
    with transaction() as session:
        factories.staff(session, "Cleo Park", Role.SUPPORT)
        viewer = factories.staff(session, "Vic", Role.VIEWER)
    case = only(account_id)

    working.take(ANA, case.id, case.version)
    assert only(account_id).owner_name == "Ana"
    assert only(account_id).acted_at is not None
    heir = working.hand_over(ANA, case.id, only(account_id).version, member_id=1)
    assert (heir, only(account_id).owner_name) == ("Cleo Park", "Cleo Park")
    with pytest.raises(BadInput, match="nothing of yours"):
        working.undo(BEN, case.id, only(account_id).version)
    assert working.undo(ANA, case.id, only(account_id).version) == "handed it to Cleo Park"
    assert only(account_id).owner_name == "Ana"
    with pytest.raises(BadInput, match="nothing of yours"):
        working.undo(ANA, case.id, only(account_id).version)

    assert working.hand_over(ANA, case.id, only(account_id).version, role=Role.ADMIN) == "admins"
    assert (only(account_id).owner, only(account_id).role) == ("", "admin")
    with pytest.raises(BadInput, match="may not work on cases"):
        working.hand_over(ANA, case.id, only(account_id).version, member_id=viewer)
    with pytest.raises(BadInput, match="may not work on cases"):
        working.hand_over(ANA, case.id, only(account_id).version, role=Role.VIEWER)
    assert kinds(account_id) == [
        "case_taken", "case_handed_over", "case_undone", "case_handed_over",
    ]  # fmt: skip


def test_of_two_people_on_one_case_the_slower_is_told_what_the_other_did() -> None:
    case = only(made())
    ready = Barrier(2)

    def take(staff: Staff) -> str:
        ready.wait()
        try:
            working.take(staff, case.id, case.version)
        except CaseChanged as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(2) as pool:
        said = [each for each in pool.map(take, (ANA, BEN)) if each]

    winner = only(case.account_id).owner_name
    assert len(said) == 1
    assert said[0].startswith(f"{winner} took it, ")
    assert "Nothing of yours was written" in said[0]


def test_a_snoozed_case_comes_back_by_the_clock() -> None:
    account_id = made()
    case = only(account_id)
    until = clock.now() + 4 * HOUR
    working.snooze(ANA, case.id, case.version, until=until)
    assert only(account_id).place == Place.SNOOZED

    minding.mind(until - HOUR)
    assert only(account_id).place == Place.SNOOZED
    minding.mind(until)
    back = only(account_id)
    assert (back.place, back.snoozed_until, back.change) == (
        Place.QUEUE, None, "woke it: its time had come",
    )  # fmt: skip


def test_a_case_that_is_snoozed_until_something_happens_comes_back_with_any_event() -> None:
    account_id = made()
    case = only(account_id)
    working.snooze(ANA, case.id, case.version, until=None, until_change=True)
    noting.note(BEN, case.id, "Nothing has happened by that.")
    for who, kind in ((BEN, "relaunched"), (SWITCHBOARD, "mail_sent"), (CUSTOMER, "link_opened")):
        assert only(account_id).place == Place.SNOOZED, "we know what we do ourselves"
        with transaction() as session:
            events.record(session, who, kind, clock.now(), account_id=account_id)

    assert only(account_id).place == Place.QUEUE
    with pytest.raises(CaseChanged, match="something has happened"):
        working.wake(ANA, case.id, case.version + 1)


def test_a_snooze_needs_a_moment_that_is_near_and_to_come() -> None:
    case = only(made())
    for until in (None, clock.now() - HOUR, clock.now() + 91 * DAY):
        with pytest.raises(BadInput):
            working.snooze(ANA, case.id, case.version, until=until)
    working.snooze(ANA, case.id, case.version, until=clock.now() + DAY)
    working.wake(ANA, case.id, case.version + 1)
    assert only(case.account_id).place == Place.QUEUE


def test_a_closed_case_and_one_that_is_not_there_are_refused_in_words() -> None:
    account_id = made()
    administering.pause(COMMAND_LINE, account_id)
    case = only(account_id)
    with pytest.raises(BadInput, match="closed"):
        working.take(ANA, case.id, case.version)
    with pytest.raises(NotFound):
        working.take(ANA, 999, 1)


def test_a_note_tells_whom_it_mentions_and_can_be_taken_back() -> None:
    account_id = made()
    with transaction() as session:
        factories.staff(session, "Cleo Park", Role.SUPPORT)
        address = session.scalars(sa.select(factories.StaffMember.email)).one()
    case, name = only(account_id), address.partition("@")[0]

    assert noting.note(ANA, case.id, f"@{name}: **look**, not me@home.example") == ["Cleo Park"]

    with reading() as session:
        mail = session.scalars(sa.select(Message)).one()
        assert (mail.email, mail.kind, mail.case_id) == (address, "mention", None)
        assert f"/triage?case={case.id}" in mail.body
    assert only(account_id).version == case.version, "nobody else's work is held up by a note"
    working.undo(ANA, case.id, case.version)
    with reading() as session:
        assert session.scalars(sa.select(CaseNote)).all() == []


@pytest.mark.parametrize(
    ("text", "why"), [("  ", "Write a note"), ("x" * 5001, "at most"), ("@nobody here", "@nobody")]
)
def test_a_note_that_will_not_do_is_refused_and_tells_nobody(text: str, why: str) -> None:
    case = only(made())
    with pytest.raises(BadInput, match=why):
        noting.note(ANA, case.id, text)
    with reading() as session:
        assert session.scalars(sa.select(Message)).all() == []


def test_a_message_goes_out_with_a_fresh_link_and_the_case_knows_of_it() -> None:
    account_id = made(sp_api=REVOKED, sync=factories.FRESH, since=clock.now() - 9 * DAY)
    case = only(account_id)
    text = messages.relaunch_text("Acme EU", Reason.CONSENT_REVOKED)

    sending.send(
        ANA, case.id, case.version, emails=[ZOE], subject=text.subject, body=text.body,
        channels=[Channel.SP_API],
    )  # fmt: skip

    with reading() as session:
        mail, link = (
            session.scalars(sa.select(Message)).one(),
            session.scalars(sa.select(Link)).one(),
        )
    assert (mail.case_id, mail.link_id, link.channels) == (case.id, link.id, ["SP-API"])
    assert only(account_id).messaged_at is not None
    with pytest.raises(CaseChanged, match="Ana wrote to the customer"):
        sending.send(BEN, case.id, case.version, emails=[ZOE], subject="x", body="y")


def test_a_link_mailed_from_elsewhere_shows_on_the_case_as_written_to() -> None:
    account_id = made(sp_api=REVOKED, sync=factories.FRESH, since=clock.now() - 9 * DAY)
    before = only(account_id)
    text = messages.relaunch_text("Acme EU", Reason.CONSENT_REVOKED)

    link = links.relaunch(ANA, account_id, [Channel.SP_API])
    links.send(ANA, link.url, [ZOE], text.subject, text.body)

    case = only(account_id)
    assert (before.messaged_at, case.change) == (None, "wrote to the customer")
    assert case.messaged_at is not None
    with pytest.raises(CaseChanged, match="Ana wrote to the customer"):
        working.take(BEN, case.id, before.version)


def test_a_message_without_anything_to_do_holds_no_link() -> None:
    account_id = made()
    case = only(account_id)
    with pytest.raises(BadInput, match="no link"):
        sending.send(ANA, case.id, case.version, emails=[ZOE], subject="x", body="Here: {link}")
    with pytest.raises(BadInput, match="contact"):
        sending.send(ANA, case.id, case.version, emails=["a@b.example"], subject="x", body="y")

    sending.send(ANA, case.id, case.version, emails=[ZOE], subject="Late", body="We are on it.")

    with reading() as session:
        assert session.scalars(sa.select(Link)).all() == []
        assert session.scalars(sa.select(Message.subject)).one() == "Late"
    assert kinds(account_id) == ["case_message"]


def test_writing_to_who_was_never_invited_closes_that_case_because_they_are_now() -> None:
    account_id = made(
        aaa=factories.MISSING, sp_api=factories.MISSING, sync=factories.NEVER,
        since=clock.now() - 9 * DAY,
    )  # fmt: skip
    case = only(account_id)
    assert (case.reason, case.state) == ("not_invited", State.OPEN)

    text = messages.relaunch_text("Acme EU", Reason.NOT_INVITED)
    sending.send(
        ANA, case.id, case.version, emails=[ZOE], subject=text.subject, body=text.body,
        channels=list(Channel),
    )  # fmt: skip

    with reading() as session:
        found = session.execute(sa.select(Case.reason, Case.state).order_by(Case.id)).all()
    assert [tuple(each) for each in found] == [
        ("not_invited", State.CLOSED), ("link_sent", State.EXPECTED),
    ]  # fmt: skip


def test_a_check_is_asked_for_where_there_is_something_to_check() -> None:
    account_id = made(sync=factories.FRESH, aaa=CONNECTED)
    assert administering.check_now(ANA, account_id) == 0
    with transaction() as session:
        session.execute(sa.update(Grant).values(refresh_token="sealed", check_due_at=None))  # noqa: S106
    assert administering.check_now(ANA, account_id) == 2
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count(Grant.check_due_at))) == 2
    administering.pause(COMMAND_LINE, account_id)
    with pytest.raises(BadInput, match="not in use"):
        administering.check_now(ANA, account_id)


def test_views_are_ones_own_until_shared_and_admins_clear_up_what_is() -> None:
    mine = views.save(ANA, "Late ones", {"view": "late"}, shared=False)
    assert views.save(ANA, " Late  ones ", {"view": "mine"}, shared=False) == mine
    with pytest.raises(NotFound):
        views.delete(BEN, mine)
    with pytest.raises(NotFound):
        views.delete(COMMAND_LINE, mine)
    views.save(ANA, "Late ones", {"view": "mine"}, shared=True)
    views.delete(COMMAND_LINE, mine)
    with pytest.raises(BadInput):
        views.save(ANA, " ", {}, shared=False)
    with reading() as session:
        assert session.scalars(sa.select(SavedView)).all() == []


def test_nobody_waits_in_a_circle_when_staff_and_workers_meet() -> None:
    ids = [made(sp_api=REVOKED, since=clock.now() - 9 * DAY, sync=factories.FRESH)
           for _ in range(4)]  # fmt: skip
    text = messages.relaunch_text("Acme EU", Reason.CONSENT_REVOKED)

    def send(account_id: int) -> str:
        case = only(account_id)
        try:
            sending.send(
                ANA, case.id, case.version, emails=[ZOE], subject=text.subject, body=text.body,
                channels=[Channel.SP_API],
            )  # fmt: skip
        except SwitchboardError as error:
            return str(error)
        return "sent"

    def touch(account_id: int) -> str:
        change(account_id, lambda session: session.execute(
            sa.update(AccountChannel).where(AccountChannel.account_id == account_id)
            .values(problem=Reason.OUR_FAULT.value)
        ))  # fmt: skip
        minding.mind(clock.now() + DAY)
        return "touched"

    with ThreadPoolExecutor(8) as pool:
        said = [*pool.map(send, ids), *pool.map(touch, ids)]
    assert set(said) <= {"sent", "touched"} | {each for each in said if "look at" in each}


def test_staff_who_write_while_the_customer_walks_wait_for_the_customers_step() -> None:
    account_id = made(sp_api=REVOKED, sync=factories.FRESH, since=clock.now() - 9 * DAY)
    walked = links.relaunch(COMMAND_LINE, account_id, [Channel.SP_API])
    case = only(account_id)
    text = messages.relaunch_text("Acme EU", Reason.CONSENT_REVOKED)

    def write() -> None:
        sending.send(
            ANA, case.id, case.version, emails=[ZOE], subject=text.subject, body=text.body,
            channels=[Channel.SP_API],
        )  # fmt: skip

    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            opened.find(session, secret_of(walked))
            other = pool.submit(write)
            until_waiting(other, session)
            assess.lock(session, Account.id == account_id)
        other.result(timeout=30)

    with reading() as session:
        assert session.get_one(Link, walked.id).revoked_at is not None
        assert session.scalars(sa.select(Message.case_id)).all() == [case.id]


def test_a_customer_who_wakes_a_case_waits_for_whoever_changes_the_account() -> None:
    account_id = made(sp_api=REVOKED, sync=factories.FRESH, since=clock.now() - 9 * DAY)
    link = links.relaunch(COMMAND_LINE, account_id, [Channel.SP_API])
    case = only(account_id)
    working.snooze(ANA, case.id, case.version, until=None, until_change=True)

    with ThreadPoolExecutor(1) as pool:
        with (
            transaction() as session,
            tallies.tallied(session) as deltas,
            assess.changing(session, deltas, [account_id], clock.now()),
        ):
            other = pool.submit(walking.open_link, secret_of(link))
            until_waiting(other, session)
            session.get_one(Account, account_id).paused_at = clock.now()
        assert other.result(timeout=30) == link.id

    assert only(account_id).until_change is False
    assert "link_opened" in kinds(account_id)
