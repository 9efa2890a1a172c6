"""Whatever Amazon answers in the middle of a sync: what is good arrives once, nobody is blamed."""

import json
from collections.abc import Sequence
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.amazon.wire import Wire
from dashboard.db.engine import reading, transaction
from dashboard.db.history import SyncRun
from dashboard.db.models import Stream
from dashboard.db.syncing import Campaign, Listing
from dashboard.diagnosis import Channel, Reason
from dashboard.marketplaces import marketplace
from dashboard.status import Headline
from dashboard.sync import syncs
from dashboard.sync.syncs import Outcome
from tests.right import everything_is_at_rest, statuses_are_true
from tests.sync.conftest import Fleet

TOKENS = {
    "access_token": "Atza|any", "refresh_token": "Atzr|any", "token_type": "bearer",
    "expires_in": 3600,
}  # fmt: skip


def says(*pages: Any) -> Wire:
    """A way to an Amazon that answers so, page by page, and the last page again and again."""
    left = list(pages)

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/auth/o2/token"):
            return httpx2.Response(200, json=TOKENS)
        page = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(page, Exception):
            raise page
        body = page if isinstance(page, bytes) else json.dumps(page).encode()
        return httpx2.Response(200, content=body)

    return Wire(httpx2.MockTransport(answer), sleep=lambda _: None)


def campaign(number: int, name: str = "A", **more: Any) -> dict[str, Any]:
    return {"campaignId": str(number), "name": name, "state": "ENABLED"} | more


def page(campaigns: Sequence[Any], token: str | None = None) -> dict[str, Any]:
    return {"campaigns": list(campaigns), "nextToken": token}


@pytest.fixture
def account_id(fleet: Fleet) -> int:
    return fleet.connect("tiny-toys", country="US")


def due(account_id: int, channel: Channel) -> int:
    with transaction() as session:
        mine = (Stream.account_id == account_id, Stream.channel == channel.value)
        stream = session.scalars(sa.select(Stream).where(*mine)).one()
        stream.due_at = clock.now()
        return stream.id


def arrived() -> list[str]:
    with reading() as session:
        return list(session.scalars(sa.select(Campaign.name).order_by(Campaign.campaign_id)))


CUT = json.dumps(page([campaign(3)])).encode()[:-20]


@pytest.mark.parametrize(
    "second",
    [
        CUT,
        b"",
        b"null",
        b"[1, 2",
        b"\xff\xfe\x00",
        b'{"campaigns": [{"campaignId": "3", "name": "\\ud800", "state": "ENABLED"}]}',
        b"[" * 100_000,
        page([campaign(3), 7]),
        page([campaign(3), campaign(-4)]),
        page([campaign(3, budget={"budget": -1})]),
        page([campaign(3, state=None) | {"campaignId": None}]),
        {"campaigns": [campaign(3)], "nextToken": "x" * 5000},
        page([campaign(3)], "2"),
        httpx2.RemoteProtocolError("peer closed connection without sending complete message body"),
        httpx2.ReadTimeout("no"),
    ],
    ids=[
        "cut off", "empty", "null", "no end", "no text", "half a character", "deep", "number",
        "negative id", "negative budget", "no id", "endless token", "pages in a circle",
        "connection closed", "silence",
    ],
)  # fmt: skip
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_answer_that_is_none_puts_the_sync_off_and_harms_nobody(
    fleet: Fleet, account_id: int, second: Any
) -> None:
    stream_id = due(account_id, Channel.AAA)
    wire = says(page([campaign(1), campaign(2)], "2"), second)

    assert syncs.sync(stream_id, wire=wire) is Outcome.FAILED

    assert arrived()[:2] == ["A", "A"]
    with reading() as session:
        run = session.scalars(sa.select(SyncRun)).one()
        assert (run.outcome, run.reason) == ("failed", Reason.AMAZON_OUTAGE)
    assert fleet.account(account_id).headline == Headline.HEALTHY
    everything_is_at_rest()
    statuses_are_true()

    assert syncs.sync(due(account_id, Channel.AAA), wire=says(page([campaign(1)]))) == "succeeded"
    assert arrived() == ["A"], "the next sync drops what was there for a moment only"


def test_what_comes_twice_or_in_strange_letters_arrives_once_and_readable(
    fleet: Fleet, account_id: int
) -> None:
    odd = campaign(2, "B\x00\u202e\n" + "x" * 1000, state="draft", budget={"budget": 10**12})
    pages = [page([campaign(1), campaign(1, "Newer"), odd], "2"), page([campaign(1, "Newest")])]

    assert syncs.sync(due(account_id, Channel.AAA), wire=says(*pages)) is Outcome.SUCCEEDED

    assert arrived()[0] == "Newest"
    assert arrived()[1].startswith("B xx")
    assert len(arrived()[1]) <= 300
    statuses_are_true()


def test_stock_and_listings_that_repeat_themselves_are_one_product(
    fleet: Fleet, account_id: int
) -> None:
    one = {"sellerSku": "S1", "asin": "B01", "productName": "A", "totalQuantity": 5}
    stock = {"payload": {"inventorySummaries": [one, one | {"totalQuantity": 6}]}}
    place = marketplace("US").id
    told = {"sku": "S1", "summaries": [{"marketplaceId": place, "asin": "B01", "itemName": "New"}]}
    listings = {"numberOfResults": 2, "items": [told, told, told | {"sku": ""}]}

    outcome = syncs.sync(due(account_id, Channel.SP_API), wire=says(stock, listings))

    assert outcome is Outcome.SUCCEEDED
    with reading() as session:
        listing = session.scalars(sa.select(Listing)).one()
        assert (listing.sku, listing.name, listing.quantity) == ("S1", "New", 6)
