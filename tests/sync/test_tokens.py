"""An access token is fetched once, however many ask, and never given out when it is no good."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from dashboard import clock, vault
from dashboard.actions import tokens as stored
from dashboard.amazon.lwa import Tokens
from dashboard.amazon.wire import Wire
from dashboard.db.engine import transaction
from dashboard.db.models import Grant
from dashboard.diagnosis import Channel
from dashboard.errors import AmazonDown, AmazonError, GrantRefused, NotFound
from dashboard.sync.tokens import LEFT, access
from tests.sync.conftest import Fleet

TOKEN = "POST /lwa/auth/o2/token"  # noqa: S105 - an address


@pytest.fixture
def grant_id(fleet: Fleet) -> int:
    """A consent whose token was never used."""
    found = fleet.grant(fleet.connect("nordlicht"), Channel.SP_API).id
    fleet.amazon.forget_calls()
    return found


def fetched(fleet: Fleet) -> int:
    return fleet.amazon.calls().get(TOKEN, 0)


def change(**values: object) -> None:
    with transaction() as session:
        session.execute(sa.update(Grant).values(**values))


def row(grant_id: int) -> Grant:
    with transaction() as session:
        return session.get_one(Grant, grant_id)


def test_fifty_threads_on_four_processes_make_one_call_to_amazon(
    fleet: Fleet, grant_id: int
) -> None:
    fleet.amazon.behave("everything", "slow", seconds=0.5)
    env = os.environ | {"DASHBOARD_SANDBOX_PORT": str(urlsplit(fleet.amazon.base).port)}
    command = [sys.executable, "-m", "tests.sync.asking", str(grant_id), "50"]
    processes = [
        subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for each in processes:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda each: each.communicate("go\n", timeout=120)[0], processes))

    answers = [line for text in told for line in text.splitlines()]
    assert len(answers) == 200
    assert len(set(answers)) == 1
    assert len(answers[0]) == 64, "a fingerprint, not an error"
    assert fetched(fleet) == 1


def test_a_token_is_kept_for_its_hour_and_replaced_in_time(
    fleet: Fleet, grant_id: int, wire: Wire
) -> None:
    first = access(grant_id, wire=wire)
    assert access(grant_id, wire=wire) == first
    assert fetched(fleet) == 1
    assert first.token.get_secret_value() not in str(row(grant_id).access_token)

    change(access_ends_at=clock.now() + LEFT + timedelta(seconds=30))
    assert access(grant_id, wire=wire) == first
    change(access_ends_at=clock.now() + LEFT - timedelta(seconds=30))
    assert access(grant_id, wire=wire) != first
    assert fetched(fleet) == 2


def test_a_token_that_an_api_refused_is_replaced_once_for_all(
    fleet: Fleet, grant_id: int, wire: Wire
) -> None:
    bad = access(grant_id, wire=wire)
    with ThreadPoolExecutor(8) as pool:
        found = set(
            pool.map(
                lambda _: access(grant_id, refused=bad, wire=wire).token.get_secret_value(),
                range(8),
            )
        )
    assert len(found) == 1
    assert bad.token.get_secret_value() not in found
    assert fetched(fleet) == 2


def test_a_crowd_that_waits_in_vain_does_not_ask_one_by_one(fleet: Fleet, grant_id: int) -> None:
    fleet.amazon.revoke("nordlicht", "SP-API")
    fleet.amazon.behave("everything", "slow", seconds=0.5)

    def kind(_number: int) -> type[AmazonError]:
        with pytest.raises(AmazonError) as error:
            access(grant_id)
        return type(error.value)

    with ThreadPoolExecutor(20) as pool:
        kinds = list(pool.map(kind, range(20)))
    assert set(kinds) == {AmazonDown, GrantRefused}
    assert kinds.count(GrantRefused) == fetched(fleet) <= 3
    assert row(grant_id).refreshing_until is None


def test_trouble_at_amazon_leaves_the_stored_token_as_it_was(
    fleet: Fleet, grant_id: int, wire: Wire
) -> None:
    good = access(grant_id, wire=wire)
    fleet.amazon.behave("everything", "server-error")
    with pytest.raises(AmazonDown):
        access(grant_id, left=timedelta(hours=2), wire=wire)
    assert access(grant_id, wire=wire) == good


def test_whoever_died_while_fetching_is_replaced(fleet: Fleet, grant_id: int, wire: Wire) -> None:
    change(refreshing_until=clock.now())
    assert access(grant_id, wire=wire)
    assert fetched(fleet) == 1


def test_a_consent_that_is_renewed_meanwhile_wins_over_a_refusal_of_the_old(
    fleet: Fleet, grant_id: int, wire: Wire
) -> None:
    fleet.amazon.revoke("nordlicht", "SP-API")
    old = stored.kept(grant_id)
    assert stored.claim(old, clock.now())
    new = vault.seal(SecretStr(fleet.amazon.refresh_token("nordlicht", Channel.SP_API)))
    change(refresh_token=new.text, version=2, refreshing_until=None)
    came = Tokens(SecretStr("Atza|old"), SecretStr("Atzr|old"), clock.now() + timedelta(hours=1))
    assert stored.keep(old, SecretStr("Atzr|old"), came) is None, "what came is of the old one"
    assert row(grant_id).access_token is None
    assert access(grant_id, wire=wire).version == 2


def test_another_refresh_token_that_amazon_sends_is_kept(fleet: Fleet, grant_id: int) -> None:
    seen = stored.kept(grant_id)
    came = Tokens(SecretStr("Atza|a"), SecretStr("Atzr|b"), clock.now() + timedelta(hours=1))
    assert stored.keep(seen, SecretStr("Atzr|old"), came) == seen.version + 1
    grant = row(grant_id)
    assert vault.open_sealed(grant.refresh_token or "").get_secret_value() == "Atzr|b"
    assert grant.key_id == vault.key_id()


def test_a_token_sealed_with_a_key_that_is_gone_is_fetched_anew(
    fleet: Fleet, grant_id: int, wire: Wire
) -> None:
    first = access(grant_id, wire=wire)
    change(access_token="sealed with another key")  # noqa: S106 - it is none
    assert access(grant_id, wire=wire) != first


def test_a_consent_we_were_only_told_of_has_no_token(fleet: Fleet, grant_id: int) -> None:
    change(refresh_token=None)
    with pytest.raises(NotFound):
        access(grant_id)
