"""Everything that can be made to go wrong, as a client of Amazon's meets it."""

import time

import pytest

from dashboard.diagnosis import Channel
from dashboard.sandbox.behaviours import WORDS, Behaviour
from tests.sandbox.conftest import SELLER, VENDOR, Api
from tests.sandboxes import Sandbox, returned


def codes(api: Api, token: str, **asked: str) -> list[str]:
    """The countries whose profiles a token reaches in Europe."""
    answer = api.profiles(token, **asked).raise_for_status()
    return [each["countryCode"] for each in answer.json()]


def profile(api: Api, token: str, country: str) -> str:
    found = api.profiles(token).json()
    return str(next(each["profileId"] for each in found if each["countryCode"] == country))


def test_every_behaviour_has_words() -> None:
    assert list(WORDS) == list(Behaviour)


def test_who_never_advertised_has_no_profiles(amazon: Sandbox, api: Api, ads_token: str) -> None:
    amazon.behave(SELLER, "never-advertised")

    assert codes(api, ads_token) == []
    assert codes(api, ads_token, accessLevel="view", apiProgram="campaign") == []


def test_a_view_only_login_is_listed_only_when_viewing_is_asked_for(
    amazon: Sandbox, api: Api, ads_token: str
) -> None:
    german = profile(api, ads_token, "DE")
    amazon.behave(SELLER, "view-only")

    assert codes(api, ads_token) == []
    assert codes(api, ads_token, accessLevel="view", apiProgram="campaign") == ["DE", "FR"]
    assert api.campaigns(ads_token, german).status_code == 200


def test_a_wrong_login_consents_as_somebody_else_on_both_channels(
    amazon: Sandbox, api: Api
) -> None:
    amazon.behave(SELLER, "wrong-login")
    page = amazon.http.get(f"{amazon.login_page(amazon.redirect_uris[0])}&member={SELLER}")
    assert "A1OURS" in page.text

    token = amazon.tokens(SELLER, Channel.AAA)["access_token"]
    url = amazon.central_page(amazon.redirect_uris[0], "seller", "DE")
    back = returned(amazon.decide(url, SELLER, "confirm"))

    found = api.profiles(token).json()
    assert codes(api, token) == ["DE", "FR"]
    assert {each["accountInfo"]["id"] for each in found} == {back["selling_partner_id"]}
    assert back["selling_partner_id"] != "A1OURS"


def test_permission_lost_on_one_profile_leaves_the_others(
    amazon: Sandbox, api: Api, ads_token: str
) -> None:
    french = profile(api, ads_token, "FR")
    refresh = amazon.refresh_token(SELLER, Channel.AAA)
    amazon.behave(SELLER, "no-permission-on-one-profile")

    assert codes(api, ads_token) == ["DE"]
    answer = api.campaigns(ads_token, french)
    assert (answer.status_code, answer.json()["message"]) == (
        401,
        "Not authorized to access scope",
    )
    assert api.refresh(refresh).status_code == 200


def test_only_agency_profiles_are_of_no_use_for_campaigns(
    amazon: Sandbox, api: Api, ads_token: str
) -> None:
    amazon.behave(SELLER, "agency-profile-only")

    found = api.profiles(ads_token).json()

    assert {each["accountInfo"]["type"] for each in found} == {"agency"}
    assert api.campaigns(ads_token, str(found[0]["profileId"])).status_code == 401


def test_a_partial_consent_stays_partial_until_the_next_one(amazon: Sandbox, api: Api) -> None:
    amazon.behave(SELLER, "partial-consent")
    partial = amazon.tokens(SELLER, Channel.AAA)["access_token"]
    amazon.behave(SELLER, "healthy")

    assert codes(api, partial) == ["DE"]
    assert codes(api, amazon.tokens(SELLER, Channel.AAA)["access_token"]) == ["DE", "FR"]


def test_a_merchant_mismatch_is_of_the_selling_partner_only(amazon: Sandbox, api: Api) -> None:
    amazon.behave(SELLER, "merchant-mismatch")

    token = amazon.tokens(SELLER, Channel.AAA)["access_token"]
    url = amazon.central_page(amazon.redirect_uris[0], "seller", "DE")
    back = returned(amazon.decide(url, SELLER, "confirm"))

    assert api.profiles(token).json()[0]["accountInfo"]["id"] == "A1OURS"
    assert back["selling_partner_id"] != "A1OURS"
    selling = api.exchange(back["spapi_oauth_code"], Channel.SP_API).json()["access_token"]
    path = f"/listings/2021-08-01/items/{back['selling_partner_id']}"
    assert api.selling(selling, path, marketplaceIds="A1PA6795UKMFR9").status_code == 200


def test_already_connected_means_the_business_of_another_member(amazon: Sandbox, api: Api) -> None:
    theirs = amazon.tokens("nordlicht", Channel.AAA)["access_token"]
    amazon.behave("bluebird", "already-connected-elsewhere")

    token = amazon.tokens("bluebird", Channel.AAA)["access_token"]
    url = amazon.central_page(amazon.redirect_uris[0], "seller", "UK")
    back = returned(amazon.decide(url, "bluebird", "confirm"))

    assert api.profiles(token).json() == api.profiles(theirs).json()
    cast = amazon.cast()
    assert back["selling_partner_id"] == cast["nordlicht"]["merchants"]["EU"]
    assert cast["bluebird"]["merchants"] == cast["nordlicht"]["merchants"]


def test_an_individual_plan_is_turned_away_by_seller_central(amazon: Sandbox) -> None:
    amazon.behave(SELLER, "individual-plan")

    page = amazon.decide(
        amazon.central_page(amazon.redirect_uris[0], "seller", "DE"), SELLER, "confirm"
    )

    assert page.status_code == 403
    assert "Professional" in page.text


def test_who_cancels_cancels_whatever_is_pressed(amazon: Sandbox) -> None:
    amazon.behave(SELLER, "cancels")
    address = amazon.redirect_uris[0]

    login = amazon.decide(amazon.login_page(address), SELLER, "allow")
    central = amazon.decide(amazon.central_page(address, "seller", "DE"), SELLER, "confirm")

    assert returned(login)["error"] == "access_denied"
    assert (central.status_code, "location" in central.headers) == (200, False)


def test_amazons_error_page_never_calls_back(amazon: Sandbox) -> None:
    amazon.behave(SELLER, "error-page")
    address = amazon.redirect_uris[0]

    login = amazon.decide(amazon.login_page(address), SELLER, "allow")
    central = amazon.decide(amazon.central_page(address, "seller", "DE"), SELLER, "confirm")

    assert (login.status_code, central.status_code) == (400, 400)
    assert "MD5100" in central.text


def test_a_consent_revoked_later_works_once(amazon: Sandbox, api: Api) -> None:
    amazon.behave(SELLER, "revokes-later")

    tokens = amazon.tokens(SELLER, Channel.AAA)

    assert codes(api, tokens["access_token"]) == ["DE", "FR"]
    assert api.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_lapse_ends_selling_partner_consents_given_before_it(amazon: Sandbox, api: Api) -> None:
    selling = amazon.refresh_token(SELLER, Channel.SP_API)
    ads = amazon.refresh_token(SELLER, Channel.AAA)
    amazon.behave(SELLER, "lapsed")

    assert api.refresh(selling, Channel.SP_API).json()["error"] == "invalid_grant"
    assert api.refresh(ads).status_code == 200
    new = amazon.refresh_token(SELLER, Channel.SP_API)
    assert api.refresh(new, Channel.SP_API).status_code == 200


TROUBLE = [("server-error", 500), ("forbidden", 403), ("throttled", 429)]


@pytest.mark.parametrize(("behaviour", "status"), TROUBLE)
@pytest.mark.parametrize("whose", [SELLER, "everything"])
def test_trouble_reaches_both_apis(
    amazon: Sandbox, api: Api, behaviour: str, status: int, whose: str
) -> None:
    ads_token = amazon.tokens(SELLER, Channel.AAA)["access_token"]
    selling_token = amazon.tokens(SELLER, Channel.SP_API)["access_token"]
    amazon.behave(whose, behaviour)

    answers = [
        api.profiles(ads_token),
        api.campaigns(ads_token, "1"),
        api.participations(selling_token),
    ]

    assert [each.status_code for each in answers] == [status] * 3
    assert all(each.headers["x-amzn-requestid"] for each in answers)
    assert answers[0].json()["details"]
    assert answers[1].json()["message"]
    assert answers[2].json()["errors"][0]["code"]


@pytest.mark.parametrize(("behaviour", "_status"), TROUBLE)
def test_trouble_of_one_leaves_the_others_alone(
    amazon: Sandbox, api: Api, selling_token: str, behaviour: str, _status: int
) -> None:
    amazon.behave("nordlicht", behaviour)

    assert api.participations(selling_token).status_code == 200


def test_only_the_ads_api_says_when_to_come_back(
    amazon: Sandbox, api: Api, ads_token: str, selling_token: str
) -> None:
    amazon.behave(SELLER, "throttled", seconds=7)

    assert api.profiles(ads_token).headers["retry-after"] == "7"
    assert api.campaigns(ads_token, "1").json()["code"] == "THROTTLED"
    assert "retry-after" not in api.participations(selling_token).headers


def test_slow_answers_take_as_long_as_was_set(amazon: Sandbox, api: Api, ads_token: str) -> None:
    amazon.behave(SELLER, "slow", seconds=0.3)
    began = time.monotonic()

    assert codes(api, ads_token) == ["DE", "FR"]

    assert time.monotonic() - began >= 0.3


def test_malformed_answers_are_no_json(
    amazon: Sandbox, api: Api, ads_token: str, selling_token: str
) -> None:
    amazon.behave(SELLER, "malformed")

    for answer in (api.profiles(ads_token), api.participations(selling_token)):
        assert answer.status_code == 200
        with pytest.raises(ValueError, match="Expecting"):
            answer.json()


def test_on_everything_trouble_reaches_the_token_endpoint_too(amazon: Sandbox, api: Api) -> None:
    token = amazon.refresh_token(SELLER, Channel.AAA)

    amazon.behave("everything", "server-error")
    answer = api.refresh(token)
    assert (answer.status_code, answer.json()["error"]) == (500, "server_error")

    amazon.behave("everything", "malformed")
    assert api.refresh(token).text == '{"access_token": '

    amazon.behave("everything", "forbidden")
    assert api.refresh(token).status_code == 200


@pytest.mark.parametrize("whose", [SELLER, "everything"])
def test_our_secret_is_refused_for_exchange_and_refresh(
    amazon: Sandbox, api: Api, whose: str
) -> None:
    token = amazon.refresh_token(SELLER, Channel.AAA)
    url = amazon.login_page(amazon.redirect_uris[0])
    code = returned(amazon.decide(url, SELLER, "allow"))["code"]
    amazon.behave(whose, "secret-refused")

    for answer in (api.refresh(token), api.exchange(code)):
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    amazon.reset()
    assert api.refresh(token).status_code == 200


def test_a_suspended_seller_stays_connected_and_says_so(
    amazon: Sandbox, api: Api, ads_token: str, selling_token: str
) -> None:
    amazon.behave(SELLER, "suspended")

    store = api.participations(selling_token).json()["payload"][0]
    german = profile(api, ads_token, "DE")
    found = api.campaigns(ads_token, german, includeExtendedDataFields=True).json()["campaigns"]

    assert store["participation"] == {"isParticipating": True, "hasSuspendedListings": True}
    assert {each["extendedData"]["servingStatus"] for each in found} == {
        "ADVERTISER_POLICING_SUSPENDED"
    }


def test_a_failed_payment_shows_on_campaigns_and_on_vendors_profiles(
    amazon: Sandbox, api: Api
) -> None:
    token = amazon.tokens(VENDOR, Channel.AAA)["access_token"]
    amazon.behave(VENDOR, "payment-failure")

    first = api.profiles(token, validPaymentMethodFilter="false").json()[0]
    found = api.campaigns(token, str(first["profileId"]), includeExtendedDataFields=True).json()[
        "campaigns"
    ]

    assert first["accountInfo"]["validPaymentMethod"] is False
    assert {each["extendedData"]["servingStatus"] for each in found} == {
        "ADVERTISER_PAYMENT_FAILURE"
    }


def test_what_is_on_everything_comes_on_top_of_what_is_on_a_member(
    amazon: Sandbox, api: Api, ads_token: str
) -> None:
    amazon.behave(SELLER, "no-permission-on-one-profile")
    amazon.behave("everything", "suspended")

    german = profile(api, ads_token, "DE")
    found = api.campaigns(ads_token, german, includeExtendedDataFields=True).json()["campaigns"]

    assert codes(api, ads_token) == ["DE"]
    assert found[0]["extendedData"]["servingStatus"] == "ADVERTISER_POLICING_SUSPENDED"
