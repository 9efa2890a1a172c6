"""History is found a page at a time, whatever the filters, and whoever made it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.db.engine import reading, transaction
from dashboard.queries import activity
from dashboard.queries.activity import EVENTS, SEARCHED, Wanted
from tests import factories

pytestmark = pytest.mark.usefixtures("database")


def found(wanted: Wanted, searched: int = SEARCHED) -> activity.Page:
    with reading() as session:
        return activity.page(session, wanted, searched)


def kinds(wanted: Wanted) -> list[str]:
    return list(found(wanted).events["kind"])


def written(number: int, kind: str = "imported", **options: object) -> list[int]:
    """Some events a minute apart, the newest first; their ids in that order."""
    with transaction() as session:
        return [
            factories.event(session, kind, timedelta(minutes=each + 1), **options)  # type: ignore[arg-type]
            for each in range(number)
        ]


def test_an_empty_history_is_an_empty_page_with_its_columns() -> None:
    page = found(Wanted())

    assert page.events.empty
    assert {name: str(dtype) for name, dtype in page.events.dtypes.items()} == EVENTS
    assert (page.older, page.newer, page.searched_to) == (None, None, None)


def test_events_name_the_account_and_organization_they_are_about() -> None:
    with transaction() as session:
        organization = factories.organization(session, "Acme GmbH")
        account = factories.account(session, organization, "Acme EU")
        factories.event(session, "relaunched", organization_id=organization, account_id=account)
        factories.event(session, "exported", timedelta(hours=2), rows=12)

    first, second = found(Wanted()).events.to_dict("records")

    assert (first["organization"], first["account"]) == ("Acme GmbH", "Acme EU")
    assert (first["organization_id"], first["account_id"]) == (organization, account)
    assert (second["organization"], second["account"], second["details"]) == ("", "", {"rows": 12})


def test_pages_lead_to_older_events_and_back_to_the_same_newer_ones() -> None:
    ids = written(120)

    first = found(Wanted())
    second = found(Wanted(before=first.older))
    third = found(Wanted(before=second.older))
    back = found(Wanted(after=third.newer))

    assert [*first.events["id"], *second.events["id"], *third.events["id"]] == ids
    assert list(back.events["id"]) == list(second.events["id"])
    assert (first.newer, third.older) == (None, None)


def test_going_back_to_the_newest_page_shows_it_whole() -> None:
    ids = written(60)
    older = found(Wanted(before=ids[9]))

    newest = found(Wanted(after=older.newer))

    assert list(newest.events["id"]) == ids[:50]
    assert newest.newer is None


def test_events_of_the_same_second_are_neither_lost_nor_repeated_between_pages() -> None:
    now = clock.now()
    with transaction() as session:
        ids = [factories.event(session, "imported", timedelta(), now=now) for _ in range(70)]

    first = found(Wanted())
    second = found(Wanted(before=first.older))

    assert [*first.events["id"], *second.events["id"]] == ids[::-1]


def test_filters_hold_together() -> None:
    with transaction() as session:
        organization = factories.organization(session)
        account = factories.account(session, organization)
        factories.event(session, "imported", organization_id=organization, account_id=account)
        factories.event(session, "relaunched", organization_id=organization, account_id=account)
        factories.event(session, "exported", staff_name="Bo Lind")
        factories.event(session, "imported", timedelta(days=9), staff_name="Bo Lind")

    assert kinds(Wanted(kind="imported")) == ["imported", "imported"]
    assert kinds(Wanted(who="Bo Lind")) == ["exported", "imported"]
    assert kinds(Wanted(who="Bo Lind", kind="imported")) == ["imported"]
    assert kinds(Wanted(account_id=account, kind="relaunched")) == ["relaunched"]
    assert kinds(Wanted(organization_id=organization, who="Bo Lind")) == []
    assert kinds(Wanted(who="nobody")) == []


def test_a_period_begins_at_its_first_moment_and_ends_before_its_last() -> None:
    now = clock.now()
    with transaction() as session:
        for kind, age in (("third", 1), ("second", 2), ("first", 3)):
            factories.event(session, kind, timedelta(days=age), now=now)

    since, until = now - timedelta(days=2), now - timedelta(days=1)

    assert kinds(Wanted(since=since)) == ["third", "second"]
    assert kinds(Wanted(until=until)) == ["second", "first"]
    assert kinds(Wanted(since=since, until=until)) == ["second"]


def test_a_search_that_has_looked_at_enough_says_how_far_it_came_and_goes_on_from_there() -> None:
    with transaction() as session:
        factories.event(session, "exported", timedelta(days=1))
    ids = written(30)

    wanted = Wanted(who="Ana Berg", kind="exported")
    first = found(wanted, 20)
    second = found(replace(wanted, before=first.older), 20)
    back = found(replace(wanted, after=ids[-1]), 20)

    assert first.events.empty
    assert first.older == ids[19]
    assert first.searched_to is not None
    assert list(second.events["kind"]) == ["exported"]
    assert (second.older, second.searched_to) == (None, None)
    assert back.newer == ids[9]


@pytest.mark.parametrize("cursor", [0, -5, 999_999, 2**31 - 1])
def test_a_cursor_that_is_no_event_shows_the_newest_page(cursor: int) -> None:
    ids = written(3)

    assert list(found(Wanted(before=cursor)).events["id"]) == ids
    assert list(found(Wanted(after=cursor)).events["id"]) == ids


def test_an_export_holds_every_chosen_event_and_no_other() -> None:
    written(1020)
    written(3, "exported", staff_name="Bo Lind")

    with reading() as session:
        everything = list(activity.export(session, Wanted(before=1)))
        chosen = list(activity.export(session, Wanted(who="Bo Lind", kind="exported")))

    assert len(everything) == 1023
    assert everything == sorted(everything, key=lambda row: (row[1], row[0]), reverse=True)
    assert [row[2] for row in chosen] == ["exported"] * 3


def test_the_newest_events_of_an_account_or_an_organization(session: Session) -> None:
    with transaction() as writing:
        organization = factories.organization(writing)
        account = factories.account(writing, organization)
        for _ in range(3):
            factories.event(writing, "relaunched", account_id=account)
        factories.event(writing, "renamed", organization_id=organization)

    assert list(activity.latest(session, 2, account_id=account)["kind"]) == ["relaunched"] * 2
    assert list(activity.latest(session, 9, organization_id=organization)["kind"]) == ["renamed"]


def test_filters_are_offered_by_what_has_happened() -> None:
    written(2, "imported")
    written(1, "exported", staff_name="Åsa")

    with reading() as session:
        assert activity.kinds(session) == ["exported", "imported"]
        assert activity.people(session) == ["Ana Berg", "Åsa"]


def test_an_empty_history_offers_no_filters(session: Session) -> None:
    assert activity.kinds(session) == []
    assert activity.people(session) == []
