"""The gate in production, for people whom the sign-in provider vouches for."""

from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import clock
from dashboard.actions import staff
from dashboard.roles import COMMAND_LINE, Role
from dashboard.settings import ROOT, settings
from tests.production import set_production

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def production(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of production, with roles from a claim of the sign-in."""
    set_production(
        monkeypatch, first_admin="", role_claim="groups", support_contact="the *platform* team"
    )


def opened(age: timedelta | None = timedelta(hours=1), **claims: Any) -> AppTest:
    """The app, as opened by somebody who signed in so long ago with these claims."""
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=30)
    signed_in = {"is_logged_in": True, "email": "ana@northwind.example", "name": "Ana"}
    if age is not None:
        signed_in["iat"] = int((clock.now() - age).timestamp())
    app.user = signed_in | claims
    app.run()
    assert not app.exception
    return app


def keys(app: AppTest) -> list[str | None]:
    return [each.key for each in app.button]


def test_nobody_sees_anything_before_signing_in() -> None:
    app = opened(is_logged_in=False)
    assert keys(app) == ["sign_in"]
    assert [each.value for each in app.title] == ["Switchboard"]


def test_nobody_gets_in_while_a_setting_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    staff.add(COMMAND_LINE, "ana@northwind.example", "Ana", Role.ADMIN)
    monkeypatch.setenv("DASHBOARD_COOKIE_SECRET", "short")
    settings.cache_clear()
    app = opened()
    assert "not set up yet" in app.error[0].value
    assert keys(app) == []


def test_a_member_is_let_in() -> None:
    staff.add(COMMAND_LINE, "ana@northwind.example", "Ana", Role.VIEWER)
    assert "sign_out" in keys(opened())


@pytest.mark.parametrize("age", [timedelta(hours=13), timedelta(days=20), None])
def test_a_sign_in_ends_after_twelve_hours_or_if_nobody_knows_when_it_was(
    age: timedelta | None,
) -> None:
    staff.add(COMMAND_LINE, "ana@northwind.example", "Ana", Role.VIEWER)
    app = opened(age)
    assert keys(app) == ["sign_in"]
    assert "has ended" in app.info[0].value


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"email": ""},
        {"email": None},
        {"groups": ["everyone"]},
        {"groups": "administrator"},
        {"groups": ["admin"], "email_verified": False},
    ],
)
def test_whoever_is_not_staff_is_told_whom_to_ask_and_nothing_else(claims: dict[str, Any]) -> None:
    app = opened(**claims)
    assert keys(app) == ["sign_out"]
    assert r"ask the \*platform\* team" in app.info[0].value
    assert [each.value for each in app.title] == ["Switchboard"]


def test_a_claimed_role_lets_in_whoever_is_not_listed() -> None:
    app = opened(groups=["everyone", "support"])
    assert "Support" in app.sidebar.caption[0].value


def test_the_list_goes_before_the_claim() -> None:
    ana = staff.add(COMMAND_LINE, "ana@northwind.example", "Ana", Role.VIEWER)
    assert "Viewer" in opened(groups=["admin"]).sidebar.caption[0].value

    staff.deactivate(COMMAND_LINE, ana)
    assert keys(opened(groups=["admin"])) == ["sign_out"]


def test_a_name_cannot_dress_itself_up() -> None:
    app = opened(name="**Boss** [x](https://evil.example) :red[y]", groups="viewer")
    # The word joiner after the colon keeps Markdown from making a link of the bare address.
    assert "\\[x\\]\\(https\\:\u2060\\/\\/evil\\.example\\)" in app.sidebar.caption[0].value
