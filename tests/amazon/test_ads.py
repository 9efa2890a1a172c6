"""The Ads API: profiles and campaigns, as documented and as they should never be."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from dashboard.amazon import ads
from dashboard.errors import AccessRefused, AmazonError, Malformed
from dashboard.marketplaces import Region
from tests.amazon.wires import says

TOKEN = SecretStr("Atza|now")
DE = {
    "profileId": 9007199254740993,
    "countryCode": "DE",
    "currencyCode": "EUR",
    "dailyBudget": 999999999.0,
    "timezone": "Europe/Paris",
    "accountInfo": {
        "marketplaceStringId": "A1PA6795UKMFR9", "id": "A1OURS", "type": "seller", "name": "Ours",
        "validPaymentMethod": False,
    },
}  # fmt: skip


def changed(**info: Any) -> dict[str, Any]:
    """The profile with something else in its account."""
    return {**DE, "accountInfo": {**DE["accountInfo"], **info}}


def test_profiles_are_asked_for_without_a_scope(production) -> None:
    production()
    amazon = says((200, []))
    assert ads.profiles(Region.FE, TOKEN, wire=amazon.wire) == []
    request = amazon.asked[0]
    assert str(request.url) == "https://advertising-api-fe.amazon.com/v2/profiles"
    assert request.headers["authorization"] == "Bearer Atza|now"
    assert request.headers["amazon-advertising-api-clientid"] == "amzn1.application-oa2-client.ads"
    assert "amazon-advertising-api-scope" not in request.headers


def test_view_only_profiles_are_asked_for_by_name() -> None:
    amazon = says((200, []))
    ads.profiles(Region.EU, TOKEN, view_only=True, wire=amazon.wire)
    assert dict(amazon.asked[0].url.params) == {"accessLevel": "view", "apiProgram": "campaign"}


def test_a_profile_is_read_whole_and_its_id_keeps_every_digit() -> None:
    (profile,) = ads.profiles(Region.EU, TOKEN, wire=says((200, [DE])).wire)
    assert profile == ads.Profile(
        id="9007199254740993", country_code="DE", marketplace_id="A1PA6795UKMFR9",
        merchant_id="A1OURS", type="seller", name="Ours", valid_payment=False,
        timezone="Europe/Paris", currency="EUR",
    )  # fmt: skip
    with pytest.raises(ValueError, match="frozen"):
        profile.name = "Theirs"


def test_what_amazon_may_leave_out_may_be_missing() -> None:
    bare = {
        "profileId": "12",
        "accountInfo": {
            "marketplaceStringId": "ATVPDKIKX0DER", "id": "ENTITY1", "type": "newtype",
            "name": None, "subType": "KDP_AUTHOR",
        },
    }  # fmt: skip
    (profile,) = ads.profiles(Region.NA, TOKEN, wire=says((200, [bare])).wire)
    assert (profile.name, profile.type, profile.sub_type) == ("", "newtype", "KDP_AUTHOR")
    assert profile.valid_payment is None


def test_profiles_of_marketplaces_we_do_not_know_are_left_out() -> None:
    strange = [changed(marketplaceStringId="AAHKV2X7AFYLW"), changed(marketplaceStringId=None), DE]
    found = ads.profiles(Region.EU, TOKEN, wire=says((200, strange)).wire)
    assert [each.marketplace_id for each in found] == ["A1PA6795UKMFR9"]


def test_names_are_short_and_without_control_characters() -> None:
    name = "O\x00ur\u3000\x1b[31ms\u202e\n" + "x" * 1_000
    (profile,) = ads.profiles(Region.EU, TOKEN, wire=says((200, [changed(name=name)])).wire)
    assert profile.name.startswith("Our [31ms x")
    assert len(profile.name) <= 300


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"{}", b"null", b'{"payload": [{"marketplace": ', b'[{"profileId": NaN}]',
        b"[" * 200_000, b'[{"profileId": ' + b"9" * 10_000 + b"}]", b'["\\ud800"]',
        [None], ["x"], [{}], [{**DE, "profileId": None}], [{**DE, "profileId": "../1"}],
        [{**DE, "profileId": -1}], [{**DE, "profileId": 1.5}], [{**DE, "profileId": True}],
        [{**DE, "accountInfo": None}], [{**DE, "accountInfo": []}], [changed(id="")],
        [changed(id="A1'; --")], [changed(id="x" * 65)], [changed(id=None)], [changed(type=[])],
        [changed(validPaymentMethod="maybe")],
    ],
)  # fmt: skip
def test_profiles_that_cannot_be_believed_are_malformed(answer: object) -> None:
    with pytest.raises(Malformed):
        ads.profiles(Region.EU, TOKEN, wire=says((200, answer)).wire)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
FIELDS = st.sampled_from([*DE, *DE["accountInfo"]])


@given(field=FIELDS, value=JSON)
def test_no_value_of_any_field_does_more_than_be_refused(field: str, value: object) -> None:
    body = changed(**{field: value}) if field in DE["accountInfo"] else {**DE, field: value}
    try:
        found = ads.profiles(Region.EU, TOKEN, wire=says((200, json.dumps([body]).encode())).wire)
    except Malformed:
        return
    for each in found:
        assert "\x00" not in repr(each)
        assert each.id.isdigit()


def test_campaigns_are_asked_for_in_version_three_and_paged(production) -> None:
    production()
    page = {
        "campaigns": [
            {
                "campaignId": "77", "name": "Autumn", "state": "ENABLED", "targetingType": "AUTO",
                "startDate": "2026-01-01",
                "budget": {"budget": 12.34, "budgetType": "DAILY", "effectiveBudget": 12.34},
                "extendedData": {"servingStatus": "ADVERTISER_PAYMENT_FAILURE"},
            },
            {"campaignId": 78, "name": "New", "state": "INVENTED", "budget": {}},
        ],
        "totalResults": 3, "nextToken": "more",
    }  # fmt: skip
    amazon = says((200, page), (200, {"campaigns": [], "totalResults": 3}))
    wire = amazon.wire
    first = ads.campaigns(Region.EU, TOKEN, "123", page_size=2, wire=wire)
    assert first.campaigns[0] == ads.Campaign(
        id="77", name="Autumn", state="ENABLED", budget=Decimal("12.34"),
        serving_status="ADVERTISER_PAYMENT_FAILURE",
    )  # fmt: skip
    assert (first.campaigns[1].state, first.campaigns[1].budget) == ("INVENTED", None)
    last = ads.campaigns(Region.EU, TOKEN, "123", next_token=first.next_token, wire=wire)
    assert last == ads.CampaignPage(campaigns=(), next_token="")

    request = amazon.asked[0]
    assert str(request.url) == "https://advertising-api-eu.amazon.com/sp/campaigns/list"
    assert request.headers["amazon-advertising-api-scope"] == "123"
    for name in ("accept", "content-type"):
        assert request.headers[name] == "application/vnd.spCampaign.v3+json"
    assert json.loads(request.content) == {"maxResults": 2, "includeExtendedDataFields": True}
    assert json.loads(amazon.asked[1].content)["nextToken"] == "more"


@pytest.mark.parametrize(
    "answer",
    [
        [], {}, {"campaigns": None}, {"campaigns": [{"campaignId": "x", "state": "ENABLED"}]},
        {"campaigns": [], "nextToken": "x" * 5_000}, {"campaigns": [], "nextToken": {}},
        b'{"campaigns": [{"campaignId": "1", "state": "ENABLED", "budget": {"budget": NaN}}]}',
        b'{"campaigns": [{"campaignId": "1", "state": "ENABLED", "budget": {"budget": 1e99}}]}',
    ],
)  # fmt: skip
def test_campaigns_that_cannot_be_believed_are_malformed(answer: object) -> None:
    with pytest.raises(Malformed):
        ads.campaigns(Region.EU, TOKEN, "123", wire=says((200, answer)).wire)


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({"code": "401", "details": "Not authorized to access scope"},
         "Not authorized to access scope"),
        ({"code": "UNAUTHORIZED", "message": "No matching advertiser found for scope"},
         "No matching advertiser found for scope"),
    ],
)  # fmt: skip
def test_a_profile_out_of_reach_is_told_from_others_by_amazons_words(
    body: dict[str, str], details: str
) -> None:
    with pytest.raises(AccessRefused) as refusal:
        ads.campaigns(Region.EU, TOKEN, "123", wire=says((401, body)).wire)
    assert refusal.value.details == details


def test_a_listing_is_only_read_so_it_may_be_asked_for_again() -> None:
    amazon = says((500, {}), (200, {"campaigns": []}))
    ads.campaigns(Region.EU, TOKEN, "123", wire=amazon.wire)
    assert len(amazon.asked) == 2
    with pytest.raises(AmazonError):
        ads.profiles(Region.EU, TOKEN, wire=says((404, {})).wire)


def test_manager_accounts_tell_the_profiles_of_the_region_that_are_linked() -> None:
    linked = [
        {"profileId": "9007199254740993", "marketplaceId": "A1PA6795UKMFR9", "accountType": "X"},
        {"profileId": 7, "marketplaceId": "ATVPDKIKX0DER"},
        {"profileId": None, "dspAdvertiserId": "5", "marketplaceId": "A1PA6795UKMFR9"},
        {"profileId": 8},
    ]
    bodies = {"managerAccounts": [{"linkedAccounts": linked}, {"managerAccountName": "Empty"}]}
    amazon = says((200, bodies))

    assert ads.managed(Region.EU, TOKEN, wire=amazon.wire) == {"9007199254740993", "8"}

    request = amazon.asked[0]
    assert str(request.url).endswith("/managerAccounts")
    assert request.headers["accept"] == "application/vnd.getmanageraccountsresponse.v1+json"
    assert "amazon-advertising-api-scope" not in request.headers
    assert ads.managed(Region.EU, TOKEN, wire=says((200, {})).wire) == frozenset()
    for broken in ([], {"managerAccounts": 5}, {"managerAccounts": [{"linkedAccounts": [7]}]}):
        with pytest.raises(Malformed):
            ads.managed(Region.EU, TOKEN, wire=says((200, broken)).wire)
