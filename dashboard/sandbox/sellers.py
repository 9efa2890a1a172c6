"""The Sellers API: which marketplaces a seller has joined, and what account it is."""

from typing import Any, Final

from starlette.routing import Route

from dashboard.sandbox.behaviours import Behaviour
from dashboard.sandbox.places import Place, places
from dashboard.sandbox.selling import Caller, operation

TECHNICAL: Final = {"DE": "A38D8NSA03LJTC", "ES": "AFQLKURYRPEL8"}
"""Stores that are no marketplaces, which Amazon lists beside those of some countries."""


@operation("seller", 0.016, 15)
async def participations(caller: Caller) -> Any:
    """List the marketplaces of a seller (Sellers API v1, ``getMarketplaceParticipations``)."""
    return {"payload": _participations(caller)}


@operation("seller", 0.016, 15)
async def account(caller: Caller) -> Any:
    """Describe the seller account (Sellers API v1, ``getAccount``)."""
    individual = Behaviour.INDIVIDUAL_PLAN in caller.behaviours
    return {
        "payload": {
            "businessType": "SOLE_PROPRIETORSHIP" if individual else "PRIVATE_LIMITED",
            "sellingPlan": "INDIVIDUAL" if individual else "PROFESSIONAL",
            "marketplaceParticipationList": _participations(caller),
        }
    }


def _participations(caller: Caller) -> list[dict[str, Any]]:
    suspended = Behaviour.SUSPENDED in caller.behaviours
    joined = caller.business.places(caller.region)
    others = [places()[code] for code in caller.business.not_joined]
    known = [*joined, *(each for each in others if each.region == caller.region)]
    found = [
        _participation(caller, each, joined=each in joined, suspended=suspended) for each in known
    ]
    for each in joined:
        if each.code in TECHNICAL:
            store = _participation(caller, each, joined=True, suspended=False)
            store["marketplace"] |= {"id": TECHNICAL[each.code], "name": f"Non-Amazon {each.code}"}
            found.append(store)
    return found


def _participation(
    caller: Caller, place: Place, *, joined: bool, suspended: bool
) -> dict[str, Any]:
    return {
        "marketplace": {
            "id": place.id,
            "name": place.domain.removeprefix("www.").capitalize(),
            "countryCode": place.iso_code,
            "defaultCurrencyCode": place.currency,
            "defaultLanguageCode": place.language,
            "domainName": place.domain,
        },
        "storeName": caller.business.name,
        "participation": {
            "isParticipating": joined,
            "hasSuspendedListings": joined and suspended,
        },
    }


routes: Final = [
    Route("/sp/{region}/sellers/v1/marketplaceParticipations", participations),
    Route("/sp/{region}/sellers/v1/account", account),
]
