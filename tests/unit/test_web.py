"""Starting to serve the dashboard: what must be right before anybody can reach it."""

from pathlib import Path

import pytest

from dashboard.errors import ConfigurationError
from dashboard.settings import Mode, Settings
from dashboard.web import options, secrets, serve
from tests.production import PRODUCTION


def test_production_does_not_start_until_all_is_set_and_says_all_that_is_missing() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        serve(Settings(mode=Mode.PRODUCTION))
    for name in PRODUCTION.keys() - {"mode"}:
        assert f"DASHBOARD_{name.upper()}" in str(refusal.value)


def test_a_demo_is_served_to_this_machine_only() -> None:
    with pytest.raises(ConfigurationError, match="DASHBOARD_WEB_HOST"):
        serve(Settings(web_host="0.0.0.0"))  # noqa: S104 - that is what must be refused


def test_a_database_without_its_tables_is_not_served(use_database, tmp_path: Path) -> None:
    use_database(f"sqlite:///{tmp_path / 'new.sqlite'}")
    with pytest.raises(ConfigurationError, match="dashboard migrate"):
        serve(Settings())


def test_streamlit_gets_its_sign_in_from_the_settings_and_only_in_production() -> None:
    auth = secrets(Settings(**PRODUCTION))["auth"]
    assert auth["redirect_uri"] == "https://dash.northwind.example/oauth2callback"
    assert auth["client_secret"] == PRODUCTION["oidc_client_secret"]
    assert secrets(Settings()) == {}


def test_streamlit_is_told_to_be_careful_wherever_it_was_started() -> None:
    chosen = options(Settings(**PRODUCTION, web_host="0.0.0.0"))  # noqa: S104 - behind a proxy
    assert chosen["client.showErrorDetails"] == "none"
    assert chosen["browser.gatherUsageStats"] is False
    assert chosen["server.enableAgentApi"] is False
    assert chosen["server.allowedHosts"] == ["dash.northwind.example"]
    assert chosen["browser.serverAddress"] == "dash.northwind.example"
    assert chosen["server.cookieSecret"] == "c" * 32
    assert chosen["theme.light.sidebar.backgroundColor"].startswith("#")


def test_a_demo_answers_to_the_names_of_this_machine_only() -> None:
    chosen = options(Settings())
    assert set(chosen["server.allowedHosts"]) == {"localhost", "127.0.0.1", "::1"}
    assert "server.cookieSecret" not in chosen


def test_a_database_that_is_not_there_is_said_in_a_sentence_without_its_password(
    use_database, tmp_path: Path
) -> None:
    use_database(f"postgresql://ana:hunter2@/none?host={tmp_path}")
    with pytest.raises(ConfigurationError, match="cannot be reached") as refusal:
        serve(Settings())
    assert "hunter2" not in str(refusal.value)
