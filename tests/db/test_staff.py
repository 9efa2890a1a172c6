"""Who is staff: the use cases behind the staff page, and what the gate reads."""

from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from dashboard.actions import staff
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event
from dashboard.db.models import StaffMember
from dashboard.errors import BadInput, NotAllowed, NotFound, SwitchboardError
from dashboard.queries import staff as queries
from dashboard.roles import COMMAND_LINE, Role, Staff
from tests import factories

pytestmark = pytest.mark.usefixtures("database")


def added(name: str = "Ana", role: Role = Role.ADMIN) -> Staff:
    email = f"{name.lower()}@northwind.example"
    return Staff(staff.add(COMMAND_LINE, email, name, role), email, name, role)


def now_known(person: Staff) -> queries.Member:
    with reading() as session:
        found = queries.member(session, person.email)
    assert found is not None
    return found


def history() -> list[tuple[str, str]]:
    with reading() as session:
        events = session.scalars(sa.select(Event).order_by(Event.id)).all()
    return [(event.kind, event.staff_name) for event in events]


def test_whoever_is_added_is_found_by_their_address_in_any_case() -> None:
    staff.add(COMMAND_LINE, "  Ana@Northwind.Example ", " Ana   Ruiz ", Role.SUPPORT)

    with reading() as session:
        found = queries.member(session, "ANA@northwind.example ")
    assert found is not None
    assert (found.staff.email, found.staff.name) == ("ana@northwind.example", "Ana Ruiz")
    assert (found.staff.role, found.active) == (Role.SUPPORT, True)


def test_nobody_is_found_under_an_address_that_is_not_listed() -> None:
    added()
    with reading() as session:
        assert queries.member(session, "ben@northwind.example") is None
        assert queries.member(session, "") is None
        assert queries.member(session, "ana@northwind.example' or ''='") is None


def test_every_change_leaves_a_line_of_history_that_says_who_did_it() -> None:
    ana, ben = added("Ana"), added("Ben", Role.VIEWER)

    staff.change_role(ana, ben.id, Role.SUPPORT)
    staff.deactivate(ana, ben.id)
    staff.reactivate(ana, ben.id)

    assert history()[2:] == [
        ("staff_role_changed", "Ana"),
        ("staff_deactivated", "Ana"),
        ("staff_reactivated", "Ana"),
    ]
    with reading() as session:
        details = session.scalars(
            sa.select(Event.details).where(Event.kind == "staff_role_changed")
        ).one()
    assert details == {
        "member": "Ben", "email": ben.email, "before": "viewer", "after": "support"
    }  # fmt: skip


def test_a_change_that_changes_nothing_leaves_no_history() -> None:
    ana, ben = added("Ana"), added("Ben", Role.VIEWER)
    before = history()

    staff.change_role(ana, ben.id, Role.VIEWER)
    staff.reactivate(ana, ben.id)

    assert history() == before


def test_the_last_active_admin_can_be_neither_demoted_nor_removed() -> None:
    ana, ben = added("Ana"), added("Ben")
    staff.deactivate(COMMAND_LINE, ben.id)

    with pytest.raises(BadInput, match="last active admin"):
        staff.change_role(COMMAND_LINE, ana.id, Role.MANAGER)
    with pytest.raises(BadInput, match="last active admin"):
        staff.deactivate(COMMAND_LINE, ana.id)

    assert now_known(ana).active
    assert now_known(ana).staff.role is Role.ADMIN


def test_the_role_of_a_former_admin_can_be_changed_although_only_one_is_left() -> None:
    added("Ana")
    ben = added("Ben")
    staff.deactivate(COMMAND_LINE, ben.id)

    staff.change_role(COMMAND_LINE, ben.id, Role.VIEWER)

    assert now_known(ben).staff.role is Role.VIEWER


def test_nobody_can_lock_themselves_out() -> None:
    ana = added("Ana")
    added("Ben")
    by_claim = Staff(None, ana.email, "Ana", Role.ADMIN)

    for ana_again in (ana, by_claim):
        with pytest.raises(BadInput, match="your own access"):
            staff.deactivate(ana_again, ana.id)
        with pytest.raises(BadInput, match="your own access"):
            staff.change_role(ana_again, ana.id, Role.VIEWER)


def test_of_two_admins_who_remove_each_other_at_once_one_stays() -> None:
    ana, ben = added("Ana"), added("Ben")
    ready = Barrier(2)
    refused: list[SwitchboardError] = []

    def remove(by: Staff, whom: Staff) -> None:
        ready.wait()
        try:
            staff.deactivate(by, whom.id)
        except SwitchboardError as error:
            refused.append(error)

    both = [Thread(target=remove, args=pair) for pair in ((ana, ben), (ben, ana))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert len(refused) == 1
    assert [now_known(ana).active, now_known(ben).active].count(True) == 1


@pytest.mark.parametrize(
    "email",
    ["", "ana", "ana@", "@northwind.example", "ana@localhost", "a b@northwind.example",
     "ana@northwind.example\nbcc: eve@evil.example", "\u0430na@northwind.example",
     "ana@-northwind.example", "ana@northwind..example", f"{'a' * 250}@northwind.example",
     "<ana@northwind.example>"],
)  # fmt: skip
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(BadInput, match="not an e-mail address"):
        staff.add(COMMAND_LINE, email, "Ana", Role.VIEWER)
    assert history() == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "Ana\u202eRuiz", "Ana\x00"])
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="name"):
        staff.add(COMMAND_LINE, "ana@northwind.example", name, Role.VIEWER)


def test_an_address_is_listed_once_and_the_refusal_says_what_to_do() -> None:
    ana, ben = added("Ana"), added("Ben")
    with pytest.raises(BadInput, match="on the list already: change"):
        staff.add(COMMAND_LINE, ana.email.upper(), "Another Ana", Role.VIEWER)
    staff.deactivate(ana, ben.id)
    with pytest.raises(BadInput, match="deactivated: reactivate"):
        staff.add(COMMAND_LINE, ben.email, "Another Ben", Role.VIEWER)


def test_somebody_who_is_not_listed_cannot_be_changed() -> None:
    ana = added("Ana")
    for change in (staff.deactivate, staff.reactivate):
        with pytest.raises(NotFound):
            change(ana, 4711)
    with pytest.raises(NotFound):
        staff.change_role(ana, 4711, Role.ADMIN)


def test_someone_who_was_demoted_a_moment_ago_is_refused_by_what_the_gate_reads_next() -> None:
    ana, ben = added("Ana"), added("Ben")
    staff.change_role(ana, ben.id, Role.SUPPORT)

    with pytest.raises(NotAllowed):
        staff.add(now_known(ben).staff, "eve@northwind.example", "Eve", Role.ADMIN)


def test_the_first_admin_is_entered_once_and_a_deactivated_one_stays_out() -> None:
    staff.enter_first_admin("Fay@Northwind.example", "Fay")
    added("Ana")
    staff.enter_first_admin("fay@northwind.example", "Fay")
    with reading() as session:
        fay = session.scalars(sa.select(StaffMember).where(StaffMember.name == "Fay")).one()
    assert (fay.email, fay.role) == ("fay@northwind.example", "admin")

    staff.deactivate(COMMAND_LINE, fay.id)
    staff.enter_first_admin("fay@northwind.example", "Fay")

    with reading() as session:
        found = queries.member(session, fay.email)
    assert found is not None
    assert not found.active


def test_the_list_has_its_columns_also_when_it_is_empty() -> None:
    with reading() as session:
        listing = queries.listing(session)
    assert listing.empty
    assert {name: str(dtype) for name, dtype in listing.dtypes.items()} == queries.LISTING


def test_the_list_shows_active_people_first_and_how_many_accounts_strategists_carry() -> None:
    added("Zoe")
    former, ann = added("Ben"), added("ann", Role.STRATEGIST)
    staff.deactivate(COMMAND_LINE, former.id)
    with transaction() as session:
        hers = factories.organization(session, strategist_id=ann.id)
        for name in ("Acme EU", "Acme UK"):
            factories.account(session, hers, name, marketplaces=("DE", "FR"))
        factories.account(session, factories.organization(session, "Nobody's"))

    with reading() as session:
        listing = queries.listing(session)

    assert list(listing["name"]) == ["ann", "Zoe", "Ben"]
    assert list(listing["active"]) == [True, True, False]
    assert list(listing["accounts"]) == [2, 0, 0]
