"""The Selling Partner API: its consent page, and what we read with the consent."""

from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode

from pydantic import AliasPath, Field, SecretStr, TypeAdapter

from dashboard import clock
from dashboard.amazon import endpoints
from dashboard.amazon.shapes import Count, Moment, Name, Page, Shape, Text, read
from dashboard.amazon.wire import Call, Wire, network
from dashboard.marketplaces import Marketplace, Region, marketplaces
from dashboard.settings import settings


class Participation(Shape):
    """A marketplace of the seller (Sellers API v1); ``name`` is the store's.

    ``suspended_listings`` may also mean that the seller is on holiday, so it proves no suspension.
    """

    marketplace_id: Text = Field(validation_alias=AliasPath("marketplace", "id"))
    name: Text = Field("", validation_alias="storeName")
    participating: bool = Field(validation_alias=AliasPath("participation", "isParticipating"))
    suspended_listings: bool = Field(
        validation_alias=AliasPath("participation", "hasSuspendedListings")
    )


class Stock(Shape):
    """What Amazon holds of one product (FBA Inventory API v1, inventory summaries)."""

    sku: Text = Field("", validation_alias="sellerSku")
    asin: Text = ""
    name: Text = Field("", validation_alias="productName")
    quantity: Count | None = Field(None, validation_alias="totalQuantity")
    updated_at: Moment | None = Field(None, validation_alias="lastUpdatedTime")


class InventoryPage(Shape):
    """Some of the stock; Amazon takes ``next_token`` for 30 seconds only."""

    items: tuple[Stock, ...] = Field(validation_alias=AliasPath("payload", "inventorySummaries"))
    next_token: Page = Field("", validation_alias=AliasPath("pagination", "nextToken"))


class Listing(Shape):
    """A product that the seller lists (Listings Items API 2021-08-01); ``status`` may be empty."""

    sku: Text
    asin: Text = Field("", validation_alias=AliasPath("summaries", 0, "asin"))
    name: Text = Field("", validation_alias=AliasPath("summaries", 0, "itemName"))
    status: tuple[Text, ...] = Field((), validation_alias=AliasPath("summaries", 0, "status"))
    created_at: Moment | None = Field(
        None, validation_alias=AliasPath("summaries", 0, "createdDate")
    )


class ListingPage(Shape):
    """Some of the listings, and how many there are; Amazon turns pages up to the 1,000th."""

    items: tuple[Listing, ...]
    total: Count = Field(validation_alias="numberOfResults")
    next_token: Page = Field("", validation_alias=AliasPath("pagination", "nextToken"))


class PurchaseOrder(Shape):
    """What Amazon ordered from a vendor (Vendor Orders API v1)."""

    number: Name = Field(validation_alias="purchaseOrderNumber")
    state: Text = Field("", validation_alias="purchaseOrderState")
    ordered_at: Moment | None = Field(
        None, validation_alias=AliasPath("orderDetails", "purchaseOrderDate")
    )


class PurchaseOrderPage(Shape):
    """Some of the orders, and what to send for more; empty on the last page."""

    orders: tuple[PurchaseOrder, ...] = ()
    next_token: Page = Field("", validation_alias=AliasPath("pagination", "nextToken"))


class _Participations(Shape):
    payload: tuple[Participation, ...]


class _PurchaseOrders(Shape):
    payload: PurchaseOrderPage


PARTICIPATIONS: Final = TypeAdapter(_Participations)
INVENTORY: Final = TypeAdapter(InventoryPage)
LISTINGS: Final = TypeAdapter(ListingPage)
PURCHASE_ORDERS: Final = TypeAdapter(_PurchaseOrders)
ORDERED: Final = timedelta(days=6)
"""How far back a vendor's orders are looked for: less than the seven days that may be asked."""


def consent_url(
    marketplace: Marketplace, account_type: str, *, state: SecretStr | str, redirect_uri: str
) -> str:
    """The page where a seller or vendor lets us use the SP-API (SP-API guide, website workflow).

    It covers all of the account's marketplaces in the region. It holds the state: to be sent to
    the customer's browser at once, and kept nowhere.

    Args:
        marketplace: whose Seller or Vendor Central the customer signs in to.
        account_type: ``seller`` or ``vendor``.
        state: comes back with the code.
        redirect_uri: one of those registered for the app.

    Raises:
        BadInput: Amazon publishes no such page.
    """
    asked = {
        "application_id": settings().application_id,
        "state": state.get_secret_value() if isinstance(state, SecretStr) else state,
        "redirect_uri": redirect_uri,
    }
    if settings().sp_api_draft:
        asked["version"] = "beta"
    page = f"{endpoints.central(marketplace, account_type)}/apps/authorize/consent"
    return f"{page}?{urlencode(asked, quote_via=quote)}"


def participations(
    region: Region, access_token: SecretStr, *, wire: Wire | None = None
) -> list[Participation]:
    """The marketplaces a seller joined; Amazon answers this about once a minute per seller.

    Those we do not know are left out: Amazon also lists stores that are none ("Non-Amazon").

    Raises:
        AccessRefused: the consent does not reach this; for vendors always.
        AmazonError: anything else of its tree.
    """
    body = _get(region, "/sellers/v1/marketplaceParticipations", access_token, wire)
    found = read(PARTICIPATIONS, body).payload
    return [each for each in found if each.marketplace_id in marketplaces()]


def inventory(
    region: Region,
    access_token: SecretStr,
    marketplace_id: str,
    next_token: str = "",
    *,
    wire: Wire | None = None,
) -> InventoryPage:
    """One page of the seller's stock at Amazon in a marketplace.

    Raises:
        AmazonError: of its tree, exactly one.
    """
    body = _get(
        region, "/fba/inventory/v1/summaries", access_token, wire,
        granularityType="Marketplace", granularityId=marketplace_id, marketplaceIds=marketplace_id,
        nextToken=next_token,
    )  # fmt: skip
    return read(INVENTORY, body)


def listings(
    region: Region,
    access_token: SecretStr,
    seller_id: str,
    marketplace_id: str,
    page_token: str = "",
    *,
    wire: Wire | None = None,
) -> ListingPage:
    """One page of the listings of a seller or vendor code in a marketplace.

    Raises:
        AccessRefused: also where the token is of another seller than ``seller_id``.
        AmazonError: anything else of its tree.
    """
    body = _get(
        region, f"/listings/2021-08-01/items/{quote(seller_id, safe='')}", access_token, wire,
        marketplaceIds=marketplace_id, includedData="summaries", pageSize="20",
        pageToken=page_token,
    )  # fmt: skip
    return read(LISTINGS, body)


def purchase_orders(
    region: Region,
    access_token: SecretStr,
    created_after: datetime,
    limit: int = 1,
    next_token: str = "",
    *,
    wire: Wire | None = None,
) -> PurchaseOrderPage:
    """One page of what Amazon ordered from a vendor since a moment: the proof that a vendor works.

    The moment may be seven days ago, not more (Vendor Orders API v1, ``getPurchaseOrders``).

    Raises:
        AmazonError: of its tree, exactly one.
    """
    body = _get(
        region, "/vendor/orders/v1/purchaseOrders", access_token, wire,
        createdAfter=created_after.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        limit=str(limit), nextToken=next_token,
    )  # fmt: skip
    return read(PURCHASE_ORDERS, body).payload


def _get(
    region: Region, path: str, access_token: SecretStr, wire: Wire | None, **params: str
) -> bytes:
    call = Call(
        method="GET",
        url=f"{endpoints.selling_partner(region)}{path}",
        headers={
            "x-amz-access-token": access_token.get_secret_value(),
            "x-amz-date": clock.now().strftime("%Y%m%dT%H%M%SZ"),
            "accept": "application/json",
        },
        params={name: value for name, value in params.items() if value},
        secrets=(access_token,),
    )
    return (wire or network()).ask(call)
