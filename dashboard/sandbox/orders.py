"""Purchase orders to vendors: ``GET /vendor/orders/v1/purchaseOrders``."""

from datetime import datetime, timedelta
from typing import Any, Final

from starlette.routing import Route

from dashboard.sandbox.goods import Order, orders
from dashboard.sandbox.parameters import choice, iso, moment, page_start, page_token, whole
from dashboard.sandbox.selling import BadRequest, Caller, operation

RANGE: Final = timedelta(days=7)
KEPT: Final = timedelta(days=183)
"""How long a range may be, and how far back orders go (Vendor Orders API v1)."""

CHANGES: Final = timedelta(hours=1)
"""How long after it was placed an order is last changed."""


@operation("vendor", 10, 10)
async def purchase_orders(caller: Caller) -> Any:
    """List purchase orders of at most seven days (Vendor Orders API v1, ``getPurchaseOrders``)."""
    limit = whole(caller, "limit", 100, 100)
    newest_first = choice(caller, "sortOrder", ("ASC", "DESC"), "ASC") == "DESC"
    details = choice(caller, "includeDetails", ("true", "false"), "true") == "true"
    found = sorted(_chosen(caller), key=lambda order: order.at, reverse=newest_first)
    start = page_start(caller, "orders", "nextToken")
    payload: dict[str, Any] = {
        "orders": [_said(caller, each, details=details) for each in found[start:][:limit]]
    }
    if start + limit < len(found):
        payload["pagination"] = {"nextToken": page_token(caller, "orders", start + limit)}
    return {"payload": payload}


def _chosen(caller: Caller) -> list[Order]:
    """The orders that the filters let through."""
    now = caller.world.now()
    created, changed = _range(caller, "created", now), _range(caller, "changed", now)
    state = choice(caller, "purchaseOrderState", ("New", "Acknowledged", "Closed"))
    vendor_code = caller.asked.get("orderingVendorCode", caller.merchant)
    if (
        choice(caller, "poItemState", ("Cancelled",))
        or choice(caller, "isPOChanged", ("true", "false"), "false") == "true"
        or vendor_code != caller.merchant
    ):
        return []
    first, last = created or changed or (now - RANGE, now)
    # A change comes an hour after the order, which may have been the day before.
    days = [first + timedelta(days=day) for day in range(-1, (last - first).days + 2)]
    return [
        each
        for day in days
        for each in orders(caller.business, caller.region, day)
        if now - KEPT <= each.at <= now
        and (created is None or created[0] <= each.at <= created[1])
        and (changed is None or changed[0] <= each.at + CHANGES <= changed[1])
        and (not state or _state(each, now) == state)
        and (created or changed or first <= each.at <= last)
    ]


def _range(caller: Caller, name: str, now: datetime) -> tuple[datetime, datetime] | None:
    after, before = moment(caller, f"{name}After"), moment(caller, f"{name}Before")
    if after is None and before is None:
        return None
    try:
        last = before or now
        first = after or last - RANGE
    except OverflowError:
        raise BadRequest(f"{name}Before is out of range.") from None
    if not timedelta(0) <= last - first <= RANGE + timedelta(minutes=1):
        raise BadRequest("The date range must not exceed 7 days.")
    # Days far from the present hold no orders, and are not counted through.
    return (first, last) if abs(now - first) < timedelta(days=3650) else (now, now)


def _state(order: Order, now: datetime) -> str:
    age = now - order.at
    if age < timedelta(days=2):
        return "New"
    return "Acknowledged" if age < timedelta(days=14) else "Closed"


def _said(caller: Caller, order: Order, *, details: bool) -> dict[str, Any]:
    now = caller.world.now()
    said: dict[str, Any] = {
        "purchaseOrderNumber": order.number,
        "purchaseOrderState": _state(order, now),
    }
    if not details:
        return said
    place = caller.business.places(caller.region)[0]
    price = {"amount": "12.50", "currencyCode": place.currency}
    window = f"{iso(order.at + timedelta(days=3))}--{iso(order.at + timedelta(days=10))}"
    amazon = {"partyId": "AMZ" + place.code}
    return said | {
        "orderDetails": {
            "purchaseOrderDate": iso(order.at),
            "purchaseOrderChangedDate": iso(order.at + CHANGES),
            "purchaseOrderStateChangedDate": iso(order.at),
            "purchaseOrderType": "RegularOrder",
            "paymentMethod": "Invoice",
            "buyingParty": amazon,
            "sellingParty": {"partyId": caller.merchant},
            "shipToParty": amazon,
            "billToParty": amazon,
            "deliveryWindow": window,
            "items": [_item(order, price)],
        }
    }


def _item(order: Order, price: dict[str, str]) -> dict[str, Any]:
    return {
        "itemSequenceNumber": "1",
        "amazonProductIdentifier": order.product.asin,
        "vendorProductIdentifier": order.product.sku,
        "orderedQuantity": {"amount": order.cases, "unitOfMeasure": "Cases", "unitSize": 10},
        "isBackOrderAllowed": False,
        "netCost": price,
        "listPrice": price,
    }


routes: Final = [Route("/sp/{region}/vendor/orders/v1/purchaseOrders", purchase_orders)]
