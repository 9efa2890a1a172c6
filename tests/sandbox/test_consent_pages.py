"""The pages people see: who signs in, and what each press does."""

import httpx2
import pytest

from dashboard.sandbox.cast import cast
from tests.sandbox.conftest import SELLER
from tests.sandboxes import Sandbox, returned, serving


@pytest.fixture
def login(amazon: Sandbox) -> str:
    return amazon.login_page(amazon.redirect_uris[0], state="mine")


@pytest.fixture
def central(amazon: Sandbox) -> str:
    return amazon.central_page(amazon.redirect_uris[0], "seller", "DE", state="mine")


def test_whoever_is_in_the_cast_can_be_chosen(amazon: Sandbox, login: str) -> None:
    page = amazon.http.get(login)

    assert page.status_code == 200
    assert "Who signs in?" in page.text
    for member in cast().values():
        assert f">{member.name}</button>" in page.text


def test_a_browser_remembers_who_signed_in_until_the_account_is_switched(
    amazon: Sandbox, login: str, central: str
) -> None:
    with httpx2.Client(base_url=amazon.base, follow_redirects=True) as browser:
        assert "Nordlicht" in browser.post(login, data={"member": "nordlicht"}).text
        assert ">Allow</button>" in browser.get(login).text
        assert ">Confirm</button>" in browser.get(central).text

        assert "Who signs in?" in browser.post(central, data={"switch": "1"}).text
        assert "Who signs in?" in browser.get(login).text


def test_a_member_named_in_the_address_is_signed_in_for_that_page_only(
    amazon: Sandbox, login: str
) -> None:
    assert ">Allow</button>" in amazon.http.get(f"{login}&member={SELLER}").text
    assert returned(amazon.http.post(f"{login}&member={SELLER}", data={"decision": "allow"}))[
        "code"
    ]
    assert "Who signs in?" in amazon.http.get(login).text


@pytest.mark.parametrize(
    "member", ["nobody", "any-A1-buyer-DE", "any-A1-seller-XX", "any-<b>-seller-DE"]
)
def test_a_login_that_cannot_exist_is_refused(amazon: Sandbox, login: str, member: str) -> None:
    page = amazon.http.post(login, data={"member": member, "decision": "allow"})

    assert page.status_code == 400
    assert "There is no such login" in page.text
    assert "<b>" not in page.text


def test_a_form_sent_by_another_site_is_refused(amazon: Sandbox, login: str, central: str) -> None:
    for url in (login, central):
        answer = amazon.http.post(
            url,
            data={"member": SELLER, "decision": "allow"},
            headers={"Origin": "https://evil.example"},
        )
        assert answer.status_code == 403


def test_pages_run_no_scripts_and_are_not_framed(amazon: Sandbox, login: str) -> None:
    page = amazon.http.get(login)

    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"
    assert "stand-in for Amazon" in page.text
    assert "<script" not in page.text


def test_confirm_sends_a_code_the_partner_and_the_state_back(amazon: Sandbox, central: str) -> None:
    back = returned(amazon.decide(central, SELLER, "confirm"))

    assert set(back) == {"spapi_oauth_code", "selling_partner_id", "state"}
    assert (back["selling_partner_id"], back["state"]) == ("A1OURS", "mine")


def test_cancel_in_seller_central_never_calls_back(amazon: Sandbox, central: str) -> None:
    page = amazon.decide(central, SELLER, "cancel")

    assert page.status_code == 200
    assert "You cancelled" in page.text


def test_without_an_address_the_first_registered_one_is_used(amazon: Sandbox) -> None:
    url = amazon.central_page("", "seller", "DE")

    answer = amazon.decide(url, SELLER, "confirm")

    assert answer.headers["location"].startswith(amazon.redirect_uris[0] + "?")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"application_id": "amzn1.application-oa2-client.demo-spapi"}, "MD1000"),
        ({"redirect_uri": "https://evil.example/"}, "MD5101"),
    ],
)
def test_a_request_that_fits_no_app_ends_on_amazons_error_page(
    amazon: Sandbox, wrong: dict[str, str], code: str
) -> None:
    asked = {"redirect_uri": amazon.redirect_uris[0], "kind": "seller", "country": "DE"} | wrong

    page = amazon.http.get(amazon.central_page(**asked))

    assert page.status_code == 400
    assert code in page.text
    assert "location" not in page.headers


@pytest.mark.parametrize(
    ("kind", "member", "code"),
    [("seller", SELLER, "MD1000"), ("vendor", "any-V1-vendor-DE", "MD5100")],
)
def test_a_draft_app_needs_the_beta_version(kind: str, member: str, code: str) -> None:
    with serving(draft=True) as amazon:
        address = amazon.redirect_uris[0]
        assert code in amazon.http.get(amazon.central_page(address, kind, "DE")).text

        url = amazon.central_page(address, kind, "DE", version="beta")

        assert returned(amazon.decide(url, member, "confirm"))["spapi_oauth_code"]


@pytest.mark.parametrize(
    ("kind", "country", "member"),
    [
        ("vendor", "DE", "nordlicht"),
        ("seller", "DE", "kestrel"),
        ("seller", "US", "nordlicht"),
        ("seller", "JP", "summit"),
    ],
)
def test_who_has_no_such_account_in_the_region_is_turned_away(
    amazon: Sandbox, kind: str, country: str, member: str
) -> None:
    page = amazon.decide(
        amazon.central_page(amazon.redirect_uris[0], kind, country), member, "confirm"
    )

    assert page.status_code == 403
    assert "No account here" in page.text


def test_any_country_of_a_region_gives_the_same_partner(amazon: Sandbox) -> None:
    address = amazon.redirect_uris[0]

    pages = [amazon.central_page(address, "seller", country) for country in ("DE", "UK", "PL")]
    answers = [returned(amazon.decide(page, "globetrotter", "confirm")) for page in pages]

    found = {each["selling_partner_id"] for each in answers}
    assert found == {amazon.cast()["globetrotter"]["merchants"]["EU"]}


def test_an_agency_chooses_for_which_client_it_consents(amazon: Sandbox) -> None:
    url = amazon.central_page(amazon.redirect_uris[0], "seller", "US")
    clients = {each["name"]: each for each in amazon.cast()["summit"]["businesses"]}
    wanted = clients["Oakley Home"]["merchants"]["NA"]

    page = amazon.http.get(f"{url}&member=summit").text
    back = returned(amazon.decide(url, "summit", "confirm", account=wanted))

    assert "Maple and Pine" in page
    assert "Lotus Living" not in page  # a vendor
    assert back["selling_partner_id"] == wanted


def test_a_country_without_such_a_page_is_not_found(amazon: Sandbox) -> None:
    assert amazon.http.get("/sellercentral/XX/apps/authorize/consent").status_code == 404
