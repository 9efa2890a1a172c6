"""The control API: for practice and tests on this machine, and for nobody else."""

import json
import logging

import pytest

from dashboard.diagnosis import Channel
from dashboard.sandbox.behaviours import Behaviour
from dashboard.sandbox.places import places
from tests.sandbox.conftest import SELLER, Api
from tests.sandboxes import Sandbox, returned

CHANGES = [
    ("PUT", "/sandbox/behaviours/nordlicht", {"behaviour": "slow"}),
    ("POST", "/sandbox/revoke/nordlicht", {"channel": "AAA"}),
    ("POST", "/sandbox/reset", {}),
    ("POST", "/sandbox/calls/reset", {}),
    ("POST", "/sandbox/clock", {"seconds": 1}),
]


def test_the_cast_is_told_with_all_that_identifies_it(amazon: Sandbox) -> None:
    cast = amazon.cast()

    assert len(cast) >= 12
    assert {each["kind"] for each in cast.values()} == {"seller", "vendor", "agency"}
    for each in cast.values():
        assert each["behaviour"] == "healthy"
        assert each["email"].endswith(".example")
        assert set(each["marketplaces"]) <= set(places())
        assert set(each["merchants"]) <= {"NA", "EU", "FE"}
    merchants = [
        each["merchants"][region] for each in cast.values() for region in each["merchants"]
    ]
    assert len(set(merchants)) == len(merchants)


def test_every_behaviour_is_offered_in_words(amazon: Sandbox) -> None:
    body = amazon.http.get("/sandbox/cast").json()

    assert [each["value"] for each in body["behaviours"]] == [each.value for each in Behaviour]
    assert all(each["title"] and each["what"] for each in body["behaviours"])
    assert body["everything"] == "healthy"


def test_what_is_put_on_a_member_is_shown_and_can_be_taken_off(amazon: Sandbox) -> None:
    amazon.behave("nordlicht", "throttled")
    amazon.behave(SELLER, "slow")
    amazon.behave("everything", "suspended")

    cast = amazon.cast()
    assert (cast["nordlicht"]["behaviour"], cast[SELLER]["behaviour"]) == ("throttled", "slow")
    assert amazon.http.get("/sandbox/cast").json()["everything"] == "suspended"

    amazon.behave("nordlicht", "healthy")
    assert amazon.cast()["nordlicht"]["behaviour"] == "healthy"
    amazon.reset()
    assert SELLER not in amazon.cast()


def test_calls_are_counted_by_endpoint_without_ids(
    amazon: Sandbox, api: Api, ads_token: str
) -> None:
    token = amazon.tokens(SELLER, Channel.SP_API)["access_token"]
    amazon.forget_calls()

    api.profiles(ads_token)
    api.profiles(ads_token)
    api.selling(token, "/listings/2021-08-01/items/A1OURS")
    amazon.cast()

    assert amazon.calls() == {
        "GET /ads/EU/v2/profiles": 2,
        "GET /sp/EU/listings/2021-08-01/items/{sellerId}": 1,
    }


@pytest.mark.parametrize("header", ["Host", "Origin"])
@pytest.mark.parametrize(
    "value", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "null", ""]
)
def test_only_this_machine_may_steer(amazon: Sandbox, header: str, value: str) -> None:
    sent = {header: value if header == "Host" or not value else f"https://{value}"}
    calls = [*CHANGES, ("GET", "/sandbox/cast", None), ("GET", "/sandbox/calls", None)]

    answers = [
        amazon.http.request(method, path, json=body, headers=sent) for method, path, body in calls
    ]

    assert {each.status_code for each in answers} <= {400, 403}
    assert amazon.cast()["nordlicht"]["behaviour"] == "healthy"


@pytest.mark.parametrize("host", ["localhost:8503", "127.0.0.1", "[::1]:8503"])
def test_this_machine_has_several_names(amazon: Sandbox, host: str) -> None:
    sent = {"Host": host, "Origin": f"http://{host}"}

    assert amazon.http.get("/sandbox/cast", headers=sent).status_code == 200


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_change_that_is_not_json_is_refused(
    amazon: Sandbox, method: str, path: str, body: dict[str, object], kind: str
) -> None:
    answer = amazon.http.request(
        method, path, content=json.dumps(body), headers={"Content-Type": kind}
    )

    assert answer.status_code == 415
    assert amazon.cast()["nordlicht"]["behaviour"] == "healthy"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/sandbox/behaviours/nobody", {"behaviour": "slow"}, 404),
        ("PUT", "/sandbox/behaviours/nordlicht", {"behaviour": "odd"}, 400),
        ("PUT", "/sandbox/behaviours/nordlicht", {"behaviour": ["slow"]}, 400),
        ("PUT", "/sandbox/behaviours/nordlicht", {}, 400),
        ("PUT", "/sandbox/behaviours/nordlicht", {"behaviour": "slow", "seconds": 3600}, 400),
        ("PUT", "/sandbox/behaviours/nordlicht", ["slow"], 400),
        ("POST", "/sandbox/revoke/nobody", {"channel": "AAA"}, 404),
        ("POST", "/sandbox/revoke/nordlicht", {"channel": "MWS"}, 400),
        ("POST", "/sandbox/revoke/nordlicht", {"channel": ["AAA"]}, 400),
        ("POST", "/sandbox/clock", {"seconds": -1}, 400),
        ("POST", "/sandbox/clock", {"seconds": "5"}, 400),
        ("POST", "/sandbox/clock", {"seconds": True}, 400),
        ("POST", "/sandbox/clock", {}, 400),
    ],
)
def test_a_wrong_call_is_refused_with_a_sentence(
    amazon: Sandbox, method: str, path: str, body: object, status: int
) -> None:
    answer = amazon.http.request(method, path, json=body)

    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize(
    "text", ["{", "[" * 30_000, '{"seconds": NaN}', '{"seconds": 1e999}', "x" * 70_000]
)
def test_hostile_json_is_refused(amazon: Sandbox, text: str) -> None:
    answer = amazon.http.post(
        "/sandbox/clock", content=text, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code in {400, 413}


def test_good_tokens_stay_good_after_a_reset(amazon: Sandbox, api: Api) -> None:
    token = amazon.refresh_token(SELLER, Channel.AAA)
    amazon.revoke(SELLER, "AAA")
    assert api.refresh(token).status_code == 400

    amazon.reset()

    assert api.refresh(token).status_code == 200


def test_nothing_secret_is_logged(
    amazon: Sandbox, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        url = amazon.login_page(amazon.redirect_uris[0], state="the-state")
        code = returned(amazon.decide(url, SELLER, "allow"))["code"]
        tokens = api.exchange(code).json()
        api.refresh(tokens["refresh_token"])
        api.profiles(tokens["access_token"])
        api.exchange(code)

    # The test's own client is not the stand-in, and pytest listens to the access log although
    # it is switched off.
    others = ("httpx2", "httpcore2", "uvicorn.access")
    said = " ".join(
        each.getMessage() for each in caplog.records if not each.name.startswith(others)
    )
    for secret in (code, tokens["refresh_token"], tokens["access_token"], "the-state"):
        assert secret not in said
