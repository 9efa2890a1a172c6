"""Login with Amazon: its consent page's address, and codes and tokens for tokens."""

import base64
import hashlib
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from dashboard import clock
from dashboard.amazon import lwa
from dashboard.diagnosis import Channel
from dashboard.errors import AmazonDown, AmazonError, GrantRefused, Malformed
from dashboard.marketplaces import Region
from tests.amazon.wires import Amazon, says

BACK = "https://connect.northwind.example/callback/aaa"
CODE = SecretStr("ANcodeOnce")
VERIFIER = SecretStr("prove-it")
GRANTED = {
    "access_token": "Atza|now", "refresh_token": "Atzr|later", "token_type": "bearer",
    "expires_in": 3600,
}  # fmt: skip


def form(amazon: Amazon) -> dict[str, str]:
    """The form that arrived last."""
    request = amazon.asked[-1]
    assert request.method == "POST"
    assert request.headers["content-type"].startswith("application/x-www-form-urlencoded")
    fields = parse_qs(request.content.decode(), strict_parsing=True)
    assert all(len(values) == 1 for values in fields.values())
    return {name: values[0] for name, values in fields.items()}


def test_the_consent_page_is_asked_for_the_documented_way(production) -> None:
    production(aaa_scope="advertising::campaign_management advertising::audiences")
    url = urlsplit(
        lwa.consent_url(
            Region.EU, state=SecretStr("s+/ &"), redirect_uri=BACK, challenge="S256-of-it"
        )
    )
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://eu.account.amazon.com/ap/oa"
    assert parse_qs(url.query, strict_parsing=True) == {
        "client_id": ["amzn1.application-oa2-client.ads"],
        "scope": ["advertising::campaign_management advertising::audiences"],
        "response_type": ["code"],
        "redirect_uri": [BACK],
        "state": ["s+/ &"],
        "code_challenge": ["S256-of-it"],
        "code_challenge_method": ["S256"],
    }
    assert "campaign_management%20advertising" in url.query


def test_the_challenge_tells_nothing_but_proves_the_verifier() -> None:
    proof = lwa.verifier()
    digest = hashlib.sha256(proof.get_secret_value().encode()).digest()
    assert lwa.challenge(proof) == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert 43 <= len(proof.get_secret_value()) <= 128
    assert lwa.verifier() != proof


def test_a_code_becomes_tokens(production) -> None:
    production()
    amazon = says((200, GRANTED))
    tokens = lwa.exchange(Channel.AAA, CODE, BACK, VERIFIER, Region.EU, wire=amazon.wire)
    assert form(amazon) == {
        "grant_type": "authorization_code", "code": "ANcodeOnce", "redirect_uri": BACK,
        "client_id": "amzn1.application-oa2-client.ads", "client_secret": "tell nobody of ads",
        "code_verifier": "prove-it",
    }  # fmt: skip
    assert str(amazon.asked[0].url) == "https://api.amazon.co.uk/auth/o2/token"
    assert tokens.access_token.get_secret_value() == "Atza|now"
    assert tokens.refresh_token.get_secret_value() == "Atzr|later"
    assert timedelta(minutes=59) < tokens.expires_at - clock.now() <= timedelta(hours=1)


def test_each_channel_has_a_client_of_its_own(production) -> None:
    production()
    amazon = says((200, GRANTED))
    lwa.exchange(Channel.SP_API, CODE, BACK, wire=amazon.wire)
    sent = form(amazon)
    assert sent == {
        "grant_type": "authorization_code", "code": "ANcodeOnce", "redirect_uri": BACK,
        "client_id": "amzn1.application-oa2-client.selling-partner",
        "client_secret": "tell nobody of selling partners",
    }  # fmt: skip
    assert str(amazon.asked[0].url) == "https://api.amazon.com/auth/o2/token"


@pytest.mark.parametrize("trouble", [(500, {}), (429, {}), (400, {"error": "invalid_grant"})])
def test_a_code_is_sent_once(trouble: tuple[int, dict[str, str]]) -> None:
    amazon = says(trouble)
    with pytest.raises(AmazonError):
        lwa.exchange(Channel.AAA, CODE, BACK, VERIFIER, wire=amazon.wire)
    assert len(amazon.asked) == 1


def test_a_refresh_is_tried_again_until_it_works(production) -> None:
    production()
    amazon = says((503, {}), (200, GRANTED))
    tokens = lwa.refresh(Channel.SP_API, SecretStr("Atzr|later"), wire=amazon.wire)
    assert form(amazon) == {
        "grant_type": "refresh_token", "refresh_token": "Atzr|later",
        "client_id": "amzn1.application-oa2-client.selling-partner",
        "client_secret": "tell nobody of selling partners",
    }  # fmt: skip
    assert tokens.access_token.get_secret_value() == "Atza|now"
    assert len(amazon.asked) == 2


@pytest.mark.parametrize(
    ("answered", "kept"), [("Atzr|later", "Atzr|later"), ("Atzr|new", "Atzr|new"), (None, "Atzr|1")]
)
def test_the_refresh_token_to_keep_is_the_one_amazon_names_last(
    answered: str | None, kept: str
) -> None:
    amazon = says((200, {**GRANTED, "refresh_token": answered}))
    tokens = lwa.refresh(Channel.AAA, SecretStr("Atzr|1"), wire=amazon.wire)
    assert tokens.refresh_token.get_secret_value() == kept


def test_a_revoked_consent_is_refused_with_amazons_words() -> None:
    words = "The request has an invalid grant parameter : refresh_token. User may have revoked"
    amazon = says(
        (400, {"error": "invalid_grant", "error_description": words, "request_id": "r-7"})
    )
    with pytest.raises(GrantRefused) as refusal:
        lwa.refresh(Channel.AAA, SecretStr("Atzr|later"), wire=amazon.wire)
    assert (refusal.value.code, refusal.value.status) == ("invalid_grant", 400)
    assert (refusal.value.details, refusal.value.request_id) == (words, "r-7")


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"null", b"[]", b"{}", b'{"access_token": ', b"\xff\xfe", b"[" * 100_000,
        {**GRANTED, "access_token": ""},
        {**GRANTED, "access_token": None},
        {**GRANTED, "access_token": 7},
        {**GRANTED, "access_token": "line\nbreak"},
        {**GRANTED, "access_token": "sp ace"},
        {**GRANTED, "access_token": "ümlaut"},
        {**GRANTED, "access_token": "x" * 5_000},
        {**GRANTED, "refresh_token": None},
        {**GRANTED, "refresh_token": ["x"]},
        {**GRANTED, "expires_in": 0},
        {**GRANTED, "expires_in": -1},
        {**GRANTED, "expires_in": 10**30},
        {**GRANTED, "expires_in": "soon"},
        {"error": "invalid_grant"},
    ],
)  # fmt: skip
def test_an_answer_without_usable_tokens_is_malformed(answer: object) -> None:
    with pytest.raises(Malformed):
        lwa.exchange(Channel.AAA, CODE, BACK, VERIFIER, wire=says((200, answer)).wire)


@given(code=st.text(min_size=1), token=st.text(min_size=1))
def test_whatever_a_browser_brings_back_is_sent_as_it_is(code: str, token: str) -> None:
    amazon = says((200, GRANTED))
    lwa.exchange(Channel.AAA, SecretStr(code), BACK, VERIFIER, wire=amazon.wire)
    assert form(amazon)["code"] == code
    lwa.refresh(Channel.AAA, SecretStr(token), wire=amazon.wire)
    assert form(amazon)["refresh_token"] == token


def test_no_answer_at_all_is_amazons_trouble() -> None:
    with pytest.raises(AmazonDown):
        lwa.refresh(Channel.AAA, SecretStr("Atzr|later"), wire=says((500, b"<html>")).wire)
