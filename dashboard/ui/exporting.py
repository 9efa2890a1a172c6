"""What a file of accounts, or of history, holds."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

from dashboard.queries import accounts, activity
from dashboard.queries.accounts import LISTING
from dashboard.queries.activity import EVENTS, Wanted
from dashboard.queries.choice import Sort
from dashboard.ui import files, tables, timeline
from dashboard.ui.files import Offer
from dashboard.ui.filters import Chosen

ACCOUNTS: Final = {
    "organization": "Organization",
    "account": "Account",
    "account_key": "Account id",
    "type": "Type",
    "region": "Region",
    "marketplaces": "Marketplaces",
    "merchant_id": "Merchant id",
    "aaa_status": "AAA",
    "sp_api_status": "SP-API",
    "headline": "Status",
    "headline_since": "Status since (UTC)",
    "actor": "Who acts",
    "reason": "Reason",
    "reason_channel": "Channel concerned",
    "oldest_sync_at": "Oldest success (UTC)",
    "strategist": "Strategist",
}
"""The headings of a file of accounts, by column of the listing."""
HISTORY: Final = {
    "at": "When (UTC)",
    "kind": "What",
    "details": "Details",
    "who": "Who",
    "organization": "Organization",
    "organization_id": "Organization number",
    "account": "Account",
    "account_id": "Account number",
}
"""The headings of a file of history, by column of an event."""
MOST_EVENTS: Final = 1_000_000


def chosen_accounts(chosen: Chosen, sort: Sort, at_most: int) -> None:
    """Offer the chosen accounts as a file.

    Args:
        chosen: the accounts to export.
        sort: in this order.
        at_most: about how many there are, to say how far the file is.
    """
    choice = replace(chosen.choice, sort=sort)
    said = "All accounts, in the order of the list. Filters would narrow it."
    if chosen.said:
        said = "All accounts that match the filters, on every page, in the order of the list."
    files.button(
        Offer(
            noun="accounts",
            said=said,
            columns=[*ACCOUNTS.values()],
            rows=lambda session: _accounts(accounts.export(session, choice)),
            filters=chosen.said,
            at_most=at_most,
        )
    )


def chosen_events(wanted: Wanted) -> None:
    """Offer the chosen events, newest first, as a file; ``MOST_EVENTS`` of them at most."""
    filters = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(replace(wanted, before=None, after=None)).items()
        if value
    }
    which = "All events that match the filters" if filters else "All events"
    files.button(
        Offer(
            noun="events",
            said=f"{which}, on every page, newest first; at most {MOST_EVENTS:,}. A narrower "
            "period reaches older ones.",
            columns=[*HISTORY.values()],
            rows=lambda session: _events(islice(activity.export(session, wanted), MOST_EVENTS)),
            filters=filters,
        )
    )


def _accounts(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[object]]:
    """Rows of the listing in the words of the screen."""
    places = {name: place for place, name in enumerate(LISTING)}
    chosen = [places[name] for name in ACCOUNTS]
    words = {places["reason"]: tables.why, places["marketplaces"]: " ".join}
    for row in rows:
        yield [words[place](row[place]) if place in words else row[place] for place in chosen]


def _events(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[object]]:
    """Events in the words of the screen, with all their details."""
    for row in rows:
        event = dict(zip(EVENTS, row, strict=True))
        event["kind"] = timeline.name(event["kind"])
        event["details"] = timeline.told(event["details"], longest=None)
        yield [event[name] for name in HISTORY]
