"""The Ads API: profiles and campaigns, as Amazon documents them."""

from typing import Any

import pytest

from dashboard.diagnosis import Channel
from dashboard.sandbox.places import places
from tests.sandbox.conftest import CAMPAIGN, SELLER, VENDOR, Api
from tests.sandboxes import Sandbox


@pytest.fixture
def profile(api: Api, ads_token: str) -> str:
    """The id of ``SELLER``'s German profile."""
    return str(api.profiles(ads_token).json()[0]["profileId"])


def countries(answer: list[dict[str, str]]) -> list[str]:
    return [each["countryCode"] for each in answer]


def test_profiles_are_those_of_the_region(amazon: Sandbox, api: Api) -> None:
    token = amazon.tokens("globetrotter", Channel.AAA)["access_token"]

    assert countries(api.profiles(token, "NA").json()) == ["US"]
    assert countries(api.profiles(token, "EU").json()) == ["UK", "DE"]
    assert countries(api.profiles(token, "FE").json()) == ["JP"]


def test_a_region_without_profiles_is_an_empty_list(api: Api, ads_token: str) -> None:
    answer = api.profiles(ads_token, "NA")

    assert (answer.status_code, answer.json()) == (200, [])


def test_a_sellers_profile_says_what_amazons_does(api: Api, ads_token: str) -> None:
    first = api.profiles(ads_token).json()[0]

    assert isinstance(first["profileId"], int)
    assert (first["countryCode"], first["currencyCode"]) == ("DE", "EUR")
    assert first["timezone"] == "Europe/Paris"
    assert first["dailyBudget"] > 0
    account = first["accountInfo"]
    assert (account["id"], account["type"]) == ("A1OURS", "seller")
    assert account["marketplaceStringId"] == places()["DE"].id
    assert "validPaymentMethod" not in account


def test_vendors_are_known_by_an_entity_and_say_whether_they_can_pay(
    amazon: Sandbox, api: Api
) -> None:
    token = amazon.tokens("kestrel", Channel.AAA)["access_token"]

    account = api.profiles(token).json()[0]["accountInfo"]

    assert account["type"] == "vendor"
    assert account["id"].startswith("ENTITY")
    assert account["validPaymentMethod"] is True
    assert api.profiles(token, validPaymentMethodFilter="false").json() == []


def test_profiles_can_be_filtered_by_type(amazon: Sandbox, api: Api) -> None:
    token = amazon.tokens("summit", Channel.AAA)["access_token"]

    def types(**asked: str) -> set[str]:
        return {each["accountInfo"]["type"] for each in api.profiles(token, "NA", **asked).json()}

    assert types() == {"seller", "vendor", "agency"}
    assert types(profileTypeFilter="vendor,agency") == {"vendor", "agency"}


def test_an_agencys_profiles_are_those_of_all_its_clients(amazon: Sandbox, api: Api) -> None:
    token = amazon.tokens("summit", Channel.AAA)["access_token"]

    names = [
        each["accountInfo"]["name"]
        for each in api.profiles(token, "NA", profileTypeFilter="seller,vendor").json()
    ]

    assert names == ["Maple and Pine", "Maple and Pine", "Oakley Home", "Lotus Living"]


@pytest.mark.parametrize(
    "asked",
    [
        {"accessLevel": "own"},
        {"apiProgram": "all"},
        {"profileTypeFilter": "buyer"},
        {"validPaymentMethodFilter": "yes"},
    ],
)
def test_an_unknown_filter_is_refused(api: Api, ads_token: str, asked: dict[str, str]) -> None:
    answer = api.profiles(ads_token, **asked)

    assert (answer.status_code, answer.json()["code"]) == (400, "400")


def test_a_token_that_is_missing_bad_or_of_the_other_api_is_unauthorized(
    api: Api, ads_token: str, selling_token: str
) -> None:
    for token in ("x", "Atza|x.y", selling_token, ads_token[:-2]):
        answer = api.profiles(token)
        assert answer.status_code == 401
        assert answer.json()["details"] == "Unauthorized"
        assert answer.json()["requestId"] == answer.headers["x-amzn-requestid"]


def test_the_client_must_be_named_beside_the_token(amazon: Sandbox, ads_token: str) -> None:
    answer = amazon.http.get(
        "/ads/EU/v2/profiles", headers={"Authorization": f"Bearer {ads_token}"}
    )

    assert answer.status_code == 401


def test_an_access_token_ends_after_an_hour(amazon: Sandbox, api: Api, ads_token: str) -> None:
    amazon.clock(3590)
    assert api.profiles(ads_token).status_code == 200

    amazon.clock(20)

    assert api.profiles(ads_token).status_code == 401


def test_a_revoked_consent_opens_nothing(amazon: Sandbox, api: Api, ads_token: str) -> None:
    amazon.revoke(SELLER, "AAA")

    assert api.profiles(ads_token).status_code == 401


def test_pages_of_campaigns_hold_every_campaign_once(
    api: Api, ads_token: str, profile: str
) -> None:
    whole = api.campaigns(ads_token, profile, maxResults=1000).json()
    assert "nextToken" not in whole

    found, token = [], None
    while token != "":
        more = {"nextToken": token} if token else {}
        page = api.campaigns(ads_token, profile, maxResults=7, **more).json()
        assert len(page["campaigns"]) <= 7
        assert page["totalResults"] == whole["totalResults"]
        found += page["campaigns"]
        token = page.get("nextToken", "")

    assert found == whole["campaigns"]
    assert len({each["campaignId"] for each in found}) == whole["totalResults"]


def test_a_campaign_says_what_amazons_does(api: Api, ads_token: str, profile: str) -> None:
    answer = api.campaigns(ads_token, profile, maxResults=1)

    campaign = answer.json()["campaigns"][0]
    assert answer.headers["content-type"] == CAMPAIGN
    assert campaign["campaignId"].isdigit()
    assert campaign["budget"]["budgetType"] == "DAILY"
    assert campaign["targetingType"] in {"AUTO", "MANUAL"}
    assert "extendedData" not in campaign


def test_how_campaigns_are_served_is_said_when_asked(
    api: Api, ads_token: str, profile: str
) -> None:
    found = api.campaigns(
        ads_token,
        profile,
        includeExtendedDataFields=True,
        stateFilter={"include": ["ENABLED"]},
    ).json()["campaigns"]

    assert {each["state"] for each in found} == {"ENABLED"}
    assert {each["extendedData"]["servingStatus"] for each in found} == {"CAMPAIGN_STATUS_ENABLED"}


def test_campaigns_can_be_found_by_id_and_name(api: Api, ads_token: str, profile: str) -> None:
    first = api.campaigns(ads_token, profile).json()["campaigns"][0]

    def named(text: str, **how: str) -> list[str]:
        chosen = {"include": [text]} | how
        found = api.campaigns(ads_token, profile, nameFilter=chosen).json()["campaigns"]
        return [each["campaignId"] for each in found]

    by_id = api.campaigns(ads_token, profile, campaignIdFilter={"include": [first["campaignId"]]})
    assert by_id.json()["campaigns"] == [first]
    assert named(first["name"], queryTermMatchType="EXACT_MATCH") == [first["campaignId"]]
    assert first["campaignId"] in named(first["name"][:4].lower())


@pytest.mark.parametrize(
    "body",
    [
        {"maxResults": 0},
        {"maxResults": True},
        {"nextToken": "page.x"},
        {"stateFilter": ["ENABLED"]},
        {"campaignIdFilter": {"include": ["1"] * 1001}},
        {"nameFilter": {"include": [1]}},
    ],
)
def test_a_body_that_is_wrong_is_an_invalid_argument(
    api: Api, ads_token: str, profile: str, body: dict[str, object]
) -> None:
    answer = api.campaigns(ads_token, profile, **body)

    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("header", ["Content-Type", "Accept"])
def test_campaigns_speak_version_3_only(
    amazon: Sandbox, ads_token: str, profile: str, header: str
) -> None:
    sent = {
        "Authorization": f"Bearer {ads_token}",
        "Amazon-Advertising-API-ClientId": "amzn1.application-oa2-client.demo-aaa",
        "Amazon-Advertising-API-Scope": profile,
        "Content-Type": CAMPAIGN,
        "Accept": CAMPAIGN,
    }

    answer = amazon.http.post(
        "/ads/EU/sp/campaigns/list", headers=sent | {header: "application/json"}, content="{}"
    )

    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_campaigns_need_a_profile_of_this_login_and_region(
    amazon: Sandbox, api: Api, ads_token: str, profile: str
) -> None:
    theirs = amazon.tokens(VENDOR, Channel.AAA)["access_token"]

    def said(token: str, scope: str, region: str = "EU") -> tuple[int, str]:
        answer = api.campaigns(token, scope, region)
        return answer.status_code, answer.json()["message"]

    assert said(ads_token, "") == (401, "Scope header is missing")
    assert said(ads_token, "12") == (401, "No matching advertiser found for scope")
    assert said(ads_token, profile, "NA") == (401, "No matching advertiser found for scope")
    assert said(theirs, profile) == (401, "No matching advertiser found for scope")


def test_a_region_that_amazon_does_not_have_is_not_found(api: Api, ads_token: str) -> None:
    assert api.profiles(ads_token, "XX").status_code == 404


def test_a_managers_viewer_finds_profiles_among_the_linked_accounts_only(
    amazon: Sandbox, api: Api, ads_token: str
) -> None:
    def linked(token: str) -> list[dict[str, Any]]:
        answer = amazon.http.get("/ads/EU/managerAccounts", headers=api._ads(token))
        managers = answer.raise_for_status().json()["managerAccounts"]
        return [each for manager in managers for each in manager["linkedAccounts"]]

    assert linked(ads_token) == []
    known = {each["profileId"] for each in api.profiles(ads_token).json()}
    amazon.behave(SELLER, "manager-viewer")
    assert {int(each["profileId"]) for each in linked(ads_token)} == known
    assert api.profiles(ads_token).json() == []
    assert api.profiles(ads_token, accessLevel="view", apiProgram="campaign").json() == []
    agency = str(amazon.tokens("summit", Channel.AAA)["access_token"])
    assert len(linked(agency)) == 3, "the clients in Europe, whom the agency may edit"
