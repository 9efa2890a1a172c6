"""FBA inventory: ``GET /fba/inventory/v1/summaries``."""

from datetime import timedelta
from typing import Any, Final

from starlette.routing import Route

from dashboard.sandbox.goods import Product, products
from dashboard.sandbox.parameters import choice, iso, moment, page_start, page_token, words
from dashboard.sandbox.selling import BadRequest, Caller, operation

PAGE: Final = 50
TOKEN_SECONDS: Final = 30
"""How long a page's token lives (FBA Inventory API v1, ``nextToken``)."""


@operation("seller", 2, 2)
async def summaries(caller: Caller) -> Any:
    """List stock in one marketplace (FBA Inventory API v1, ``getInventorySummaries``)."""
    marketplaces = words(caller, "marketplaceIds", 1, needed=True)
    if not choice(caller, "granularityType", ("Marketplace",)):
        raise BadRequest("granularityType is missing.")
    granularity = caller.asked.get("granularityId")
    if granularity != marketplaces[0]:
        raise BadRequest("granularityId must be the marketplace.")
    details = choice(caller, "details", ("true", "false"), "false") == "true"
    found = _chosen(caller, products(caller.business, caller.place(marketplaces[0])))
    start = page_start(caller, "inventory", "nextToken", TOKEN_SECONDS)
    answer: dict[str, Any] = {
        "payload": {
            "granularity": {"granularityType": "Marketplace", "granularityId": granularity},
            "inventorySummaries": [
                _said(caller, each, details=details) for each in found[start:][:PAGE]
            ],
        }
    }
    if start + PAGE < len(found):
        answer["pagination"] = {"nextToken": page_token(caller, "inventory", start + PAGE)}
    return answer


def _chosen(caller: Caller, found: list[Product]) -> list[Product]:
    """The products that are asked for; a start date counts for more than SKUs."""
    now = caller.world.now()
    if since := moment(caller, "startDateTime"):
        if since < now - timedelta(days=548):
            raise BadRequest("startDateTime must not be more than 18 months ago.")
        return [each for each in found if each.updated(now) > since]
    wanted = words(caller, "sellerSkus", 50) or words(caller, "sellerSku", 1)
    return [each for each in found if not wanted or each.sku in wanted]


def _said(caller: Caller, product: Product, *, details: bool) -> dict[str, Any]:
    said: dict[str, Any] = {
        "asin": product.asin,
        "fnSku": product.fn_sku,
        "sellerSku": product.sku,
        "condition": "NewItem",
        "lastUpdatedTime": iso(product.updated(caller.world.now())),
        "productName": product.name,
        "totalQuantity": product.quantity,
    }
    if details:
        reserved = product.quantity // 10
        said["inventoryDetails"] = {
            "fulfillableQuantity": product.quantity - reserved,
            "inboundWorkingQuantity": 0,
            "inboundShippedQuantity": 0,
            "inboundReceivingQuantity": 0,
            "reservedQuantity": {
                "totalReservedQuantity": reserved,
                "pendingCustomerOrderQuantity": reserved,
                "pendingTransshipmentQuantity": 0,
                "fcProcessingQuantity": 0,
            },
            "researchingQuantity": {
                "totalResearchingQuantity": 0,
                "researchingQuantityBreakdown": [],
            },
            "unfulfillableQuantity": {
                "totalUnfulfillableQuantity": 0,
                "customerDamagedQuantity": 0,
                "warehouseDamagedQuantity": 0,
                "distributorDamagedQuantity": 0,
                "carrierDamagedQuantity": 0,
                "defectiveQuantity": 0,
                "expiredQuantity": 0,
            },
        }
    return said


routes: Final = [Route("/sp/{region}/fba/inventory/v1/summaries", summaries)]
