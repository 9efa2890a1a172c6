"""The vault: what it seals only its keys open, and nothing of either is ever seen."""

import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given
from hypothesis import settings as configure
from hypothesis import strategies as st
from pydantic import SecretStr

from dashboard import vault
from dashboard.errors import ConfigurationError, SealBroken
from dashboard.settings import ROOT, Settings, settings
from tests.production import PRODUCTION, set_production

OLD = "b2xkIGtleSBvZiB0aGUgdmF1bHQgb2YgdGhlIHRlc3Q="
NEW = "bmV3IGtleSBvZiB0aGUgdmF1bHQgb2YgdGhlIHRlc3Q="
many = configure(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
TOKEN = SecretStr("Atzr|IwEBIOnly4Us")


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Sets the vault's keys, as an operator would."""

    def use(given: str) -> None:
        set_production(monkeypatch, vault_keys=given, data_dir=str(tmp_path))

    yield use
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A demo's data folder, which does not exist yet."""
    folder = tmp_path / "data"
    monkeypatch.setenv("DASHBOARD_DATA_DIR", str(folder))
    settings.cache_clear()
    yield folder
    monkeypatch.undo()
    settings.cache_clear()


@many
@given(secret=st.text())
def test_what_is_sealed_opens_again_and_cannot_be_read_before(keys, secret: str) -> None:
    keys(OLD)
    sealed = vault.seal(SecretStr(secret))
    assert vault.open_sealed(sealed.text).get_secret_value() == secret
    assert len(secret) < 6 or secret not in sealed.text
    assert sealed.key_id == vault.key_id()


@many
@given(text=st.text())
def test_what_was_never_sealed_does_not_open(keys, text: str) -> None:
    keys(OLD)
    for attempt in (vault.open_sealed, vault.reseal):
        with pytest.raises(SealBroken):
            attempt(text)


def test_a_seal_changed_anywhere_does_not_open(keys) -> None:
    keys(OLD)
    text = vault.seal(TOKEN).text
    for place in range(0, len(text), 7):
        other = "A" if text[place] != "A" else "B"
        with pytest.raises(SealBroken):
            vault.open_sealed(text[:place] + other + text[place + 1 :])


def test_a_new_first_key_seals_and_the_old_one_still_opens(keys) -> None:
    keys(OLD)
    before = vault.seal(TOKEN)
    keys(f"{NEW}, {OLD}")
    after = vault.reseal(before.text)
    assert vault.open_sealed(before.text) == TOKEN
    assert after.key_id == vault.key_id() != before.key_id

    keys(NEW)
    assert vault.open_sealed(after.text) == TOKEN
    with pytest.raises(SealBroken, match="DASHBOARD_VAULT_KEYS"):
        vault.open_sealed(before.text)


def test_resealing_keeps_when_it_was_sealed(keys) -> None:
    long_ago = Fernet(OLD).encrypt_at_time(b"token", 1_700_000_000).decode()
    keys(f"{NEW},{OLD}")
    assert Fernet(NEW).extract_timestamp(vault.reseal(long_ago).text) == 1_700_000_000


def test_a_key_is_named_without_telling_it(keys) -> None:
    keys(OLD)
    name = vault.key_id()
    assert len(name) == 12
    assert name not in OLD


@pytest.mark.parametrize(
    "wrong", ["", "secret", OLD[:-4], f"{OLD},", f"{OLD};{NEW}", "é" * 44, "Ä" + OLD[1:]]
)
def test_wrong_keys_are_refused_with_how_to_make_one_and_not_repeated(keys, wrong: str) -> None:
    keys(wrong)
    for attempt in (lambda: vault.seal(TOKEN), lambda: vault.open_sealed("x"), vault.key_id):
        with pytest.raises(ConfigurationError, match=r"Fernet.generate_key") as refusal:
            attempt()
        assert "DASHBOARD_VAULT_KEYS" in str(refusal.value)
        assert not wrong or wrong not in str(refusal.value)
    said = " ".join(Settings().problems())
    assert "DASHBOARD_VAULT_KEYS" in said
    assert not wrong or wrong not in said


def test_good_keys_are_no_problem() -> None:
    assert Settings(**{**PRODUCTION, "vault_keys": f"{NEW}, {OLD}"}).problems() == []


def test_production_makes_no_key_of_its_own(keys, tmp_path: Path) -> None:
    keys("")
    with pytest.raises(ConfigurationError):
        vault.seal(TOKEN)
    assert not (tmp_path / vault.FILE).exists()


def test_a_demo_makes_a_key_that_only_its_owner_can_read(demo: Path) -> None:
    sealed = vault.seal(TOKEN)
    assert stat.S_IMODE((demo / vault.FILE).stat().st_mode) == 0o600
    assert [each.name for each in demo.iterdir()] == [vault.FILE]
    settings.cache_clear()
    assert vault.open_sealed(sealed.text) == TOKEN


def test_processes_that_start_at_once_share_one_demo_key(demo: Path) -> None:
    script = "import sys; sys.stdin.read(); from dashboard import vault; print(vault.key_id())"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for _ in range(4)
    ]  # fmt: skip
    for each in started:
        each.stdin.close()
    names = set()
    for each in started:
        names.add(each.stdout.read())
        each.stdout.close()
        assert each.wait(30) == 0
    assert len(names) == 1
    assert [each.name for each in demo.iterdir()] == [vault.FILE]


def test_nothing_that_holds_a_secret_shows_it(keys) -> None:
    keys(OLD)
    sealed = vault.seal(TOKEN)
    shown = f"{sealed!r} {vault.open_sealed(sealed.text)!r} {settings()!r}"
    assert "Only4Us" not in shown
    assert OLD not in shown
