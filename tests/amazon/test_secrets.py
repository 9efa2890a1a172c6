"""No secret is ever seen: not in what is returned, raised or logged, whatever Amazon answers."""

import logging
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as configure
from hypothesis import strategies as st
from pydantic import SecretStr

from dashboard.amazon import ads, lwa, selling_partner
from dashboard.amazon.wire import Wire
from dashboard.diagnosis import Channel
from dashboard.errors import AmazonError
from dashboard.marketplaces import Region
from tests.amazon.wires import says

BACK = "http://127.0.0.1:8502/callback/aaa"
SECRETS = st.text("ABCDEFGHJKMNPQRSTVWXYZ|", min_size=12, max_size=2_000)
"""Without letters that make up words, so that chance finds them nowhere else."""

CALLS: dict[str, Callable[[SecretStr, Wire], Any]] = {
    "exchange": lambda secret, wire: lwa.exchange(Channel.AAA, secret, BACK, secret, wire=wire),
    "refresh": lambda secret, wire: lwa.refresh(Channel.SP_API, secret, wire=wire),
    "profiles": lambda secret, wire: ads.profiles(Region.EU, secret, wire=wire),
    "campaigns": lambda secret, wire: ads.campaigns(Region.EU, secret, "1", wire=wire),
    "participations": lambda secret, wire: selling_partner.participations(
        Region.EU, secret, wire=wire
    ),
    "orders": lambda secret, wire: selling_partner.purchase_orders(
        Region.EU, secret, datetime(2026, 1, 1, tzinfo=UTC), wire=wire
    ),
}


def echoes(secret: str) -> list[Any]:
    """Answers that hold the secret wherever an answer can hold something."""
    named = ("error", "error_description", "code", "details", "message", "request_id")
    body = dict.fromkeys(named, secret)
    tokens = {"access_token": secret, "refresh_token": secret, "expires_in": 3600}
    headers = {"x-amzn-requestid": secret, "location": f"https://elsewhere.example/{secret}"}
    return [
        *[(status, body, headers) for status in (302, 400, 401, 403, 404, 429, 500)],
        (403, {"errors": [body]}, headers),
        (200, {**tokens, "expires_in": secret}),
        (200, tokens),
        (200, secret.encode()),
        (200, [{"profileId": secret}]),
        httpx2.RemoteProtocolError(f"illegal header line: {secret}"),
        httpx2.LocalProtocolError(f"Illegal header value {secret}"),
    ]


@pytest.mark.parametrize("name", CALLS)
@configure(
    deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(secret=SECRETS)
def test_no_secret_is_seen(name: str, secret: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    hidden: list[BaseException | None] = []
    for answer in echoes(secret):
        try:
            shown = repr(CALLS[name](SecretStr(secret), says(answer).wire))
        except AmazonError as error:
            shown = "".join(traceback.format_exception(error)) + repr(vars(error))
            hidden.append(error.__context__)
        assert secret[:12] not in shown
    assert set(hidden) <= {None}
    assert secret[:12] not in caplog.text


def test_tokens_show_nothing_of_themselves() -> None:
    tokens = lwa.Tokens(SecretStr("Atza|1"), SecretStr("Atzr|2"), datetime(2026, 1, 1, tzinfo=UTC))
    assert "Atz" not in f"{tokens} {tokens!r}"
