"""Changing the vault's keys while everything runs."""

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from pydantic import SecretStr

from dashboard import vault
from dashboard.actions import rotation
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event
from dashboard.db.models import Grant
from dashboard.errors import SealBroken
from dashboard.roles import COMMAND_LINE
from dashboard.settings import settings
from tests import factories
from tests.factories import CONNECTED

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def use(monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    monkeypatch.setenv("DASHBOARD_VAULT_KEYS", ",".join(keys))
    settings.cache_clear()


def fill(number: int) -> None:
    with transaction() as session:
        organization = factories.organization(session)
        for _ in range(number):
            factories.account(session, organization, aaa=CONNECTED, sp_api=CONNECTED)
        for grant in session.scalars(sa.select(Grant)):
            sealed = vault.seal(SecretStr(f"Atzr|{grant.id}"))
            grant.refresh_token, grant.key_id = sealed.text, sealed.key_id


def test_every_token_is_sealed_with_the_first_key_and_none_is_lost(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, OLD)
    fill(3)
    use(monkeypatch, NEW, OLD)
    seen: list[tuple[int, int]] = []

    assert rotation.rotate(COMMAND_LINE, lambda done, whole: seen.append((done, whole))) == 6

    assert seen[-1] == (6, 6)
    use(monkeypatch, NEW)
    with reading() as session:
        for grant in session.scalars(sa.select(Grant)):
            assert grant.key_id == vault.key_id()
            opened = vault.open_sealed(grant.refresh_token or "")
            assert opened.get_secret_value() == f"Atzr|{grant.id}"
        told = session.scalars(sa.select(Event.details).where(Event.kind == "keys_rotated")).all()
    assert told == [{"key": vault.key_id(), "grants": 6}]
    assert rotation.rotate(COMMAND_LINE) == 0


def test_a_rotation_that_was_interrupted_goes_on_where_it_stopped(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, OLD)
    fill(2)
    use(monkeypatch, NEW, OLD)
    with transaction() as session:
        first = session.scalars(sa.select(Grant).order_by(Grant.id).limit(1)).one()
        sealed = vault.reseal(first.refresh_token or "")
        first.refresh_token, first.key_id = sealed.text, sealed.key_id
    assert rotation.rotate(COMMAND_LINE) == 3


def test_a_token_whose_key_is_gone_is_left_alone_and_said(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, OLD)
    fill(1)
    use(monkeypatch, NEW)
    with pytest.raises(SealBroken):
        rotation.rotate(COMMAND_LINE)
    with reading() as session:
        assert vault.key_id() not in session.scalars(sa.select(Grant.key_id)).all()
