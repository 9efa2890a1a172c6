"""Login with Amazon: the consent page and the token endpoint, as Amazon documents them."""

from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.diagnosis import Channel
from dashboard.sandbox.tokens import ADS, Client, Grant
from dashboard.settings import Settings
from tests.sandbox.conftest import SELLER, Api
from tests.sandboxes import Sandbox, challenge, returned, serving

VERIFIER = "a-verifier-of-the-length-that-the-standard-asks-for"


def consented(amazon: Sandbox, member: str = SELLER, **more: str) -> dict[str, str]:
    """What comes back from the consent page after Allow."""
    url = amazon.login_page(amazon.redirect_uris[0], **more)
    return returned(amazon.decide(url, member, "allow"))


def test_allow_sends_a_code_the_scope_and_the_state_back(amazon: Sandbox) -> None:
    back = consented(amazon, state="st&te=1")

    assert back["state"] == "st&te=1"
    assert back["scope"] == "advertising::campaign_management"
    assert back["code"]


def test_cancel_sends_access_denied_and_the_state_back(amazon: Sandbox) -> None:
    url = amazon.login_page(amazon.redirect_uris[0], state="mine")

    back = returned(amazon.decide(url, SELLER, "cancel"))

    assert (back["error"], back["state"]) == ("access_denied", "mine")
    assert "code" not in back


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"client_id": Settings().login_client(Channel.SP_API)[0]}, "unauthorized_client"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge": "x", "code_challenge_method": "S512"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
    ],
)
def test_what_is_wrong_with_a_request_is_told_to_the_app(
    amazon: Sandbox, wrong: dict[str, str], error: str
) -> None:
    url = amazon.login_page(amazon.redirect_uris[0], state="mine", **wrong)

    back = returned(amazon.http.get(url))

    assert (back["error"], back["state"]) == (error, "mine")


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "amzn1.application-oa2-client.other"},
        {"redirect_uri": "http://127.0.0.1:8502/callback/aaa/"},
        {"redirect_uri": "https://evil.example/"},
    ],
)
def test_a_request_of_another_app_or_address_never_calls_back(
    amazon: Sandbox, wrong: dict[str, str]
) -> None:
    answer = amazon.http.get(
        amazon.login_page(**({"redirect_uri": amazon.redirect_uris[0]} | wrong))
    )

    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_tokens_look_and_are_sent_as_amazons(amazon: Sandbox, api: Api) -> None:
    answer = api.exchange(consented(amazon)["code"])

    body = answer.json()
    assert body["access_token"].startswith("Atza|")
    assert body["refresh_token"].startswith("Atzr|")
    assert len(body["refresh_token"]) <= 2048
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-amzn-requestid"]


def test_a_code_is_good_once(amazon: Sandbox, api: Api) -> None:
    code = consented(amazon)["code"]
    api.exchange(code).raise_for_status()

    answer = api.exchange(code)

    assert answer.status_code == 400
    body = answer.json()
    assert body["error"] == "invalid_grant"
    assert body["error_description"] == "The request has an invalid grant parameter : code"
    assert body["request_id"] == answer.headers["x-amzn-requestid"]


def test_a_code_is_good_for_five_minutes(amazon: Sandbox, api: Api) -> None:
    early, late = consented(amazon)["code"], consented(amazon)["code"]
    amazon.clock(290)
    assert api.exchange(early).status_code == 200

    amazon.clock(15)

    assert api.exchange(late).json()["error"] == "invalid_grant"


def test_a_code_is_bound_to_its_client_and_address(amazon: Sandbox, api: Api) -> None:
    code = consented(amazon)["code"]

    assert api.exchange(code, Channel.SP_API).json()["error"] == "invalid_grant"
    answer = api.exchange(code, redirect_uri=amazon.redirect_uris[1])

    assert answer.json()["error"] == "invalid_grant"
    assert api.exchange(code).json()["error"] == "invalid_grant"  # a wrong try spends it


@pytest.mark.parametrize(
    "asked",
    [
        {"challenge": challenge(VERIFIER)},
        {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
        {"code_challenge": VERIFIER},
    ],
    ids=["S256", "plain", "plain unsaid"],
)
def test_a_code_with_a_challenge_needs_its_verifier(
    amazon: Sandbox, api: Api, asked: dict[str, str]
) -> None:
    for wrong in ({}, {"code_verifier": "x" * 43}):
        code = consented(amazon, **asked)["code"]
        assert api.exchange(code, **wrong).json()["error"] == "invalid_grant"

    code = consented(amazon, **asked)["code"]

    assert api.exchange(code, code_verifier=VERIFIER).status_code == 200


def test_a_refresh_gives_the_same_refresh_token_and_a_new_access_token(
    amazon: Sandbox, api: Api
) -> None:
    tokens = amazon.tokens(SELLER, Channel.AAA)

    body = api.refresh(tokens["refresh_token"]).json()

    assert body["refresh_token"] == tokens["refresh_token"]
    assert body["access_token"] != tokens["access_token"]


def test_a_refresh_token_is_of_one_client_only(amazon: Sandbox, api: Api) -> None:
    token = amazon.refresh_token(SELLER, Channel.AAA)

    answer = api.refresh(token, Channel.SP_API)

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"
    assert answer.json()["error_description"].endswith(": refresh_token")


@pytest.mark.parametrize("place", [8, 100, -1])
def test_a_token_with_one_letter_changed_is_refused(amazon: Sandbox, api: Api, place: int) -> None:
    token = list(amazon.refresh_token(SELLER, Channel.AAA))
    token[place] = "A" if token[place] != "A" else "E"

    assert api.refresh("".join(token)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("token", ["Atzr|", "Atzr|x.y", "Atzr|é.ü", "x", "Atzr|e30.", "\x00"])
def test_nonsense_is_no_refresh_token(api: Api, token: str) -> None:
    answer = api.refresh(token)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_an_access_token_is_no_refresh_token(amazon: Sandbox, api: Api) -> None:
    access = amazon.tokens(SELLER, Channel.AAA)["access_token"]

    assert api.refresh(access.replace("Atza|", "Atzr|")).json()["error"] == "invalid_grant"


def test_a_revoked_consent_is_said_to_be_revoked(amazon: Sandbox, api: Api) -> None:
    token, other = (
        amazon.refresh_token(SELLER, Channel.AAA),
        amazon.refresh_token("nordlicht", Channel.AAA),
    )
    amazon.revoke(SELLER, "AAA")

    answer = api.refresh(token)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert answer.json()["error_description"] == (
        "The request has an invalid grant parameter : refresh_token. "
        "User may have revoked or didn't grant the permission."
    )
    assert api.refresh(other).status_code == 200
    assert api.refresh(amazon.refresh_token(SELLER, Channel.AAA)).status_code == 200


def test_a_wrong_secret_is_an_unknown_client(api: Api) -> None:
    wrong = {"client_secret": "wrong"}

    answer = api.token(grant_type="refresh_token", **wrong)

    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
    assert answer.json()["error_description"] == "Client authentication failed"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
    ],
)
def test_a_request_that_lacks_something_is_refused(
    api: Api, form: dict[str, str], error: str
) -> None:
    answer = api.token(**form)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_parameters_are_read_from_a_form_only(amazon: Sandbox) -> None:
    client_id, _ = Settings().login_client(Channel.AAA)

    answer = amazon.http.post("/lwa/auth/o2/token", json={"client_id": client_id})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_ads_consents_do_not_lapse(amazon: Sandbox, api: Api) -> None:
    token = amazon.refresh_token(SELLER, Channel.AAA)
    amazon.clock(3 * 365 * 86400)

    assert api.refresh(token).status_code == 200


def test_selling_partner_consents_lapse_after_365_days(amazon: Sandbox, api: Api) -> None:
    token = amazon.refresh_token(SELLER, Channel.SP_API)
    amazon.clock(364 * 86400)
    assert api.refresh(token, Channel.SP_API).status_code == 200

    amazon.clock(86400)

    assert api.refresh(token, Channel.SP_API).json()["error"] == "invalid_grant"


def test_tokens_outlive_a_restart_and_codes_do_not(api: Api, amazon: Sandbox) -> None:
    token, code = amazon.refresh_token(SELLER, Channel.AAA), consented(amazon)["code"]

    with serving() as restarted:
        again = Api(restarted)
        assert again.refresh(token).status_code == 200
        assert again.exchange(code).json()["error"] == "invalid_grant"


def test_the_redirect_address_keeps_its_own_parameters() -> None:
    with serving(redirect_uris=("http://127.0.0.1:8502/back?from=amazon",)) as amazon:
        answer = amazon.decide(amazon.login_page(amazon.redirect_uris[0]), SELLER, "allow")

    found = parse_qs(urlsplit(answer.headers["location"]).query)
    assert found["from"] == ["amazon"]
    assert found["code"]


@pytest.mark.parametrize(
    ("member", "business"), [("left-the-cast", 0), ("nordlicht", 7), ("nordlicht", 0)]
)
def test_tokens_of_an_earlier_cast_are_refused_like_revoked_ones(
    amazon: Sandbox, api: Api, member: str, business: int
) -> None:
    client_id, secret = Settings().login_client(Channel.AAA)
    client = Client(ADS, client_id, secret.get_secret_value())
    grant = Grant(ADS, member, member, business, "", partial=False, at=1.0)

    answer = api.refresh(client.refresh_token(grant))

    known = (member, business) == ("nordlicht", 0)
    assert answer.status_code == (200 if known else 400)


def test_a_client_never_shows_its_secret() -> None:
    assert "hidden" not in repr(Client(ADS, "id", "hidden"))
