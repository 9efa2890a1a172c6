"""Incidents in words: a banner while one is open, whom it touches, and those that were."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import clock
from dashboard.diagnosis import Reason, playbook
from dashboard.marketplaces import Region
from dashboard.queries import incidents
from dashboard.queries.incidents import Going
from dashboard.status import WAITING, Headline
from dashboard.ui import links, looks, times
from dashboard.ui.read import read

WHAT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AccessRefused": "Amazon refuses calls although the consents are good",
        "AmazonDown": "Amazon answers with errors, or not at all",
        "Malformed": "Amazon's answers cannot be read",
        "GrantRefused": "Amazon refuses the consents of many customers at once",
        "ClientRefused": "Amazon refuses our own credentials",
        "AmazonError": "Amazon refuses the way we ask",
        "SealBroken": "Stored consents cannot be opened with our keys",
    }
)
"""What each class of error means when many have it."""
ASKED: Final = "There is nothing to ask of customers: no mail about reconnecting goes out to them."
WE_WAIT: Final = (
    "**What we do:** we look at a few of these connections every minute. When several work again, "
    "all accounts are checked and recover by themselves."
)


def banner() -> None:
    """Show what is going on, while something is: what, where, how many, since when, what we do."""
    going = sorted(read(incidents.going_on), key=_kind)
    for (ours, failure), some in groupby(going, key=_kind):
        title = Headline.OUR_FIX if ours else Headline.AMAZON_INCIDENT
        what = looks.plain(WHAT.get(failure, failure))
        said = [f"**{title}: {what}**", *_lines(some), _doing(failure, ours=ours)]
        show = st.error if ours else st.warning
        show("\n".join(said), icon=looks.look(title).icon)


def about(account_id: int, headline: str) -> None:
    """Show on an account that waits for Amazon or for us which incident that is."""
    if headline not in WAITING:
        return
    going = read(incidents.of_account, account_id)
    if not going:
        st.info(
            "No incident is open here any more: the account is looked at again soon, and recovers "
            "by itself if all is well.",
            icon=":material/hourglass_bottom:",
        )
        return
    said = [
        f"**{looks.plain(WHAT.get(failure, failure))}**: "
        + looks.plain(", ".join(_place(each) for each in some))
        for (_, failure), some in groupby(sorted(going, key=_kind), key=_kind)
    ]
    st.info(f"Part of an incident. {'. '.join(said)}. {ASKED}", icon=looks.look(headline).icon)
    links.overview().show("What is going on", icon=":material/monitoring:")


def history(found: pd.DataFrame) -> None:
    """Show the newest incidents, open ones included.

    Args:
        found: with the columns of ``queries.incidents.HISTORY``.
    """
    if found.empty:
        st.caption("There has been no incident.")
        return
    rows = [_row(each) for each in found.itertuples(index=False)]
    st.table(
        pd.DataFrame(rows), border="horizontal", hide_index=True, alt="Incidents, newest first"
    )


def _row(row: Any) -> dict[str, str]:
    over = not pd.isna(row.closed_at)
    said = {
        "Since": times.short(row.opened_at),
        "What": WHAT.get(row.failure, row.failure),
        "Where": f"{row.channel} in {Region(row.region).words}",
        "Whose": "Ours" if row.ours else "Amazon's",
        "Lasted": clock.spoken(row.closed_at - row.opened_at) if over else "still open",
        "Customers": f"{row.customers:,}",
        "Share of checks": f"{row.share:.0%}",
    }
    return {name: looks.plain(value) for name, value in said.items()}


def _kind(going: Going) -> tuple[bool, str]:
    return going.ours, going.failure


def _lines(some: Iterable[Going]) -> list[str]:
    return ["", *(f"- {looks.plain(_where(each))}" for each in some), ""]


def _where(going: Going) -> str:
    """One incident: where, since when, and how many have it."""
    customers = f"{going.customers:,} customer{'' if going.customers == 1 else 's'}"
    accounts = f"{going.accounts:,} account{'' if going.accounts == 1 else 's'}"
    if not going.accounts:
        accounts = "no account at this moment"
    since = times.short(going.opened_at)
    return (
        f"{_place(going)} (since {since}): {customers}, {accounts}, "
        f"up to {going.share:.0%} of checks"
    )


def _place(going: Going) -> str:
    lasting = clock.spoken(clock.now() - going.opened_at)
    return f"{going.channel} in {Region(going.region).words} for {lasting}"


def _doing(failure: str, *, ours: bool) -> str:
    if not ours:
        return f"{WE_WAIT} {ASKED}"
    reason = Reason.OUR_SECRET_REFUSED if failure == "ClientRefused" else Reason.OUR_FAULT
    return f"**What we do:** {looks.plain(playbook()[reason].fix)} {ASKED}"
