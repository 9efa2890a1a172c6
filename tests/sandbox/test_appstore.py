"""The Appstore: out to the app's Login URI, on to the address named there, and back with a code."""

from urllib.parse import urlencode

import httpx2
import pytest

from dashboard.diagnosis import Channel
from dashboard.settings import Settings
from tests.sandbox.conftest import SELLER, VENDOR, Api
from tests.sandboxes import Sandbox, returned, serving

STORE = "/sellercentral/DE/apps/store"


def sent(amazon: Sandbox, member: str = SELLER) -> dict[str, str]:
    """What Amazon adds to the app's Login URI when a seller authorizes it."""
    answer = amazon.http.post(STORE, data={"member": member, "decision": "authorize"})
    assert answer.headers["location"].startswith("http://127.0.0.1:8502/login?")
    return returned(answer)


def goes_on(amazon: Sandbox, given: dict[str, str], **more: str) -> httpx2.Response:
    asked = {"amazon_state": given["amazon_state"], "state": "mine"} | more
    return amazon.http.get(f"{given['amazon_callback_uri']}?{urlencode(asked)}")


def test_a_seller_goes_out_to_the_app_and_comes_back_with_a_code(amazon: Sandbox, api: Api) -> None:
    given = sent(amazon)
    back = returned(goes_on(amazon, given, redirect_uri=amazon.redirect_uris[1]))

    assert given["selling_partner_id"] == back["selling_partner_id"] == "A1OURS"
    assert back["state"] == "mine"
    form = {"redirect_uri": amazon.redirect_uris[1]}
    tokens = api.exchange(back["spapi_oauth_code"], Channel.SP_API, **form).json()
    assert api.participations(tokens["access_token"]).status_code == 200


def test_amazon_s_state_is_good_once_for_a_while_and_in_its_country_s_region(
    amazon: Sandbox,
) -> None:
    given = sent(amazon)
    elsewhere = given | {
        "amazon_callback_uri": given["amazon_callback_uri"].replace("/DE/", "/US/")
    }
    assert goes_on(amazon, elsewhere).status_code == 400
    late = sent(amazon)
    amazon.clock(3601)
    assert goes_on(amazon, late).status_code == 400
    once = sent(amazon)
    assert goes_on(amazon, once).status_code == 302
    assert goes_on(amazon, once).status_code == 400


def test_only_registered_addresses_and_our_own_app_are_gone_back_to(amazon: Sandbox) -> None:
    assert "MD5101" in goes_on(amazon, sent(amazon), redirect_uri="https://evil.example").text
    given = sent(amazon)
    other = given | {"amazon_callback_uri": given["amazon_callback_uri"] + "x"}
    assert "MD1000" in goes_on(amazon, other).text


def test_a_draft_says_so_and_has_to_be_told_so() -> None:
    with serving(draft=True) as amazon:
        assert "MD1000" in goes_on(amazon, sent(amazon)).text
        given = sent(amazon)
        assert given["version"] == "beta"
        assert goes_on(amazon, given, version="beta").status_code == 302


@pytest.mark.parametrize(("member", "status"), [(VENDOR, 403), (SELLER, 200)])
def test_the_appstore_is_for_sellers(amazon: Sandbox, member: str, status: int) -> None:
    page = amazon.http.get(f"{STORE}?member={member}")

    assert page.status_code == status
    assert ("Login to the app now" in page.text) == (status == 200)
    assert Settings().application_id not in page.text
