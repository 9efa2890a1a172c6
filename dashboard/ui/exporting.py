"""The dialog in which all chosen accounts become a file."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

import streamlit as st

from dashboard.actions import exports
from dashboard.actions.exports import Exported, Kind
from dashboard.db.engine import reading
from dashboard.exports import EXCEL_ROWS
from dashboard.queries import accounts
from dashboard.queries.accounts import LISTING
from dashboard.queries.choice import Sort
from dashboard.roles import Permission, Staff
from dashboard.ui import tables
from dashboard.ui.filters import Chosen
from dashboard.ui.frame import acting

COLUMNS: Final = {
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
"""The headings of the file, by column of the listing."""
MADE: Final = "export_made"


def button(chosen: Chosen, sort: Sort, at_most: int) -> None:
    """Show the button that opens the dialog.

    Args:
        chosen: the accounts to export.
        sort: in this order.
        at_most: about how many there are, to say how far the file is.
    """
    if st.button("Export", icon=":material/download:", key="export"):
        st.session_state.pop(MADE, None)
        _dialog(chosen, sort, at_most)


@st.dialog("Export accounts", icon=":material/download:")
def _dialog(chosen: Chosen, sort: Sort, at_most: int) -> None:
    st.markdown(
        "All accounts that match the filters, on every page, in the order of the list."
        if chosen.said
        else "All accounts, in the order of the list. Filters would narrow it."
    )
    st.caption(
        f"Excel holds at most {EXCEL_ROWS:,} rows. Large files take a few minutes: keep this open."
    )
    with st.container(horizontal=True):
        for kind, label in ((Kind.CSV, "Make a CSV file"), (Kind.EXCEL, "Make an Excel file")):
            if st.button(label, key=f"export_{kind}"):
                st.session_state.pop(MADE, None)
                with acting(Permission.EXPORT) as staff:
                    st.session_state[MADE] = _make(staff, chosen, sort, kind, at_most)
    made: Exported | None = st.session_state.get(MADE)
    if made is not None:
        st.download_button(
            f"Download {made.rows:,} accounts ({_size(made.size)})",
            lambda: made.file,
            made.name,
            key="export_download",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
        )


def _make(staff: Staff, chosen: Chosen, sort: Sort, kind: Kind, at_most: int) -> Exported:
    bar = st.progress(0.0, text="Reading accounts")

    def show(rows: int) -> None:
        bar.progress(min(rows / max(at_most, 1), 1.0), text=f"{rows:,} accounts written")

    with reading() as session:
        made = exports.export(
            staff,
            "accounts",
            kind,
            list(COLUMNS.values()),
            _cells(accounts.export(session, replace(chosen.choice, sort=sort))),
            filters=chosen.said,
            on_progress=show,
        )
    bar.empty()
    return made


def _cells(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[object]]:
    """Rows of the listing in the words of the screen."""
    places = {name: place for place, name in enumerate(LISTING)}
    chosen = [places[name] for name in COLUMNS]
    words = {places["reason"]: tables.why, places["marketplaces"]: " ".join}
    for row in rows:
        yield [words[place](row[place]) if place in words else row[place] for place in chosen]


def _size(length: int) -> str:
    return f"{length / 1e6:,.1f} MB" if length > 100_000 else f"{max(length // 1000, 1)} kB"
