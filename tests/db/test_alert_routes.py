"""Routes are kept by admins, their targets sealed; mail of one problem stays together."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from pydantic import SecretStr

from dashboard import clock, vault
from dashboard.actions import rotation
from dashboard.actions.alerting import forgetting, gathering, notifying, routes, watching
from dashboard.actions.alerting.routes import Wish
from dashboard.db.alerting import Alert, Notice, Route
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event
from dashboard.errors import BadInput, NotFound
from dashboard.queries import alerting
from dashboard.roles import Role, Staff
from dashboard.settings import settings
from tests import factories
from tests.db.test_outbox import Listening, Post
from tests.turning import BROKEN, HEALTHY, turn

ADMIN = Staff(id=None, email="", name="Ada", role=Role.ADMIN)
SLACK = SecretStr("slack://T0HUSH000/B0HUSH000/HUSHHUSHHUSHHUSHHUSHHUSH")
CARE = SecretStr("Care@Northwind.example")
WISH = Wish("Ops", ("Needs reconnect", "Late"))

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def post(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """A mail server that the settings name."""
    kept = Post()
    server = Listening(kept, hostname="127.0.0.1", port=0)
    server.start()
    monkeypatch.setenv("DASHBOARD_SMTP_URL", f"smtp://127.0.0.1:{server.port}")
    settings.cache_clear()
    yield kept
    server.stop()


def kept() -> Route:
    with reading() as session:
        return session.scalars(sa.select(Route)).one()


def minute() -> int:
    watching.watch()
    gathering.gather()
    return notifying.notify()


def test_a_target_is_sealed_and_nothing_of_it_told() -> None:
    routes.add(ADMIN, SLACK, WISH)
    route = kept()
    assert "HUSH" not in repr(vars(route))
    assert vault.open_sealed(route.target).get_secret_value() == SLACK.get_secret_value()
    with reading() as session:
        told = session.scalars(sa.select(Event).where(Event.kind == "route_added")).one()
        shown = alerting.route(session, route.id)
    assert (told.staff_name, told.details) == ("Ada", {"name": "Ops", "to": "slack://…"})
    assert "HUSH" not in repr(shown)


def test_a_change_without_an_address_leaves_it_where_it_is() -> None:
    route_id = routes.add(ADMIN, SLACK, WISH)
    before = kept().target
    routes.change(ADMIN, route_id, Wish("Operations", ("Stuck",), regions=("EU",)))
    route = kept()
    assert (route.target, route.name, route.headlines, route.regions) == (
        before, "Operations", ["Stuck"], ["EU"],
    )  # fmt: skip
    routes.change(ADMIN, route_id, WISH, CARE)
    assert (kept().service, kept().shown) == ("mail", "care@northwind.example")


@pytest.mark.parametrize(
    "wish",
    [
        Wish("", WISH.headlines), Wish("x" * 101, WISH.headlines), Wish("a\x07b", WISH.headlines),
        Wish("Ops", ()), Wish("Ops", ("Healthy",)), Wish("Ops", ("Nonsense",)),
        Wish("Ops", WISH.headlines, strategist_ids=(4711,)),
        Wish("Ops", WISH.headlines, regions=("MOON",)),
        Wish("Ops", WISH.headlines, quiet_from=60),
        Wish("Ops", WISH.headlines, quiet_from=60, quiet_until=24 * 60),
        Wish("Ops", WISH.headlines, time_zone="Moon/Base"),
        Wish("Ops", WISH.headlines, time_zone="../etc/passwd"),
    ],
)  # fmt: skip
def test_a_condition_that_makes_no_sense_is_refused(wish: Wish) -> None:
    with pytest.raises(BadInput):
        routes.add(ADMIN, CARE, wish)


def test_two_routes_of_one_name_are_refused_and_a_missing_one_is_told() -> None:
    routes.add(ADMIN, CARE, WISH)
    with pytest.raises(BadInput, match="Ops already"):
        routes.add(ADMIN, SLACK, WISH)
    with pytest.raises(NotFound):
        routes.try_out(ADMIN, 4711)


def test_a_change_of_keys_seals_targets_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setenv("DASHBOARD_VAULT_KEYS", old)
    settings.cache_clear()
    routes.add(ADMIN, SLACK, WISH)
    monkeypatch.setenv("DASHBOARD_VAULT_KEYS", f"{new},{old}")
    settings.cache_clear()
    rotation.rotate(ADMIN)
    monkeypatch.setenv("DASHBOARD_VAULT_KEYS", new)
    settings.cache_clear()
    assert vault.open_sealed(kept().target).get_secret_value() == SLACK.get_secret_value()
    assert kept().key_id == vault.key_id()


def test_mail_of_the_end_of_a_problem_follows_that_of_its_beginning(post: Post) -> None:
    routes.add(ADMIN, CARE, WISH)
    with transaction() as session:
        acme = factories.account(session, factories.organization(session, "Acme GmbH"))
    turn(BROKEN, acme)
    assert minute() == 1
    turn(HEALTHY, acme)
    assert minute() == 1
    first, second = post.received
    assert first["Subject"] == "Needs reconnect: Acme EU (Acme GmbH)"
    assert second["Subject"].startswith("Resolved after")
    assert first["References"] is None
    assert second["References"] == second["In-Reply-To"] == first["Message-ID"]


def test_mail_that_is_tried_again_keeps_its_name(post: Post) -> None:
    route_id = routes.add(ADMIN, CARE, WISH)
    post.answer = "451 try again later"
    routes.try_out(ADMIN, route_id)
    now = clock.now()
    assert notifying.notify(now) == 0
    with reading() as session:
        waiting = session.scalars(sa.select(Notice)).one()
    assert waiting.failure == "The mail server refused the message (451)."
    post.answer = "250 taken"
    assert notifying.notify(now + timedelta(minutes=1)) == 1
    assert f"alert-{waiting.id}-" in post.received[0]["Message-ID"]


def test_somebody_who_waits_for_a_test_is_seen_at_once() -> None:
    route_id = routes.add(ADMIN, CARE, WISH)
    assert not notifying.somebody_waits()
    routes.try_out(ADMIN, route_id)
    assert notifying.somebody_waits()
    notifying.notify()
    assert not notifying.somebody_waits()


def test_what_was_told_long_ago_is_forgotten_and_what_is_open_is_kept() -> None:
    routes.add(ADMIN, CARE, WISH)
    with transaction() as session:
        acme = factories.organization(session, "Acme GmbH")
        over, still = (factories.account(session, acme) for _ in range(2))
    turn(BROKEN, over)
    minute()
    turn(HEALTHY, over)
    turn(BROKEN, still)
    minute()
    forgetting.forget(clock.now() + forgetting.KEPT - timedelta(hours=1))
    with reading() as session:
        assert len(session.scalars(sa.select(Alert.id)).all()) == 2
    with transaction() as session:
        session.execute(sa.update(Alert).values(phase="told").where(Alert.account_id == still))
    forgetting.forget(clock.now() + forgetting.KEPT + timedelta(hours=1))
    with reading() as session:
        (left,) = session.scalars(sa.select(Alert)).all()
        notices = session.scalars(sa.select(Notice.id)).all()
    assert left.account_id == still
    assert notices == [left.notice_id]
