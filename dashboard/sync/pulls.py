"""What is asked of Amazon to sync a stream: all of one marketplace through one channel.

Pages are handed on to be stored as they come. Nothing is kept open meanwhile.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeVar

from pydantic import SecretStr

from dashboard import clock, signals
from dashboard.actions import arriving
from dashboard.actions.claims import Claim
from dashboard.amazon import ads, selling_partner
from dashboard.amazon.faults import unreadable
from dashboard.amazon.wire import Wire
from dashboard.db.syncing import Campaign, Listing
from dashboard.diagnosis import Channel
from dashboard.errors import AccessRefused, AmazonError, Throttled
from dashboard.status import AccountType
from dashboard.sync import buckets, tokens
from dashboard.sync.buckets import Operation

PAGES: Final = 5000
"""Pages of one pull: more than any business has, so that a pull ends whatever Amazon answers."""
PAGEABLE: Final = 1000
"""How many listings can be paged through (Listings Items API, ``searchListingsItems``)."""

Told = TypeVar("Told")


class Stopped(Exception):
    """The worker is told to stop."""


@dataclass(frozen=True, slots=True)
class Pull:
    """One sync on its way to Amazon."""

    claimed: Claim
    wire: Wire | None
    stopping: Callable[[], bool]

    def ask(self, call: Callable[[SecretStr], Told], operation: Operation | None = None) -> Told:
        """Make one call, at a rate that Amazon allows; a token that is refused is renewed once.

        Raises:
            Stopped: the worker is to stop.
            AmazonError: of its tree; ``Throttled`` also where too many workers call.
        """
        if self.stopping():
            raise Stopped
        grant_id = self.claimed.grant_id
        access = tokens.access(grant_id, wire=self.wire)
        # Last, so that as little time as possible is between our count of calls and Amazon's.
        if operation is not None:
            self._wait(operation)
        try:
            return call(access.token)
        except AccessRefused as error:
            if not signals.token_refused(error):
                raise
            renewed = tokens.access(grant_id, refused=access, wire=self.wire)
            return call(renewed.token)
        except Throttled as error:
            if operation is not None:
                buckets.mind(error, operation, self.claimed.region, self.claimed.identity)
            raise

    def _wait(self, operation: Operation) -> None:
        until = buckets.wait(operation, self.claimed.region, self.claimed.identity)
        if until is not None:
            seconds = max(0.0, (until - clock.now()).total_seconds())
            raise Throttled("Amazon's rate limit is used up for now.", retry_after=seconds)


def _pages(
    first: Told, token_of: Callable[[Told], str], more: Callable[[str], Told]
) -> Iterator[Told]:
    """All pages, however many; one that is said to follow itself is no answer.

    Raises:
        Malformed: the pages do not end.
    """
    page, seen = first, set[str]()
    yield page
    while token := token_of(page):
        if token in seen or len(seen) >= PAGES:
            raise unreadable()
        seen.add(token)
        page = more(token)
        yield page


def _advertising(pull: Pull) -> None:
    """All campaigns of the marketplace's profile (Sponsored Products 3.0)."""
    claimed = pull.claimed
    profile_id = claimed.profile_id or _profile(pull)

    def page(token: str = "") -> ads.CampaignPage:
        return pull.ask(
            lambda access: ads.campaigns(
                claimed.region, access, profile_id, next_token=token, wire=pull.wire
            )
        )

    for each in _pages(page(), lambda page: page.next_token, page):
        arriving.campaigns(claimed, each.campaigns)
    arriving.forget(claimed, Campaign)


def _profile(pull: Pull) -> str:
    """The profile of a marketplace that the account was only said to have.

    Raises:
        AccessRefused: the login reaches none; a check says why.
    """
    claimed = pull.claimed
    listed = pull.ask(lambda access: ads.profiles(claimed.region, access, wire=pull.wire))
    wanted = signals.Wanted(claimed.type, claimed.region, claimed.merchant_id)
    for each in signals.offered(wanted, listed):
        if each.marketplace_id == claimed.marketplace_id:
            return each.id
    raise AccessRefused("The login reaches no profile of this marketplace: check the connection.")


def _selling(pull: Pull) -> None:
    """A seller's stock, then the listings: what has neither has vanished."""
    claimed = pull.claimed
    _stock(pull)
    arriving.forget_stock(claimed)

    def page(token: str = "") -> selling_partner.ListingPage:
        return pull.ask(
            lambda access: selling_partner.listings(
                claimed.region, access, _seller_id(claimed), claimed.marketplace_id, token,
                wire=pull.wire,
            ),
            Operation.LISTINGS,
        )  # fmt: skip

    first = page()
    for each in _pages(first, lambda page: page.next_token, page):
        arriving.listings(claimed, each.items)
    if first.total <= PAGEABLE:
        # Of more than that Amazon shows some only, which says nothing about the others.
        arriving.forget(claimed, Listing)


def _stock(pull: Pull) -> None:
    """A seller's stock; once from the beginning again, as its pages' tokens die in 30 seconds."""
    try:
        _stock_pages(pull)
    except AmazonError as error:
        if error.status != 400:
            raise
        _stock_pages(pull)


def _stock_pages(pull: Pull) -> None:
    claimed = pull.claimed

    def page(token: str = "") -> selling_partner.InventoryPage:
        return pull.ask(
            lambda access: selling_partner.inventory(
                claimed.region, access, claimed.marketplace_id, token, wire=pull.wire
            ),
            Operation.INVENTORY,
        )

    for each in _pages(page(), lambda page: page.next_token, page):
        arriving.stock(claimed, each.items)


def _vending(pull: Pull) -> None:
    """A vendor's orders only prove that Amazon still answers: nothing of them is kept."""
    since = clock.now() - selling_partner.ORDERED
    pull.ask(
        lambda access: selling_partner.purchase_orders(
            pull.claimed.region, access, since, wire=pull.wire
        ),
        Operation.PURCHASE_ORDERS,
    )


def _seller_id(claimed: Claim) -> str:
    """Who sells: whoever consented, unless that is a name of our own (with a colon)."""
    return claimed.merchant_id or "" if ":" in claimed.identity else claimed.identity


PULLS: Final[Mapping[tuple[Channel, AccountType], Callable[[Pull], None]]] = MappingProxyType(
    {
        (Channel.AAA, AccountType.SELLER): _advertising,
        (Channel.AAA, AccountType.VENDOR): _advertising,
        (Channel.SP_API, AccountType.SELLER): _selling,
        (Channel.SP_API, AccountType.VENDOR): _vending,
    }
)
