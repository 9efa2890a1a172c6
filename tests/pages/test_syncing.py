"""What arrived, and Sync now, Pause and Resume, on the page of an account."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from dashboard import clock
from dashboard.actions import claims, syncing
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event
from dashboard.db.models import Account, Grant, Stream
from dashboard.db.syncing import Campaign, Listing
from dashboard.marketplaces import marketplace
from dashboard.roles import Role
from tests import factories
from tests.factories import MISSING
from tests.pages.opening import opened, text

pytestmark = pytest.mark.usefixtures("database")

MAY = (Role.STRATEGIST, Role.SUPPORT, Role.ADMIN)


def made(**options: object) -> int:
    with transaction() as session:
        owner = factories.organization(session, "Acme GmbH")
        account_id = factories.account(session, owner, **options)  # type: ignore[arg-type]
        token = {"refresh_token": "sealed", "version": 1}
        session.execute(sa.update(Grant).values(token))
    return account_id


def buttons(app: AppTest) -> set[str]:
    return {each.label for each in app.button} & {"Sync now", "Check now", "Pause", "Resume"}


def kinds() -> list[str]:
    with reading() as session:
        return list(session.scalars(sa.select(Event.kind).order_by(Event.id)))


def synced(account_id: int, rows: int) -> None:
    """What was asked for is done, with so many rows of each stream."""
    with reading() as session:
        streams = factories.streams(session, account_id)
    for each in streams:
        claimed = claims.claim(each)
        assert claimed is not None
        with transaction() as session:
            syncing.progress(session, claimed, rows)
        syncing.succeed(claimed)


def states() -> set[str]:
    with reading() as session:
        return set(session.scalars(sa.select(Stream.state)))


def test_what_arrived_stands_in_a_line_and_by_marketplace() -> None:
    account_id, now = made(marketplaces=("DE", "FR")), clock.now()
    shared = {"account_id": account_id, "first_seen_at": now, "seen_at": now}
    germany, france = (marketplace(each).id for each in ("DE", "FR"))
    with transaction() as session:
        for number, state in enumerate(("ENABLED", "ENABLED", "PAUSED")):
            session.add(
                Campaign(
                    campaign_id=str(number), name="A", state=state, budget=1.5,
                    marketplace_id=germany, **shared,
                )
            )  # fmt: skip
        session.add(
            Listing(
                sku="A", asin="B0A", name="A", quantity=1200, marketplace_id=france, **shared
            )
        )  # fmt: skip

    app = opened("account", id=account_id)

    assert "3 campaigns, 2 enabled · 1 product, 0 new ASINs this week, 1,200 units" in text(app)
    shown = app.dataframe[1].value
    assert shown["country"].tolist() == ["Germany", "France"]
    assert shown["campaigns"].tolist()[0] == 3
    assert shown["units"].tolist()[1] == 1200


def test_before_anything_arrived_the_page_says_so() -> None:
    assert "Nothing has arrived yet" in text(opened("account", id=made()))


def test_sync_now_puts_the_streams_into_the_queue_and_says_how_far_they_are() -> None:
    account_id = made()
    app = opened("account", id=account_id)

    app.button(key="sync").click().run()

    assert app.toast[0].value.startswith("Sync asked for")
    assert states() == {"queued"}
    assert kinds() == ["sync_asked"]
    said = text(app)
    assert "Sync asked for" in said
    assert "Waits for a worker." in said
    synced(account_id, rows=600)
    said = text(opened("account", id=account_id))
    assert "1,200 rows arrived." in said, "another tab finds what came of it"
    assert re.search(r"asked \d+ s ago", said)


def test_check_now_has_the_consents_checked() -> None:
    app = opened("account", id=made())

    app.button(key="check").click().run()

    assert kinds() == ["check_asked"]
    with reading() as session:
        assert None not in session.scalars(sa.select(Grant.check_due_at)).all()


def test_sync_now_says_why_there_is_nothing_to_sync() -> None:
    app = opened("account", id=made(aaa=MISSING, sp_api=MISSING))

    app.button(key="sync").click().run()

    assert "relaunch the connection first" in text(app)
    assert kinds() == []


def test_an_account_is_paused_and_resumed_from_its_page() -> None:
    account_id = made()
    app = opened("account", id=account_id)
    assert buttons(app) == {"Sync now", "Check now", "Pause"}

    app.button(key="pause").click().run()
    assert app.toast[0].value.startswith("Paused")
    assert buttons(app) == {"Resume"}
    app.button(key="resume").click().run()

    assert app.toast[0].value.startswith("Resumed")
    assert buttons(app) == {"Sync now", "Check now", "Pause"}
    assert kinds() == ["paused", "resumed"]
    with reading() as session:
        assert session.get_one(Account, account_id).paused_at is None


def test_a_disconnected_account_offers_neither() -> None:
    gone = made(disconnected_at=clock.now() - timedelta(days=1))

    assert buttons(opened("account", id=gone)) == set()


@pytest.mark.parametrize("role", Role)
def test_only_some_roles_may_start_or_pause_syncs(role: Role) -> None:
    expected = {"Sync now", "Check now", "Pause"} if role in MAY else set()

    assert buttons(opened("account", role, id=made())) == expected
