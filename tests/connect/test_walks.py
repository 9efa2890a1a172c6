"""The main paths of the flow, walked to their end."""

from collections.abc import Callable

from pydantic import SecretStr

from tests.connect.customer import Customer


def test_an_invited_seller_connects_both_channels(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    customer.open(invitation())
    assert customer.heading == "Add account"
    assert "Step 1 of 5" in customer.text

    customer.press("Next", type="seller", region="EU", name="Nordlicht")
    assert customer.heading == "Connect Amazon Advertising"

    customer.sign_in("nordlicht")
    assert customer.heading == "Choose marketplaces"

    customer.choose("Germany", "France")
    assert customer.heading == "Connect Selling Partner"

    customer.confirm("nordlicht")
    assert "Selling Partner connected" in customer.text

    customer.click("Next")
    assert customer.heading == "Syncing"
    assert "48 hours" in customer.text
