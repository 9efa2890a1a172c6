"""Coming back from Amazon in every wrong way: each has its page, and leaves the data right."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from dashboard import clock
from dashboard.actions.connecting import links
from dashboard.db.connecting import Attempt
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Grant
from dashboard.roles import COMMAND_LINE
from tests.connect.customer import Customer
from tests.sandboxes import Sandbox
from tests.waiting import until_waiting


@pytest.fixture
def leaving(customer: Customer, invitation: Callable[..., SecretStr]) -> Customer:
    """A customer at Amazon's sign-in page."""
    customer.open(invitation()).press("Next", type="seller", region="EU", name="Nordlicht")
    return customer.press("Connect Amazon Advertising")


def number_of_grants() -> int:
    with reading() as session:
        return session.scalars(sa.select(sa.func.count(Grant.id))).one()


def outcomes() -> list[str]:
    with reading() as session:
        return list(session.scalars(sa.select(Attempt.outcome).order_by(Attempt.id)))


def test_no_code_or_state_stays_in_the_address(leaving: Customer) -> None:
    leaving.at_amazon("nordlicht")

    assert leaving.page.request.url.query == b""
    assert leaving.path == "/setup/1/marketplaces"


def test_a_return_delivered_twice_is_used_once(leaving: Customer) -> None:
    back = leaving.decide("nordlicht")
    leaving.get(back).get(back)

    assert leaving.page.status_code == 409
    assert leaving.heading == "You have been here already"
    assert number_of_grants() == 1
    assert leaving.click("Go on").heading == "Choose marketplaces"


def test_two_returns_at_once_end_in_one_grant(leaving: Customer) -> None:
    back = leaving.decide("nordlicht")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: leaving.http.get(back).status_code, range(2)))

    assert sorted(answers) == [303, 409]
    assert number_of_grants() == 1


def test_a_return_that_another_overtakes_is_told_that_it_was_used(leaving: Customer) -> None:
    back = leaving.decide("nordlicht")
    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            session.execute(sa.update(Attempt).values(spent_at=clock.now()))
            second = pool.submit(leaving.http.get, back)
            until_waiting(second, session)

        assert second.result().status_code == 409


def test_two_trips_at_once_end_in_one_grant(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    customer.open(invitation()).press("Next", type="seller", region="EU", name="Nordlicht")
    customer.sign_in("nordlicht").choose("Germany")
    backs = [
        customer.get("/setup/1/selling-partner")
        .press("Confirm", agree="yes")
        .decide("nordlicht", "confirm")
        for _ in range(2)
    ]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda each: customer.http.get(each).status_code, backs))

    assert answers == [303, 303]
    with reading() as session:
        assert len(session.scalars(sa.select(Grant).where(Grant.channel == "SP-API")).all()) == 1


def test_a_return_that_took_too_long_is_told_so(leaving: Customer) -> None:
    back = leaving.decide("nordlicht")
    with transaction() as session:
        session.execute(sa.update(Attempt).values(expires_at=clock.now() - timedelta(seconds=1)))

    leaving.get(back)

    assert leaving.page.status_code == 410
    assert leaving.heading == "That took too long"
    assert number_of_grants() == 0
    assert leaving.click("Go on").heading == "Connect Amazon Advertising"


def test_a_code_that_is_too_old_is_told_so(leaving: Customer, amazon: Sandbox) -> None:
    back = leaving.decide("nordlicht")
    amazon.clock(400)

    leaving.get(back)

    assert leaving.heading.endswith("Amazon's answer came too late")
    assert outcomes() == ["failed"]


def test_a_forged_state_is_refused(leaving: Customer) -> None:
    leaving.get("/callback/aaa?state=made-up&code=ANmadeup")

    assert leaving.page.status_code == 400
    assert leaving.heading == "This return does not belong here"
    assert "Go on" not in leaving.seen.links
    assert outcomes() == [""]


def test_another_browser_s_return_is_refused(leaving: Customer, amazon: Sandbox) -> None:
    back = leaving.decide("nordlicht")

    other = Customer(amazon).get(back)

    assert other.page.status_code == 400
    assert other.heading == "This return does not belong here"
    assert number_of_grants() == 0
    assert leaving.get(back).heading == "Choose marketplaces"


def test_a_return_for_the_other_channel_is_refused(leaving: Customer) -> None:
    query = leaving.decide("nordlicht").partition("?")[2].replace("code=", "spapi_oauth_code=")

    leaving.get(f"/callback/sp-api?{query}&selling_partner_id=A1")

    assert leaving.page.status_code == 400
    assert outcomes() == [""]


@pytest.mark.parametrize("lacking", ["code", "state"])
def test_a_return_that_lacks_something_is_told_so(leaving: Customer, lacking: str) -> None:
    path, _, query = leaving.decide("nordlicht").partition("?")
    kept = "&".join(each for each in query.split("&") if not each.startswith(f"{lacking}="))

    leaving.get(f"{path}?{kept}")

    assert leaving.page.status_code == 400
    assert leaving.heading == "Amazon's answer was incomplete"
    assert ("Try again" in leaving.seen.links) == (lacking == "code")
    assert outcomes() == [""]


def test_a_state_given_twice_counts_as_none(leaving: Customer) -> None:
    leaving.get(leaving.decide("nordlicht") + "&state=another")

    assert leaving.heading == "Amazon's answer was incomplete"


def test_a_seller_without_an_identity_is_incomplete(
    customer: Customer, invitation: Callable[..., SecretStr]
) -> None:
    customer.open(invitation()).press("Next", type="seller", region="EU", name="Nordlicht")
    customer.sign_in("nordlicht").choose("Germany").press("Confirm", agree="yes")
    back = customer.decide("nordlicht", "confirm")

    customer.get(back.replace("selling_partner_id=", "selling_partner_id=%3Cscript%3E"))

    assert customer.heading == "Amazon's answer was incomplete"
    assert "<script>" not in customer.page.text


def test_an_error_of_amazon_s_is_no_cancel(leaving: Customer) -> None:
    path, _, query = leaving.decide("nordlicht").partition("?")
    state = next(each for each in query.split("&") if each.startswith("state="))

    leaving.get(f"{path}?error=invalid_scope&{state}")

    assert leaving.heading.endswith("A fault on our side")


def test_a_link_withdrawn_meanwhile_connects_nothing(leaving: Customer) -> None:
    back = leaving.decide("nordlicht")
    links.revoke(COMMAND_LINE, 1)

    leaving.get(back)

    assert leaving.page.status_code == 410
    assert "withdrawn" in leaving.text
    assert number_of_grants() == 0
