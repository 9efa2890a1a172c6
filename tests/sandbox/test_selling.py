"""The Selling Partner API: participations, inventory, listings and purchase orders."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.diagnosis import Channel
from dashboard.sandbox.places import places
from tests.sandbox.conftest import SELLER, VENDOR, Api
from tests.sandboxes import Sandbox

DE, FR, UK = (places()[code].id for code in ("DE", "FR", "UK"))
LISTINGS = "/listings/2021-08-01/items/A1OURS"
ORDERS = "/vendor/orders/v1/purchaseOrders"


@pytest.fixture
def vendor_token(amazon: Sandbox) -> str:
    return str(amazon.tokens(VENDOR, Channel.SP_API)["access_token"])


def test_participations_name_each_marketplace_of_the_region(amazon: Sandbox, api: Api) -> None:
    token = amazon.tokens("bluebird", Channel.SP_API, "UK")["access_token"]

    payload = api.participations(token).json()["payload"]

    found = {
        each["marketplace"]["countryCode"]: each["participation"]["isParticipating"]
        for each in payload
    }
    assert found == {"GB": True, "IE": True, "DE": False}
    britain = payload[0]
    assert britain["marketplace"] == {
        "id": UK,
        "name": "Amazon.co.uk",
        "countryCode": "GB",
        "defaultCurrencyCode": "GBP",
        "defaultLanguageCode": "en_GB",
        "domainName": "www.amazon.co.uk",
    }
    assert britain["storeName"] == "Bluebird Tea Company"
    assert britain["participation"]["hasSuspendedListings"] is False


def test_stores_that_are_no_marketplaces_are_listed_too(api: Api, selling_token: str) -> None:
    payload = api.participations(selling_token).json()["payload"]

    assert [each["marketplace"]["name"] for each in payload] == [
        "Amazon.de", "Amazon.fr", "Non-Amazon DE",
    ]  # fmt: skip
    assert "A1OURS" not in str([each["marketplace"] for each in payload])


def test_the_account_says_its_selling_plan(amazon: Sandbox, api: Api, selling_token: str) -> None:
    def plan() -> str:
        payload = api.selling(selling_token, "/sellers/v1/account").json()["payload"]
        return str(payload["sellingPlan"])

    assert plan() == "PROFESSIONAL"
    amazon.behave(SELLER, "individual-plan")
    assert plan() == "INDIVIDUAL"


def test_participations_are_answered_fifteen_times_and_then_about_once_a_minute(
    amazon: Sandbox, api: Api, selling_token: str
) -> None:
    for _ in range(15):
        answer = api.participations(selling_token)
        assert answer.status_code == 200
        assert answer.headers["x-amzn-ratelimit-limit"] == "0.016"

    answer = api.participations(selling_token)

    assert answer.status_code == 429
    assert answer.json()["errors"][0]["code"] == "QuotaExceeded"
    assert "x-amzn-ratelimit-limit" not in answer.headers
    assert "retry-after" not in answer.headers
    amazon.clock(63)
    assert api.participations(selling_token).status_code == 200
    assert api.participations(selling_token).status_code == 429


def test_sellers_do_not_compete_for_calls(amazon: Sandbox, api: Api, selling_token: str) -> None:
    other = amazon.tokens("nordlicht", Channel.SP_API)["access_token"]
    for _ in range(16):
        api.participations(selling_token)

    assert api.participations(selling_token).status_code == 429
    assert api.participations(other).status_code == 200


def test_a_token_is_refused_with_the_details_that_tell_why(
    amazon: Sandbox, api: Api, selling_token: str, ads_token: str
) -> None:
    def details(token: str, region: str = "EU") -> str:
        answer = api.participations(token, region)
        assert answer.status_code == 403
        assert answer.headers["x-amzn-requestid"]
        assert "x-amzn-ratelimit-limit" not in answer.headers
        error = answer.json()["errors"][0]
        assert error["code"] == "Unauthorized"
        assert error["message"] == "Access to requested resource is denied."
        return str(error["details"])

    revoked = "The access token you provided is revoked, malformed or invalid."
    assert details("") == "Access token is missing in the request header."
    assert details("Atza|x.y") == revoked
    assert details(ads_token) == revoked
    assert details(selling_token, "NA") == ""
    amazon.clock(3601)
    assert details(selling_token) == "The access token you provided has expired."
    amazon.revoke(SELLER, "SP-API")
    assert details(selling_token) == revoked


def test_what_is_for_sellers_is_not_for_vendors_nor_the_other_way(
    api: Api, selling_token: str, vendor_token: str
) -> None:
    assert api.participations(vendor_token).status_code == 403
    assert api.inventory(vendor_token, DE).status_code == 403
    assert api.selling(selling_token, ORDERS).status_code == 403


def test_pages_of_stock_hold_every_product_once(
    amazon: Sandbox, api: Api, selling_token: str
) -> None:
    found, token = [], None
    while token != "":
        amazon.clock(1)
        page = api.inventory(selling_token, DE, **({"nextToken": token} if token else {})).json()
        found += page["payload"]["inventorySummaries"]
        token = page.get("pagination", {}).get("nextToken", "")

    skus = [each["sellerSku"] for each in found]
    assert len(set(skus)) == len(skus) > 50
    assert "inventoryDetails" not in found[0]


def test_a_page_of_stock_must_be_turned_within_thirty_seconds(
    amazon: Sandbox, api: Api, selling_token: str
) -> None:
    token = api.inventory(selling_token, DE).json()["pagination"]["nextToken"]
    amazon.clock(29)
    assert api.inventory(selling_token, DE, nextToken=token).status_code == 200

    amazon.clock(2)

    answer = api.inventory(selling_token, DE, nextToken=token)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["details"] == "nextToken has expired."
    assert answer.headers["x-amzn-ratelimit-limit"] == "2"


def test_stock_can_be_asked_for_in_detail_by_product_and_by_change(
    amazon: Sandbox, api: Api, selling_token: str
) -> None:
    everything = api.inventory(selling_token, DE).json()["payload"]["inventorySummaries"]
    first = everything[0]["sellerSku"]
    one = api.inventory(selling_token, DE, sellerSkus=first, details="true").json()["payload"]
    assert [each["sellerSku"] for each in one["inventorySummaries"]] == [first]
    details = one["inventorySummaries"][0]["inventoryDetails"]
    assert details["fulfillableQuantity"] <= one["inventorySummaries"][0]["totalQuantity"]
    amazon.clock(10)

    since = datetime.now(UTC) - timedelta(days=60)
    changed = api.inventory(selling_token, DE, startDateTime=since.isoformat()).json()["payload"]

    assert 0 < len(changed["inventorySummaries"]) < len(everything)
    assert all(
        datetime.fromisoformat(each["lastUpdatedTime"]) > since
        for each in changed["inventorySummaries"]
    )


@pytest.mark.parametrize(
    "asked",
    [
        {"granularityType": ""},
        {"granularityType": "Shelf"},
        {"granularityId": FR},
        {"marketplaceIds": ""},
        {"marketplaceIds": f"{DE},{FR}"},
        {"marketplaceIds": UK, "granularityId": UK},
        {"sellerSkus": ",".join("x" * 51)},
        {"startDateTime": "yesterday"},
        {"startDateTime": "2001-01-01T00:00:00Z"},
        {"nextToken": "page.x"},
    ],
)
def test_a_wrong_question_about_stock_is_an_invalid_input(
    api: Api, selling_token: str, asked: dict[str, str]
) -> None:
    answer = api.inventory(selling_token, DE, **asked)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidInput"


def test_pages_of_listings_hold_every_listing_once_and_lead_back(
    amazon: Sandbox, api: Api, selling_token: str
) -> None:
    found, token = [], None
    while token != "":
        amazon.clock(1)
        more = {"pageToken": token} if token else {}
        page = api.selling(selling_token, LISTINGS, marketplaceIds=DE, pageSize="20", **more).json()
        assert len(page["items"]) <= 20
        assert ("previousToken" in page["pagination"]) is bool(found)
        found += page["items"]
        token = page["pagination"].get("nextToken", "")

    skus = [each["sku"] for each in found]
    assert len(set(skus)) == len(skus) == page["numberOfResults"]
    dates = [each["summaries"][0]["lastUpdatedDate"] for each in found]
    assert dates == sorted(dates, reverse=True)


def test_listings_can_be_found_by_identifier_and_status(api: Api, selling_token: str) -> None:
    first = api.selling(selling_token, LISTINGS, marketplaceIds=DE).json()["items"][0]
    asin = first["summaries"][0]["asin"]

    by_asin = api.selling(
        selling_token, LISTINGS, marketplaceIds=DE, identifiers=asin, identifiersType="ASIN"
    ).json()
    hidden = api.selling(selling_token, LISTINGS, marketplaceIds=DE, withoutStatus="BUYABLE").json()

    assert by_asin["items"] == [first]
    assert all(each["summaries"][0]["status"] == [] for each in hidden["items"])


def test_listings_are_the_token_owners_only(api: Api, selling_token: str) -> None:
    answer = api.selling(selling_token, "/listings/2021-08-01/items/A2THEIRS", marketplaceIds=DE)

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "asked",
    [
        {"pageSize": "21"},
        {"pageSize": "0"},
        {"marketplaceIds": ""},
        {"marketplaceIds": UK},
        {"includedData": "secrets"},
        {"identifiers": "B01"},
        {"identifiersType": "ASIN"},
        {"sortBy": "price"},
        {"withStatus": "SOLD"},
        {"createdAfter": "x"},
        {"pageToken": "page.x"},
    ],
)
def test_a_wrong_question_about_listings_is_an_invalid_input(
    api: Api, selling_token: str, asked: dict[str, str]
) -> None:
    answer = api.selling(selling_token, LISTINGS, **({"marketplaceIds": DE} | asked))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidInput"


def test_a_page_token_is_good_for_its_own_list_only(api: Api, selling_token: str) -> None:
    token = api.inventory(selling_token, DE).json()["pagination"]["nextToken"]

    answer = api.selling(selling_token, LISTINGS, marketplaceIds=DE, pageToken=token)

    assert answer.status_code == 400


def test_purchase_orders_of_a_week_come_in_pages(api: Api, vendor_token: str) -> None:
    since = (datetime.now(UTC) - timedelta(days=7)).isoformat()

    def page(**more: str) -> Any:
        answer = api.selling(vendor_token, ORDERS, createdAfter=since, **more)
        return answer.raise_for_status().json()["payload"]

    whole = page()["orders"]
    first = page(limit="1")
    assert len(whole) > 1
    assert first["orders"] == whole[:1]
    second = page(limit="1", nextToken=first["pagination"]["nextToken"])
    assert second["orders"] == whole[1:2]
    assert page(sortOrder="DESC")["orders"] == whole[::-1]
    assert set(page(includeDetails="false")["orders"][0]) == {
        "purchaseOrderNumber",
        "purchaseOrderState",
    }
    assert page(purchaseOrderState="Closed")["orders"] == []
    assert page(orderingVendorCode="OTHER")["orders"] == []


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": "101"},
        {"createdAfter": "0001-01-01T00:00:00Z"},
        {"createdBefore": "0001-01-01T00:00:00Z"},
        {"createdAfter": "2026-01-02", "createdBefore": "2026-01-01"},
        {"sortOrder": "UP"},
        {"purchaseOrderState": "Lost"},
    ],
)
def test_a_wrong_question_about_orders_is_an_invalid_input(
    api: Api, vendor_token: str, asked: dict[str, str]
) -> None:
    answer = api.selling(vendor_token, ORDERS, **asked)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidInput"
