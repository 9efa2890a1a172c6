"""Setting up practice against a stand-in Amazon that is being served."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from dashboard.actions import practice as actions
from dashboard.amazon import practice as amazon
from dashboard.db.engine import reading
from dashboard.db.history import Event
from dashboard.diagnosis import Channel
from dashboard.errors import AmazonDown, BadInput
from dashboard.roles import Role, Staff
from dashboard.settings import settings
from tests.pages.opening import opened, text
from tests.production import PRODUCTION
from tests.sandboxes import Sandbox, serving

pytestmark = pytest.mark.usefixtures("database")

BEN = Staff(id=None, email="ben@northwind.example", name="Ben", role=Role.MANAGER)


@pytest.fixture
def sandbox(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A stand-in Amazon that the settings point at."""
    with serving() as served:
        monkeypatch.setenv("DASHBOARD_SANDBOX_PORT", served.base.rpartition(":")[2])
        settings.cache_clear()
        yield served


def happened() -> list[dict[str, object]]:
    with reading() as session:
        return list(session.scalars(sa.select(Event.details).where(Event.kind == "practice_set")))


def test_everybody_is_shown_with_what_happens_to_them(sandbox: Sandbox) -> None:
    sandbox.behave("bluebird", "view-only")

    shown = opened("practice").dataframe[0].value

    assert set(shown["id"]) == set(sandbox.cast())
    assert shown.set_index("id").loc["bluebird", "behaviour"] == ["View-only login"]
    assert shown.set_index("id").loc["nordlicht", "behaviour"] == ["All well"]


def test_a_behaviour_is_put_on_everybody_and_taken_back(sandbox: Sandbox) -> None:
    app = opened("practice", Role.MANAGER)

    app.selectbox(key="behave_everything").set_value("throttled").run()

    assert sandbox.http.get("/sandbox/cast").json()["everything"] == "throttled"
    assert "429" in text(app)
    app.button(key="reset").click().run()
    assert not app.exception
    assert sandbox.http.get("/sandbox/cast").json()["everything"] == "healthy"
    assert app.selectbox(key="behave_everything").value == "healthy"
    assert [each["what"] for each in happened()] == ["throttled", "all well again"]


def test_what_is_set_for_one_login_and_revoked_reaches_the_stand_in(sandbox: Sandbox) -> None:
    token = sandbox.refresh_token("nordlicht", Channel.AAA)
    actions.behave(BEN, "bluebird", "cancels")
    actions.revoke(BEN, "nordlicht", Channel.AAA)

    assert sandbox.cast()["bluebird"]["behaviour"] == "cancels"
    client_id, secret = settings().login_client(Channel.AAA)
    refused = sandbox.http.post(
        "/lwa/auth/o2/token",
        data={
            "grant_type": "refresh_token", "refresh_token": token, "client_id": client_id,
            "client_secret": secret.get_secret_value(),
        },
    )  # fmt: skip
    assert refused.json()["error"] == "invalid_grant"
    assert happened() == [
        {"whom": "bluebird", "what": "cancels"},
        {"whom": "nordlicht", "what": "consents revoked", "channel": "AAA"},
    ]


@pytest.mark.parametrize("member", ["nobody", "../calls", "a/b", "", "é", "\x00"])
def test_a_login_that_does_not_exist_is_refused_and_not_noted(
    sandbox: Sandbox, member: str
) -> None:
    with pytest.raises((BadInput, AmazonDown)):
        actions.behave(BEN, member, "cancels")
    assert happened() == []


def test_without_the_stand_in_the_page_says_how_to_start_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DASHBOARD_SANDBOX_PORT", "9")
    settings.cache_clear()

    app = opened("practice")

    assert "is not running" in app.warning[0].value
    assert not app.dataframe


def test_production_has_no_practice(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(f"DASHBOARD_{name.upper()}", str(value))
    settings.cache_clear()
    with pytest.raises(BadInput, match="demos only"):
        amazon.cast()


@pytest.mark.parametrize("role", [each for each in Role if each is not Role.VIEWER])
def test_staff_may_practise(sandbox: Sandbox, role: Role) -> None:
    assert opened("practice", role).dataframe


def test_a_viewer_may_not(sandbox: Sandbox) -> None:
    app = opened("practice", Role.VIEWER)
    assert "may not set up practice" in app.error[0].value
    assert not app.dataframe
