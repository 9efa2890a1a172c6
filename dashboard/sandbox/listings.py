"""Listings: ``GET /listings/2021-08-01/items/{sellerId}``."""

from datetime import datetime
from typing import Any, Final

from starlette.routing import Route

from dashboard.sandbox.behaviours import Behaviour
from dashboard.sandbox.goods import Product, products
from dashboard.sandbox.parameters import (
    choice,
    iso,
    moment,
    page_start,
    page_token,
    whole,
    words,
)
from dashboard.sandbox.places import Place
from dashboard.sandbox.selling import BadRequest, Caller, operation, refused

PAGEABLE: Final = 1000
"""How many listings can be paged through (Listings Items API, ``searchListingsItems``)."""

INCLUDABLE: Final = (
    "summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "procurement",
    "relationships", "productTypes",
)  # fmt: skip
IDENTIFIERS: Final = ("ASIN", "EAN", "FNSKU", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC")
STATUSES: Final = ("BUYABLE", "DISCOVERABLE")


@operation("", 5, 5)
async def search(caller: Caller) -> Any:
    """Search the listings of the seller or vendor code in the path, who must be the token's."""
    if caller.path["sellerId"] != caller.merchant:
        raise refused(403)
    marketplaces = words(caller, "marketplaceIds", 20, needed=True)
    here = [caller.place(each) for each in marketplaces]
    included = words(caller, "includedData", len(INCLUDABLE)) or ["summaries"]
    if not set(included) <= set(INCLUDABLE):
        raise BadRequest("includedData names an unknown data set.")
    size = whole(caller, "pageSize", 10, 20)
    start = page_start(caller, "listings", "pageToken")
    sold = {place.id: {each.sku for each in products(caller.business, place)} for place in here}
    largest = max(here, key=lambda place: len(sold[place.id]))
    found = _chosen(caller, products(caller.business, largest))
    pageable = found[:PAGEABLE]
    tokens = {}
    if start + size < len(pageable):
        tokens["nextToken"] = page_token(caller, "listings", start + size)
    if start > 0:
        tokens["previousToken"] = page_token(caller, "listings", max(0, start - size))
    items = [
        _said(caller, each, [place for place in here if each.sku in sold[place.id]], included)
        for each in pageable[start:][:size]
    ]
    answer: dict[str, Any] = {"numberOfResults": len(found), "items": items}
    return answer | ({"pagination": tokens} if tokens else {})


def _chosen(caller: Caller, found: list[Product]) -> list[Product]:
    """The products that the filters let through, in the order asked for."""
    identifiers = words(caller, "identifiers", 20)
    kind = choice(caller, "identifiersType", IDENTIFIERS)
    if bool(identifiers) is not bool(kind):
        raise BadRequest("identifiers and identifiersType go together.")
    having, lacking = (
        set(words(caller, name, len(STATUSES))) for name in ("withStatus", "withoutStatus")
    )
    if not having | lacking <= set(STATUSES):
        raise BadRequest("There is no such status.")
    now = caller.world.now()
    kept = [
        each
        for each in found
        if (not kind or {"SKU": each.sku, "ASIN": each.asin, "FNSKU": each.fn_sku}.get(kind)
            in identifiers)
        and (not having or having & set(_status(caller, each)))
        and not lacking & set(_status(caller, each))
        and _within(caller, "created", each.created)
        and _within(caller, "lastUpdated", each.updated(now))
    ]  # fmt: skip
    by = choice(caller, "sortBy", ("sku", "createdDate", "lastUpdatedDate"), "lastUpdatedDate")
    kept.sort(
        key=lambda each: (
            {"createdDate": iso(each.created), "lastUpdatedDate": iso(each.updated(now))}.get(
                by, ""
            ),
            each.sku,
        ),
        reverse=choice(caller, "sortOrder", ("ASC", "DESC"), "DESC") == "DESC",
    )
    return kept


def _within(caller: Caller, name: str, when: datetime) -> bool:
    after, before = moment(caller, f"{name}After"), moment(caller, f"{name}Before")
    return (after is None or when >= after) and (before is None or when <= before)


def _status(caller: Caller, product: Product) -> list[str]:
    """What shoppers can do; vendors' listings are never "buyable"."""
    if not product.buyable or Behaviour.SUSPENDED in caller.behaviours:
        return []
    return ["DISCOVERABLE"] if caller.business.kind == "vendor" else list(STATUSES)


def _said(
    caller: Caller, product: Product, here: list[Place], included: list[str]
) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "summaries": [
            {
                "marketplaceId": place.id,
                "asin": product.asin,
                "productType": product.type,
                "conditionType": "new_new",
                "status": _status(caller, product),
                "fnSku": product.fn_sku,
                "itemName": product.name,
                "createdDate": iso(product.created),
                "lastUpdatedDate": iso(product.updated(caller.world.now())),
            }
            for place in here
        ],
        "attributes": {},
        "issues": [],
        "offers": [],
        "fulfillmentAvailability": [
            {"fulfillmentChannelCode": "AMAZON_NA", "quantity": product.quantity}
        ],
        "relationships": [],
        "productTypes": [
            {"marketplaceId": place.id, "productType": product.type} for place in here
        ],
    }
    return {"sku": product.sku} | {name: parts[name] for name in included if name in parts}


routes: Final = [Route("/sp/{region}/listings/2021-08-01/items/{sellerId}", search)]
