"""Which consents lapse when: counted by day, listed in order, each once however many use it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.actions import renewals as counting
from dashboard.actions.connecting import links
from dashboard.db.connecting import Link
from dashboard.db.counts import UNASSIGNED
from dashboard.db.engine import engine, reading, transaction
from dashboard.db.models import Account, AccountChannel, Grant
from dashboard.diagnosis import Channel
from dashboard.errors import NothingToConnect
from dashboard.queries import renewals
from dashboard.queries.choice import PAGE_SIZE
from dashboard.queries.renewals import DAYS, LISTING, Wanted
from dashboard.roles import COMMAND_LINE
from dashboard.status import lapsing
from dashboard.status.lapsing import Span, Within
from tests import factories
from tests.factories import Wire

pytestmark = pytest.mark.usefixtures("database")

NOW = clock.now()
MONTH = lapsing.within(Within.DAYS_30, NOW)


def lapsing_in(days: float, grant_id: int | None = None) -> Wire:
    return Wire(
        consent_age=timedelta(days=365 - days), ends_in=timedelta(days=days), grant_id=grant_id
    )


def account(days: float = 10, *, strategist: int | None = None, **options: object) -> int:
    with transaction() as session:
        owner = factories.organization(
            session, "Acme GmbH", strategist_id=strategist, contacts=["jo@acme.example"]
        )
        return factories.account(session, owner, sp_api=lapsing_in(days), **options)  # type: ignore[arg-type]


def sharing(with_account: int, **options: object) -> int:
    """Another account on the same consent."""
    with transaction() as session:
        grant = session.scalars(
            sa.select(AccountChannel.grant_id).where(
                AccountChannel.account_id == with_account, AccountChannel.channel == Channel.SP_API
            )
        ).one()
        first = session.get_one(Account, with_account)
        wire = lapsing_in(10, grant_id=grant)
        return factories.account(session, first.organization_id, sp_api=wire, **options)  # type: ignore[arg-type]


def counted(wanted: Wanted = Wanted(), span: Span = MONTH) -> tuple[int, int]:  # noqa: B008
    """Consents and accounts of a span, as the page adds them up."""
    counting.count(NOW)
    with reading() as session:
        found = renewals.days(session, wanted, NOW.date() + timedelta(days=400))
    first, last = span.days()
    rows = found[(found["day"].dt.date >= first) & (found["day"].dt.date <= last)]
    return int(rows["consents"].sum()), int(rows["accounts"].sum())


def listed(wanted: Wanted = Wanted(), span: Span = MONTH, page: int = 1) -> list[int]:  # noqa: B008
    with reading() as session:
        found = renewals.listing(session, wanted, span, NOW, page)
        assert {name: str(dtype) for name, dtype in found.dtypes.items()} == LISTING
        if page == 1 and len(found) < PAGE_SIZE:
            assert renewals.leads(session, wanted, span) == tuple(found["account_id"])
        return found["account_id"].tolist()


def test_nothing_is_counted_and_listed_where_nothing_lapses() -> None:
    assert counted() == (0, 0)
    assert listed() == []
    with reading() as session:
        found = renewals.days(session, Wanted(), NOW.date())
        assert {name: str(dtype) for name, dtype in found.dtypes.items()} == DAYS
        assert renewals.counted_at(session) is None


def test_consents_are_listed_in_the_order_in_which_they_lapse() -> None:
    later, first = account(20), account(3)
    account(40)
    overdue = account(-4)

    assert listed() == [first, later]
    assert counted() == (2, 2)
    assert listed(span=lapsing.within(Within.OVERDUE, NOW)) == [overdue]
    assert counted(span=lapsing.within(Within.OVERDUE, NOW)) == (1, 1)


def test_a_consent_of_several_accounts_counts_once_and_names_them() -> None:
    one = account(name="Acme EU")
    sharing(one, name="Acme second")
    sharing(one, name="Acme third")

    assert counted() == (1, 3)
    with reading() as session:
        row = renewals.listing(session, Wanted(), MONTH, NOW).iloc[0]
    assert (row["accounts"], row["others"]) == (3, ["Acme second", "Acme third"])


def test_a_disconnected_account_does_not_count() -> None:
    account(disconnected_at=NOW)

    assert counted() == (0, 0)
    assert listed() == []


def test_whose_and_where_can_be_chosen() -> None:
    with transaction() as session:
        ana, leo = factories.staff(session, "Ana"), factories.staff(session, "Leo")
    anas, leos = account(strategist=ana), account(strategist=leo, marketplaces=["US"], region="NA")
    nobodys = account()

    for wanted, ids in (
        (Wanted(), [anas, leos, nobodys]),
        (Wanted((ana,)), [anas]),
        (Wanted((ana, leo)), [anas, leos]),
        (Wanted((UNASSIGNED,)), [nobodys]),
        (Wanted((), ("NA",)), [leos]),
        (Wanted((ana,), ("NA",)), []),
    ):
        assert sorted(listed(wanted)) == ids
        assert counted(wanted) == (len(ids), len(ids))


def test_a_walk_and_a_gathering_of_one_strategist_find_the_same() -> None:
    with transaction() as session:
        ana = factories.staff(session, "Ana")
    mine = [account(days, strategist=ana) for days in (9, 2, 5)]
    account(4)

    with reading() as session:
        walked = session.scalars(renewals._chosen(session, Wanted((ana,)), MONTH, few=0)).all()
        gathered = session.scalars(renewals._chosen(session, Wanted((ana,)), MONTH)).all()

    assert walked == gathered
    assert listed(Wanted((ana,))) == [mine[1], mine[2], mine[0]]


def test_pages_end_where_the_consents_do() -> None:
    with transaction() as session:
        owner = factories.organization(session)
        ids = [
            factories.account(session, owner, sp_api=lapsing_in(1 + number / 100))
            for number in range(PAGE_SIZE + 2)
        ]

    assert listed() == ids[:PAGE_SIZE]
    assert listed(page=2) == ids[PAGE_SIZE:]
    assert listed(page=3) == []


def test_counts_follow_and_are_made_anew_when_they_are_old() -> None:
    one = account()
    assert counting.keep_counted(NOW)
    with transaction() as session:
        session.execute(sa.update(Grant).values(expires_at=NOW + timedelta(days=300)))
    assert not counting.keep_counted(NOW + timedelta(minutes=4))
    assert counting.keep_counted(NOW + timedelta(minutes=6))

    with reading() as session:
        rows = renewals.days(session, Wanted(), NOW.date() + timedelta(days=400))
    assert rows["day"].dt.date.tolist() == [(NOW + timedelta(days=300)).date()]
    assert listed() == []
    assert one


def test_a_link_that_was_sent_is_told_of_until_it_ends() -> None:
    one = account()
    link = links.relaunch(COMMAND_LINE, one, [Channel.SP_API])

    def told() -> list[bool]:
        with reading() as session:
            found = renewals.listing(session, Wanted(), MONTH, clock.now())
        return found["sent_at"].notna().tolist()

    assert told() == [True]
    links.revoke(COMMAND_LINE, link.id)
    assert told() == [False]


def test_what_works_is_renewed_only_where_that_is_meant() -> None:
    one = account(80)
    with pytest.raises(NothingToConnect):
        links.relaunch(COMMAND_LINE, one, [Channel.SP_API])

    links.relaunch(COMMAND_LINE, one, list(Channel), early=True)

    with reading() as session:
        link = session.scalars(sa.select(Link)).one()
    assert (link.channels, link.step) == (["SP-API"], "selling-partner")


def test_a_page_of_consents_is_read_from_the_index_of_when_they_lapse() -> None:
    account()
    if engine().dialect.name != "sqlite":
        pytest.skip("PostgreSQL weighs how many rows there are: the bench looks at its times.")
    with reading() as session:
        query = renewals._chosen(session, Wanted(), MONTH).limit(PAGE_SIZE)
        text = str(query.compile(engine(), compile_kwargs={"literal_binds": True}))
        plan = [row[-1] for row in session.execute(sa.text(f"EXPLAIN QUERY PLAN {text}"))]

    assert any("grants USING COVERING INDEX ix_grants_expires_at" in each for each in plan), plan
    assert not any(each.startswith("USE TEMP B-TREE") for each in plan), plan
