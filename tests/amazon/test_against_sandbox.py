"""The clients against the stand-in Amazon: over the network, each understands the other."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from dashboard import clock
from dashboard.amazon import ads, lwa, selling_partner
from dashboard.amazon.wire import Wire
from dashboard.diagnosis import Channel
from dashboard.errors import (
    AccessRefused,
    AmazonDown,
    ClientRefused,
    GrantRefused,
    Malformed,
    Throttled,
)
from dashboard.marketplaces import Region, marketplace
from dashboard.merchants import same_merchant
from dashboard.settings import settings
from tests.sandboxes import Sandbox, returned, serving

SELLER, VENDOR = "nordlicht", "kestrel"


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    """A stand-in Amazon for all tests here."""
    with serving() as started:
        yield started


@pytest.fixture
def amazon(served: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A stand-in Amazon where all is well, at which the settings point."""
    monkeypatch.setenv("DASHBOARD_SANDBOX_PORT", str(urlsplit(served.base).port))
    settings.cache_clear()
    served.reset()
    yield served
    served.reset()
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def wire() -> Iterator[Wire]:
    """The network, without pauses between tries."""
    opened = Wire(sleep=lambda _: None)
    yield opened
    opened.close()


def connected(amazon: Sandbox, wire: Wire, member: str, country: str = "DE") -> lwa.Tokens:
    """Tokens of both steps of a consent: for SP-API, as its page and ours speak."""
    state, back = "state-1", amazon.redirect_uris[1]
    kind = "vendor" if member == VENDOR else "seller"
    page = selling_partner.consent_url(marketplace(country), kind, state=state, redirect_uri=back)
    came = returned(amazon.decide(page, member, "confirm"))
    assert came["state"] == state
    code = SecretStr(came["spapi_oauth_code"])
    return lwa.exchange(Channel.SP_API, code, back, wire=wire)


def advertising(amazon: Sandbox, wire: Wire, member: str, region: Region = Region.EU) -> lwa.Tokens:
    """Tokens of a consent for the Ads API, with a proof that the code was ours."""
    proof, back = lwa.verifier(), amazon.redirect_uris[0]
    page = lwa.consent_url(
        region, state=SecretStr("state-2"), redirect_uri=back, challenge=lwa.challenge(proof)
    )
    came = returned(amazon.decide(page, member, "allow"))
    assert came["state"] == "state-2"
    return lwa.exchange(Channel.AAA, SecretStr(came["code"]), back, proof, region, wire=wire)


def test_a_seller_is_walked_through_both_channels(amazon: Sandbox, wire: Wire) -> None:
    tokens = advertising(amazon, wire, SELLER)
    profiles = ads.profiles(Region.EU, tokens.access_token, wire=wire)
    assert {each.country_code for each in profiles} == {"DE", "FR", "IT", "ES", "NL"}
    assert ads.profiles(Region.NA, tokens.access_token, wire=wire) == []

    later = lwa.refresh(Channel.AAA, tokens.refresh_token, wire=wire)
    found, token = [], ""
    while token or not found:
        page = ads.campaigns(
            Region.EU, later.access_token, profiles[0].id, next_token=token, page_size=2, wire=wire
        )
        found += page.campaigns
        token = page.next_token
    assert len({each.id for each in found}) == len(found) > 2
    assert {each.state for each in found} <= {"ENABLED", "PAUSED", "ARCHIVED"}

    tokens = connected(amazon, wire, SELLER)
    joined = selling_partner.participations(Region.EU, tokens.access_token, wire=wire)
    assert marketplace("DE").id in {each.marketplace_id for each in joined if each.participating}
    assert marketplace("SE").id in {
        each.marketplace_id for each in joined if not each.participating
    }
    stock = selling_partner.inventory(
        Region.EU, tokens.access_token, marketplace("DE").id, wire=wire
    )
    assert stock.items
    listed = selling_partner.listings(
        Region.EU, tokens.access_token, profiles[0].merchant_id, marketplace("DE").id, wire=wire
    )
    assert listed.items
    assert listed.total >= len(listed.items)


def test_a_vendor_is_known_by_its_orders_and_is_no_seller(amazon: Sandbox, wire: Wire) -> None:
    tokens = connected(amazon, wire, VENDOR, "UK")
    since = clock.now() - timedelta(days=6)
    orders, token = [], ""
    while token or not orders:
        page = selling_partner.purchase_orders(
            Region.EU, tokens.access_token, since, 2, token, wire=wire
        )
        orders += page.orders
        token = page.next_token
    assert len({each.number for each in orders}) == len(orders)
    with pytest.raises(AccessRefused) as refusal:
        selling_partner.participations(Region.EU, tokens.access_token, wire=wire)
    assert refusal.value.code == "Unauthorized"
    assert refusal.value.request_id


def test_the_same_merchant_comes_back_by_both_channels(amazon: Sandbox, wire: Wire) -> None:
    tokens = advertising(amazon, wire, SELLER)
    (merchant,) = {
        each.merchant_id for each in ads.profiles(Region.EU, tokens.access_token, wire=wire)
    }
    page = selling_partner.consent_url(
        marketplace("DE"), "seller", state="s", redirect_uri=amazon.redirect_uris[1]
    )
    came = returned(amazon.decide(page, SELLER, "confirm"))
    assert same_merchant(merchant, came["selling_partner_id"])


def test_a_code_is_good_once_and_for_its_verifier_only(amazon: Sandbox, wire: Wire) -> None:
    back, proof = amazon.redirect_uris[0], lwa.verifier()
    for verifier, address, tries in (
        (lwa.verifier(), back, 1), (None, back, 1), (proof, amazon.redirect_uris[1], 1),
        (proof, back, 2),
    ):  # fmt: skip
        page = lwa.consent_url(
            Region.EU, state="s", redirect_uri=back, challenge=lwa.challenge(proof)
        )
        code = SecretStr(returned(amazon.decide(page, SELLER, "allow"))["code"])
        if tries == 2:
            assert lwa.exchange(Channel.AAA, code, address, verifier, wire=wire)
        with pytest.raises(GrantRefused) as refusal:
            lwa.exchange(Channel.AAA, code, address, verifier, wire=wire)
        assert (refusal.value.status, refusal.value.code) == (400, "invalid_grant")
        assert refusal.value.request_id


def test_a_token_of_one_channel_is_no_good_on_the_other(amazon: Sandbox, wire: Wire) -> None:
    token = advertising(amazon, wire, SELLER)
    with pytest.raises(GrantRefused):
        lwa.refresh(Channel.SP_API, token.refresh_token, wire=wire)
    with pytest.raises(AccessRefused) as refusal:
        selling_partner.participations(Region.EU, token.access_token, wire=wire)
    assert "revoked, malformed or invalid" in refusal.value.details


def test_a_revoked_consent_is_refused_at_the_next_refresh(amazon: Sandbox, wire: Wire) -> None:
    tokens = connected(amazon, wire, SELLER)
    amazon.revoke(SELLER, "SP-API")
    with pytest.raises(GrantRefused) as refusal:
        lwa.refresh(Channel.SP_API, tokens.refresh_token, wire=wire)
    assert "User may have revoked" in refusal.value.details


@pytest.mark.parametrize(
    ("behaviour", "who", "kind"),
    [
        ("throttled", SELLER, Throttled), ("throttled", "everything", Throttled),
        ("server-error", SELLER, AmazonDown), ("server-error", "everything", AmazonDown),
        ("forbidden", SELLER, AccessRefused), ("malformed", SELLER, Malformed),
        ("malformed", "everything", Malformed),
    ],
)  # fmt: skip
def test_trouble_at_amazon_is_one_error_of_the_tree(
    amazon: Sandbox, wire: Wire, behaviour: str, who: str, kind: type[Exception]
) -> None:
    selling = connected(amazon, wire, SELLER)
    advertised = advertising(amazon, wire, SELLER)
    amazon.behave(who, behaviour)
    for ask in (
        lambda: ads.profiles(Region.EU, advertised.access_token, wire=wire),
        lambda: ads.campaigns(Region.EU, advertised.access_token, "1", wire=wire),
        lambda: selling_partner.participations(Region.EU, selling.access_token, wire=wire),
    ):
        with pytest.raises(kind):
            ask()


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        ("secret-refused", ClientRefused), ("server-error", AmazonDown), ("malformed", Malformed),
    ],
)  # fmt: skip
def test_trouble_at_the_token_endpoint_is_never_the_customers(
    amazon: Sandbox, wire: Wire, behaviour: str, kind: type[Exception]
) -> None:
    tokens = connected(amazon, wire, SELLER)
    amazon.behave("everything", behaviour)
    with pytest.raises(kind):
        lwa.refresh(Channel.SP_API, tokens.refresh_token, wire=wire)


def test_a_lapsed_selling_partner_consent_is_refused(amazon: Sandbox, wire: Wire) -> None:
    tokens = connected(amazon, wire, SELLER)
    amazon.behave(SELLER, "lapsed")
    with pytest.raises(GrantRefused):
        lwa.refresh(Channel.SP_API, tokens.refresh_token, wire=wire)


@pytest.mark.parametrize(
    ("behaviour", "edited", "viewed"),
    [
        ("never-advertised", [], []),
        ("view-only", [], ["seller"] * 5),
        ("no-permission-on-one-profile", ["seller"] * 4, ["seller"] * 4),
        ("agency-profile-only", ["agency"] * 5, ["agency"] * 5),
    ],
)
def test_what_the_login_may_do_shows_in_its_profiles(
    amazon: Sandbox, wire: Wire, behaviour: str, edited: list[str], viewed: list[str]
) -> None:
    tokens = advertising(amazon, wire, SELLER)
    amazon.behave(SELLER, behaviour)
    for view_only, types in ((False, edited), (True, viewed)):
        found = ads.profiles(Region.EU, tokens.access_token, view_only=view_only, wire=wire)
        assert [each.type for each in found] == types


@pytest.mark.parametrize(
    ("behaviour", "serving"),
    [
        ("payment-failure", "ADVERTISER_PAYMENT_FAILURE"),
        ("suspended", "ADVERTISER_POLICING_SUSPENDED"),
    ],
)
def test_what_ails_the_business_shows_in_its_campaigns(
    amazon: Sandbox, wire: Wire, behaviour: str, serving: str
) -> None:
    tokens = advertising(amazon, wire, SELLER)
    profile = ads.profiles(Region.EU, tokens.access_token, wire=wire)[0]
    amazon.behave(SELLER, behaviour)
    page = ads.campaigns(Region.EU, tokens.access_token, profile.id, wire=wire)
    assert {each.serving_status for each in page.campaigns} == {serving}


def test_a_profile_in_another_region_or_lost_is_told_apart_by_words(
    amazon: Sandbox, wire: Wire
) -> None:
    tokens = advertising(amazon, wire, SELLER)
    profile = ads.profiles(Region.EU, tokens.access_token, wire=wire)[-1]
    with pytest.raises(AccessRefused) as elsewhere:
        ads.campaigns(Region.NA, tokens.access_token, profile.id, wire=wire)
    assert elsewhere.value.details == "No matching advertiser found for scope"
    amazon.behave(SELLER, "no-permission-on-one-profile")
    with pytest.raises(AccessRefused) as lost:
        ads.campaigns(Region.EU, tokens.access_token, profile.id, wire=wire)
    assert lost.value.details == "Not authorized to access scope"


def test_an_expired_access_token_is_refused(amazon: Sandbox, wire: Wire) -> None:
    tokens = advertising(amazon, wire, SELLER)
    amazon.clock(3601)
    with pytest.raises(AccessRefused):
        ads.profiles(Region.EU, tokens.access_token, wire=wire)
