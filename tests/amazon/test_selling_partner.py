"""The Selling Partner API: its consent page's address, and what is read with a consent."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from dashboard.amazon import selling_partner
from dashboard.amazon.wire import Wire
from dashboard.errors import AccessRefused, BadInput, Malformed, Throttled
from dashboard.marketplaces import Region, marketplace
from tests.amazon.wires import says

TOKEN = SecretStr("Atza|now")
BACK = "https://connect.northwind.example/callback/sp-api"
DE = "A1PA6795UKMFR9"


def participation(marketplace_id: str = DE, **flags: Any) -> dict[str, Any]:
    """One entry of the Sellers API."""
    return {
        "marketplace": {
            "id": marketplace_id, "name": "Amazon.de", "countryCode": "DE",
            "defaultCurrencyCode": "EUR", "defaultLanguageCode": "de_DE",
            "domainName": "www.amazon.de",
        },
        "storeName": "Ours",
        "participation": {"isParticipating": True, "hasSuspendedListings": False, **flags},
    }  # fmt: skip


@pytest.mark.parametrize(("draft", "version"), [("true", ["beta"]), ("false", None)])
def test_the_consent_page_is_asked_for_the_documented_way(
    production, draft: str, version: list[str] | None
) -> None:
    production(sp_api_draft=draft)
    url = urlsplit(
        selling_partner.consent_url(
            marketplace("FR"), "vendor", state=SecretStr("s+/ &"), redirect_uri=BACK
        )
    )
    assert (url.scheme, url.netloc) == ("https", "vendorcentral.amazon.fr")
    assert url.path == "/apps/authorize/consent"
    asked = parse_qs(url.query, strict_parsing=True)
    assert asked.pop("version", None) == version
    assert asked == {
        "application_id": ["amzn1.sp.solution.switchboard"], "state": ["s+/ &"],
        "redirect_uri": [BACK],
    }  # fmt: skip


def test_sellers_consent_in_seller_central(production) -> None:
    production()
    url = selling_partner.consent_url(marketplace("US"), "seller", state="s", redirect_uri=BACK)
    assert url.startswith("https://sellercentral.amazon.com/apps/authorize/consent?")


def test_a_country_without_vendor_central_is_refused() -> None:
    with pytest.raises(BadInput, match="Ireland"):
        selling_partner.consent_url(marketplace("IE"), "vendor", state="s", redirect_uri=BACK)


def test_participations_are_read_and_technical_stores_left_out(production) -> None:
    production()
    amazon = says(
        (200, {"payload": [
            participation(isParticipating=False, hasSuspendedListings=True),
            participation("A38D8NSA03LJTC"),
        ]})
    )  # fmt: skip
    assert selling_partner.participations(Region.EU, TOKEN, wire=amazon.wire) == [
        selling_partner.Participation(
            marketplace_id=DE, name="Ours", participating=False, suspended_listings=True
        )
    ]
    request = amazon.asked[0]
    assert str(request.url) == (
        "https://sellingpartnerapi-eu.amazon.com/sellers/v1/marketplaceParticipations"
    )
    assert request.headers["x-amz-access-token"] == "Atza|now"
    assert datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%S%z")
    assert len(request.headers["user-agent"]) < 500
    assert "(Language=" in request.headers["user-agent"]
    assert "authorization" not in request.headers


def test_inventory_is_asked_for_one_marketplace_and_paged() -> None:
    page = {
        "payload": {
            "granularity": {"granularityType": "Marketplace", "granularityId": DE},
            "inventorySummaries": [
                {
                    "asin": "B01", "sellerSku": "SKU 1", "productName": "Lamp",
                    "totalQuantity": 5, "lastUpdatedTime": "2026-11-01T12:00:00+02:00",
                },
                {},
            ],
        },
        "pagination": {"nextToken": "more"},
    }  # fmt: skip
    amazon = says((200, page), (200, {"payload": {"inventorySummaries": []}}))
    wire = amazon.wire
    first = selling_partner.inventory(Region.EU, TOKEN, DE, wire=wire)
    assert first.items[0] == selling_partner.Stock(
        sku="SKU 1", asin="B01", name="Lamp", quantity=5,
        updated_at=datetime(2026, 11, 1, 10, tzinfo=UTC),
    )  # fmt: skip
    assert first.items[1] == selling_partner.Stock()
    assert selling_partner.inventory(Region.EU, TOKEN, DE, first.next_token, wire=wire) == (
        selling_partner.InventoryPage(items=())
    )
    asked = {"granularityType": "Marketplace", "granularityId": DE, "marketplaceIds": DE}
    assert dict(amazon.asked[0].url.params) == asked
    assert dict(amazon.asked[1].url.params) == {**asked, "nextToken": "more"}


def test_listings_are_asked_for_a_seller_whatever_its_id_looks_like() -> None:
    page = {
        "numberOfResults": 2,
        "pagination": {"nextToken": "n", "previousToken": "p"},
        "items": [
            {
                "sku": "SKU-1",
                "summaries": [
                    {
                        "marketplaceId": DE, "asin": "B01", "productType": "LAMP",
                        "status": ["BUYABLE", "SPARKLING"], "itemName": "Lamp",
                        "createdDate": "2026-01-02T03:04:05Z",
                        "lastUpdatedDate": "2026-01-02T03:04:05Z",
                    }
                ],
            },
            {"sku": "SKU-2", "summaries": []},
        ],
    }  # fmt: skip
    amazon = says((200, page))
    found = selling_partner.listings(Region.EU, TOKEN, "A1/../x?y", DE, "t", wire=amazon.wire)
    assert found.items == (
        selling_partner.Listing(
            sku="SKU-1", asin="B01", name="Lamp", status=("BUYABLE", "SPARKLING"),
            created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        ),
        selling_partner.Listing(sku="SKU-2"),
    )  # fmt: skip
    assert (found.total, found.next_token) == (2, "n")
    request = amazon.asked[0]
    assert request.url.raw_path.startswith(b"/sp/EU/listings/2021-08-01/items/A1%2F..%2Fx%3Fy?")
    assert dict(request.url.params) == {
        "marketplaceIds": DE, "includedData": "summaries", "pageSize": "20", "pageToken": "t",
    }  # fmt: skip


def test_purchase_orders_are_asked_for_since_a_moment_in_utc() -> None:
    page = {
        "payload": {
            "pagination": {"nextToken": "more"},
            "orders": [
                {
                    "purchaseOrderNumber": "4Z32PABC", "purchaseOrderState": "Forgotten",
                    "orderDetails": {"purchaseOrderDate": "2026-11-01T00:00:00Z", "items": []},
                }
            ],
        }
    }  # fmt: skip
    amazon = says((200, page), (200, {"payload": {}}))
    wire = amazon.wire
    since = datetime(2026, 11, 1, 1, tzinfo=timezone(timedelta(hours=9)))
    found = selling_partner.purchase_orders(Region.FE, TOKEN, since, 5, wire=wire)
    assert found.orders[0].number == "4Z32PABC"
    assert found.orders[0].ordered_at == datetime(2026, 11, 1, tzinfo=UTC)
    assert dict(amazon.asked[0].url.params) == {
        "createdAfter": "2026-10-31T16:00:00Z", "limit": "5"
    }  # fmt: skip
    last = selling_partner.purchase_orders(Region.FE, TOKEN, since, 5, "more", wire=wire)
    assert last == selling_partner.PurchaseOrderPage()
    assert amazon.asked[1].url.params["nextToken"] == "more"


def everything(wire: Wire) -> list[Any]:
    """What can be asked for, each to be called."""
    since = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        lambda: selling_partner.participations(Region.EU, TOKEN, wire=wire),
        lambda: selling_partner.inventory(Region.EU, TOKEN, DE, wire=wire),
        lambda: selling_partner.listings(Region.EU, TOKEN, "A1", DE, wire=wire),
        lambda: selling_partner.purchase_orders(Region.EU, TOKEN, since, wire=wire),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"null", b"[]", b"[" * 200_000, b'{"payload": [{"marketplace": ', b"\xff",
        {"payload": None}, {"payload": "x", "items": "x"}, {"payload": [None], "items": [None]},
        {"payload": {"inventorySummaries": None, "orders": 7}},
        {"payload": {"inventorySummaries": [{"totalQuantity": -1}], "orders": [{}]}},
        {"payload": {"inventorySummaries": [{"totalQuantity": 2**31}], "orders": None}},
        {"payload": {
            "inventorySummaries": [{"lastUpdatedTime": "0001-01-01T00:00:00+14:00"}],
            "orders": [{"purchaseOrderNumber": "a b", "purchaseOrderState": "New"}],
        }},
        {"payload": {
            "inventorySummaries": [{"lastUpdatedTime": "2026-01-01T00:00:00"}],
            "pagination": {"nextToken": 7},
        }},
    ],
)  # fmt: skip
def test_answers_that_cannot_be_believed_are_malformed(answer: object) -> None:
    for ask in everything(says((200, answer)).wire):
        with pytest.raises(Malformed):
            ask()


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
FIELDS = st.dictionaries(
    st.sampled_from(
        ["asin", "sellerSku", "totalQuantity", "lastUpdatedTime", "sku", "summaries",
         "purchaseOrderNumber", "purchaseOrderState", "orderDetails", "marketplace",
         "participation", "storeName"]
    ),
    JSON,
)  # fmt: skip


@given(items=st.lists(FIELDS, max_size=3), page=JSON)
def test_no_answer_does_more_than_be_refused(items: Any, page: Any) -> None:
    inner = {"inventorySummaries": items, "orders": items, "pagination": page}
    body = {
        "payload": inner if page else items,
        "items": items,
        "numberOfResults": 1,
        "pagination": page,
    }
    amazon = says((200, json.dumps(body).encode()))
    for ask in everything(amazon.wire):
        try:
            assert ask() is not None
        except Malformed:
            continue


def test_a_missing_role_is_told_from_a_dead_token_by_amazons_words() -> None:
    dead = "The access token you provided is revoked, malformed or invalid."
    for details, said in ((dead, dead), ("", "Denied.")):
        error = {"code": "Unauthorized", "message": "Denied.", "details": details}
        with pytest.raises(AccessRefused) as refusal:
            selling_partner.participations(
                Region.EU, TOKEN, wire=says((403, {"errors": [error]})).wire
            )
        assert (refusal.value.code, refusal.value.details) == ("Unauthorized", said)


def test_a_quota_without_a_wish_is_throttling_all_the_same() -> None:
    with pytest.raises(Throttled) as refusal:
        selling_partner.participations(Region.EU, TOKEN, wire=says((429, {})).wire)
    assert refusal.value.retry_after == 0
