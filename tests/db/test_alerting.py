"""A problem is told once to whom it concerns, and once more when it is over."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from dashboard import clock
from dashboard.actions import outbox
from dashboard.actions.alerting import gathering, notifying, routes, watching
from dashboard.actions.alerting.routes import Wish
from dashboard.alerts import Phase, wording
from dashboard.db.alerting import Alert, Notice
from dashboard.db.engine import engine, reading, transaction
from dashboard.db.history import Event, StatusSpell
from dashboard.db.syncing import Incident
from dashboard.roles import Role, Staff
from dashboard.settings import settings
from dashboard.status import Headline
from tests import factories
from tests.hooks import Hooks, listening
from tests.turning import BROKEN, HEALTHY, STUCK, turn

ADMIN = Staff(id=None, email="", name="Ada", role=Role.ADMIN)
EVERYTHING = ("Needs reconnect", "Stuck", "Late", "Amazon incident", "Our fix")
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def hooks(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hooks]:
    """A server inside, where alerts may go."""
    monkeypatch.setenv("DASHBOARD_ALERTS_INTERNAL", "true")
    settings.cache_clear()
    with listening() as served:
        yield served


def accounts(number: int = 1, **more: object) -> list[int]:
    """Healthy accounts of Acme."""
    with transaction() as session:
        acme = factories.organization(session, "Acme GmbH")
        return [
            factories.account(session, acme, f"Acme {each + 1}", **more)  # type: ignore[arg-type]
            for each in range(number)
        ]


def route(hooks: Hooks, **more: object) -> int:
    wish = {"name": "Ops", "headlines": EVERYTHING} | more
    return routes.add(ADMIN, SecretStr(hooks.address), Wish(**wish))  # type: ignore[arg-type]


def minute(now: datetime | None = None) -> int:
    """What workers do every minute; how many messages were sent."""
    watching.watch(now)
    gathering.gather(now)
    return notifying.notify(now)


def notices() -> list[Notice]:
    with reading() as session:
        return list(session.scalars(sa.select(Notice).order_by(Notice.id)))


def phases() -> list[str]:
    with reading() as session:
        return list(session.scalars(sa.select(Alert.phase).order_by(Alert.id)))


class TestTelling:
    def test_a_problem_is_told_once_and_its_end_once(self, hooks: Hooks) -> None:
        route(hooks)
        (acme,) = accounts()
        began = clock.now()
        turn(BROKEN, acme, now=began)
        assert [minute(), minute()] == [1, 0]
        turn(HEALTHY, acme, now=began + timedelta(hours=3))
        assert [minute(), minute()] == [1, 0]
        assert hooks.titles == [
            "Needs reconnect: Acme 1 (Acme GmbH)", "Resolved after 3 h: Acme 1 (Acme GmbH)",
        ]  # fmt: skip
        assert f"/account?id={acme}" in hooks.received[0]["message"]
        assert [each["type"] for each in hooks.received] == ["warning", "success"]
        assert phases() == [Phase.DONE]

    def test_many_problems_of_one_minute_are_one_message(self, hooks: Hooks) -> None:
        route(hooks)
        turn(BROKEN, *accounts(12))
        minute()
        assert hooks.titles == ["12 accounts became Needs reconnect"]
        assert "and 7 more" in hooks.received[0]["message"]
        assert "headline=Needs+reconnect" in hooks.received[0]["message"]

    def test_only_whom_it_concerns_is_told(self, hooks: Hooks) -> None:
        with transaction() as session:
            ana = factories.staff(session, "Ana")
        route(hooks, name="Ana's", strategist_ids=(ana,))
        route(hooks, name="FE", regions=("FE",))
        route(hooks, name="Stuck", headlines=("Stuck",))
        turn(BROKEN, *accounts())
        assert minute() == 0

    def test_what_was_so_before_is_no_news(self, hooks: Hooks) -> None:
        # Nothing happens to an account before it is there.
        (acme,) = accounts(now=clock.now() - 2 * MINUTE)
        turn(BROKEN, acme, now=clock.now() - MINUTE)
        route(hooks)
        accounts(sp_api=factories.REVOKED)
        assert minute() == 0

    def test_another_problem_takes_the_place_of_the_first(self, hooks: Hooks) -> None:
        route(hooks)
        (acme,) = accounts()
        turn(BROKEN, acme)
        minute()
        turn(STUCK, acme)
        minute()
        turn(HEALTHY, acme)
        minute()
        assert [each.split(":")[0].split(" after")[0] for each in hooks.titles] == [
            "Needs reconnect", "Stuck", "Resolved",
        ]  # fmt: skip

    def test_what_comes_and_goes_between_two_looks_is_not_told(self, hooks: Hooks) -> None:
        route(hooks)
        (acme,) = accounts()
        turn(BROKEN, acme)
        turn(HEALTHY, acme)
        assert minute() == 0
        assert phases() == [Phase.DONE]

    def test_what_resolves_before_it_is_sent_is_not_told(self, hooks: Hooks) -> None:
        route(hooks)
        (acme,) = accounts()
        hooks.status = 503
        turn(BROKEN, acme)
        minute()
        hooks.status = 200
        turn(HEALTHY, acme)
        assert minute(clock.now() + 2 * MINUTE) == 0
        assert notices()[0].failure == wording.SETTLED
        assert minute(clock.now() + 3 * MINUTE) == 0
        assert phases() == [Phase.DONE]

    def test_what_resolves_before_it_is_sent_beside_others_is_a_line_and_no_end(
        self, hooks: Hooks
    ) -> None:
        route(hooks)
        one, two = accounts(2)
        hooks.status = 503
        turn(BROKEN, one, two)
        minute()
        hooks.status = 200
        turn(HEALTHY, one)
        assert minute(clock.now() + 2 * MINUTE) == 1
        assert minute(clock.now() + 4 * MINUTE) == 0
        assert hooks.titles == ["Needs reconnect: Acme 2 (Acme GmbH)"]
        assert "1 other problem came and went meanwhile." in hooks.received[0]["message"]

    def test_names_cannot_call_people(self, hooks: Hooks) -> None:
        route(hooks)
        with transaction() as session:
            evil = factories.organization(session, "<!channel> @everyone")
            acme = factories.account(session, evil, "[x](https://evil.example)")
        turn(BROKEN, acme)
        minute()
        said = hooks.titles[0] + hooks.received[0]["message"]
        assert "<!" not in said
        assert "@everyone" not in said
        assert "https://evil" not in said

    def test_many_workers_at_once_tell_each_problem_once(self, hooks: Hooks) -> None:
        for name in "ABC":
            route(hooks, name=name)
        turn(BROKEN, *accounts(4))
        workers = [threading.Thread(target=minute) for _ in range(4)]
        for each in workers:
            each.start()
        for each in workers:
            each.join()
        with reading() as session:
            told = session.execute(sa.select(Alert.route_id, Alert.account_id)).all()
        assert len(told) == len(set(told)) == 12
        assert len(hooks.received) == len(notices()) == 3

    def test_a_turn_whose_transaction_ends_late_is_told_all_the_same(self, hooks: Hooks) -> None:
        """Its number is lower than one that was read already."""
        if engine().dialect.name == "sqlite":
            return
        route(hooks)
        slow, quick = accounts(2)
        minute()
        with transaction() as session:
            was = session.scalars(
                sa.select(StatusSpell).where(StatusSpell.account_id == slow)
            ).one()
            was.ended_at = clock.now()
            session.add(
                StatusSpell(
                    account_id=slow, headline="Stuck", severity=9, actor="Us", reason="",
                    started_at=clock.now(),
                )
            )  # fmt: skip
            session.flush()
            turn(BROKEN, quick)
            minute()
        minute()
        minute()
        assert hooks.titles == ["Needs reconnect: Acme 2 (Acme GmbH)", "Stuck: Acme 1 (Acme GmbH)"]


class TestIncidents:
    def test_an_incident_is_one_message_instead_of_one_for_each_account(self, hooks: Hooks) -> None:
        route(hooks)
        opened = clock.now()
        with transaction() as session:
            incident = Incident(
                channel="SP-API", region="EU", outcome="AccessRefused", ours=False,
                opened_at=opened, customers=45, share=0.62,
            )  # fmt: skip
            session.add(incident)
        for account_id in accounts(3):
            self.share(account_id)
        assert [minute(), minute()] == [1, 0]
        with transaction() as session:
            session.get_one(Incident, incident.id).closed_at = opened + timedelta(minutes=25)
        assert [minute(), minute()] == [1, 0]
        assert hooks.titles == [
            "Amazon incident: SP-API EU", "Over after 25 min. Amazon incident: SP-API EU",
        ]  # fmt: skip

    @staticmethod
    def share(account_id: int) -> None:
        """The account shares the incident."""
        with transaction() as session:
            session.add(
                StatusSpell(
                    account_id=account_id, headline="Amazon incident", severity=6, actor="Amazon",
                    reason="amazon_outage", started_at=clock.now(),
                )
            )  # fmt: skip

    def test_our_own_incident_is_one_message_too(self, hooks: Hooks) -> None:
        route(hooks)
        with transaction() as session:
            session.add(
                Incident(
                    channel="AAA", region="EU", outcome="ClientRefused", ours=True,
                    opened_at=clock.now(), customers=3, share=1.0,
                )
            )  # fmt: skip
        for account_id in accounts(2):
            with transaction() as session:
                session.add(
                    StatusSpell(
                        account_id=account_id, headline="Our fix", severity=11, actor="Us",
                        reason="our_secret_refused", started_at=clock.now(),
                    )
                )  # fmt: skip
        minute()
        assert hooks.titles == ["Our fix: AAA EU"]


class TestQuietHours:
    @pytest.fixture
    def night(self, hooks: Hooks) -> datetime:
        """The present: quiet hours of a route, which end in eight hours."""
        now = clock.now()
        minute_of_day = now.hour * 60 + now.minute
        begins, ends = ((minute_of_day + each * 60) % (24 * 60) for each in (-1, 8))
        route(hooks, quiet_from=begins, quiet_until=ends)
        return clock.now()

    def test_alerts_wait_for_the_end_of_quiet_hours_and_come_as_one(
        self, hooks: Hooks, night: datetime
    ) -> None:
        one, two, gone = accounts(3)
        turn(BROKEN, one, gone, now=night)
        assert minute(night) == 0
        turn(BROKEN, two, now=night + timedelta(hours=2))
        turn(HEALTHY, gone, now=night + timedelta(hours=3))
        assert minute(night + timedelta(hours=4)) == 0
        assert minute(night + timedelta(hours=8)) == 1
        assert hooks.titles == ["2 accounts became Needs reconnect"]
        assert "1 other problem came and went meanwhile." in hooks.received[0]["message"]

    def test_what_resolved_at_night_wakes_nobody_in_the_morning(
        self, hooks: Hooks, night: datetime
    ) -> None:
        (acme,) = accounts()
        turn(BROKEN, acme, now=night)
        minute(night)
        turn(HEALTHY, acme, now=night + timedelta(hours=1))
        assert minute(night + timedelta(hours=8)) == 0

    def test_a_test_comes_at_any_hour(self, hooks: Hooks) -> None:
        route_id = route(hooks, quiet_from=0, quiet_until=24 * 60 - 1)
        routes.try_out(ADMIN, route_id)
        assert minute() == 1
        assert hooks.titles == ["Test from Switchboard"]


class TestDelivering:
    def test_a_server_that_fails_is_asked_again_and_given_up_with_the_reason(
        self, hooks: Hooks
    ) -> None:
        route(hooks)
        (acme,) = accounts()
        hooks.status = 500
        turn(BROKEN, acme)
        now = clock.now()
        for wait in (timedelta(), *notifying.WAITS):
            now += wait
            assert minute(now - timedelta(seconds=1)) == 0
            assert minute(now) == 0
        assert len(hooks.paths) == len(notifying.WAITS) + 1
        given_up = notices()[0]
        assert given_up.due_at is None
        assert "500" in (given_up.failure or "")
        with reading() as session:
            event = session.scalars(sa.select(Event).where(Event.kind == "alert_failed")).one()
        assert event.details["name"] == "Ops"
        assert "hush" not in repr(event.details)
        hooks.status = 200
        turn(HEALTHY, acme)
        assert minute(now + MINUTE) == 0

    def test_a_redirect_into_the_network_is_not_followed(self, hooks: Hooks) -> None:
        route(hooks)
        hooks.status, hooks.location = 302, "http://169.254.169.254/latest/meta-data/"
        turn(BROKEN, *accounts())
        minute()
        assert "not followed" in (notices()[0].failure or "")
        assert notices()[0].due_at is None

    def test_a_worker_that_died_leaves_a_message_that_comes_due_again(self, hooks: Hooks) -> None:
        route(hooks)
        turn(BROKEN, *accounts())
        now = clock.now()
        watching.watch(now)
        gathering.gather(now)
        notifying._take(now)
        assert notifying.notify(now + MINUTE) == 0
        assert notifying.notify(now + notifying.LEASE) == 1

    def test_an_old_message_is_not_sent_any_more(self, hooks: Hooks) -> None:
        route(hooks)
        turn(BROKEN, *accounts())
        gather_at = clock.now()
        watching.watch(gather_at)
        gathering.gather(gather_at)
        assert notifying.notify(gather_at + notifying.OLDEST) == 0
        assert not hooks.paths

    def test_a_route_that_was_switched_off_is_told_nothing_more(self, hooks: Hooks) -> None:
        route_id = route(hooks)
        (acme,) = accounts()
        turn(BROKEN, acme)
        minute()
        routes.deactivate(ADMIN, route_id)
        turn(HEALTHY, acme)
        turn(STUCK, acme)
        assert minute() == 0
        routes.reactivate(ADMIN, route_id)
        turn(HEALTHY, acme)
        assert minute() == 0
        turn(BROKEN, acme, now=clock.now() + timedelta(seconds=2))
        assert minute() == 1

    def test_what_a_demo_would_send_outside_stays_and_says_so(
        self, database: str, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("DASHBOARD_ALERTS_INTERNAL")
        settings.cache_clear()
        target = SecretStr("slack://T0HUSH000/B0HUSH000/HUSHHUSHHUSHHUSHHUSHHUSH")
        routes.add(ADMIN, target, Wish("Ops", EVERYTHING))
        turn(BROKEN, *accounts())
        assert minute() == 0
        assert "demo" in (notices()[0].failure or "")
        assert outbox.deliver() == 0


def test_a_headline_that_may_be_asked_for_can_come() -> None:
    assert set(EVERYTHING) <= set(Headline)
