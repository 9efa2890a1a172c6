"""Where calls go: to Amazon in production, and to nobody but the stand-in in a demo."""

import re
from urllib.parse import urlsplit

import pytest

from dashboard.amazon import endpoints
from dashboard.errors import BadInput
from dashboard.marketplaces import Region, marketplace, marketplaces


def addresses() -> list[str]:
    """Every address that there is."""
    found = [endpoints.token()]
    for region in Region:
        found += [endpoints.ads(region), endpoints.selling_partner(region)]
        found += [endpoints.token(region), endpoints.consent(region)]
    for each in marketplaces().values():
        for kind, known in (("seller", True), ("vendor", each.vendor_central_url)):
            found += [endpoints.central(each, kind)] if known else []
    return found


def test_a_demo_speaks_to_nothing_but_this_machine() -> None:
    assert {urlsplit(each).netloc for each in addresses()} == {"127.0.0.1:8503"}


def test_production_speaks_to_amazon_only_and_encrypted(production) -> None:
    production()
    hosts = {urlsplit(each).hostname or "" for each in addresses()}
    assert {urlsplit(each).scheme for each in addresses()} == {"https"}
    assert all(re.fullmatch(r"[a-z.-]+\.amazon\.[a-z]{2,3}(\.[a-z]{2})?", each) for each in hosts)


@pytest.mark.parametrize(
    ("region", "hosts"),
    [
        ("NA", ["advertising-api.amazon.com", "sellingpartnerapi-na.amazon.com",
                "api.amazon.com/auth/o2/token", "www.amazon.com/ap/oa"]),
        ("EU", ["advertising-api-eu.amazon.com", "sellingpartnerapi-eu.amazon.com",
                "api.amazon.co.uk/auth/o2/token", "eu.account.amazon.com/ap/oa"]),
        ("FE", ["advertising-api-fe.amazon.com", "sellingpartnerapi-fe.amazon.com",
                "api.amazon.co.jp/auth/o2/token", "apac.account.amazon.com/ap/oa"]),
    ],
)  # fmt: skip
def test_each_region_has_its_hosts(production, region: str, hosts: list[str]) -> None:
    production()
    asked = (endpoints.ads, endpoints.selling_partner, endpoints.token, endpoints.consent)
    assert [each(Region(region)) for each in asked] == [f"https://{host}" for host in hosts]


def test_customers_sign_in_where_their_marketplace_is(production) -> None:
    assert (
        endpoints.central(marketplace("DE"), "seller") == "http://127.0.0.1:8503/sellercentral/DE"
    )
    assert (
        endpoints.central(marketplace("UK"), "vendor") == "http://127.0.0.1:8503/vendorcentral/UK"
    )
    production()
    de = marketplace("DE")
    assert endpoints.central(de, "seller") == "https://sellercentral-europe.amazon.com"
    assert endpoints.central(de, "vendor") == "https://vendorcentral.amazon.de"


@pytest.mark.parametrize(("country", "kind"), [("IE", "vendor"), ("DE", "agency"), ("DE", "")])
def test_a_page_that_amazon_does_not_publish_is_not_made_up(country: str, kind: str) -> None:
    with pytest.raises(BadInput, match="choose another marketplace"):
        endpoints.central(marketplace(country), kind)
