"""The dialog in which rows become a file to download."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st
from sqlalchemy.orm import Session

from dashboard.actions import exports
from dashboard.actions.exports import Exported, Kind
from dashboard.db.engine import reading
from dashboard.exports import EXCEL_ROWS
from dashboard.roles import Permission, Staff
from dashboard.ui.frame import acting

MADE: Final = "export_made"


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be made a file.

    ``noun`` names the rows in the plural, ``said`` tells which they are. ``rows`` reads them: cells
    in the order of ``columns``. ``filters`` are kept in the history. ``at_most`` is about how many
    rows there are, where that is known.
    """

    noun: str
    said: str
    columns: Sequence[str]
    rows: Callable[[Session], Iterable[Sequence[object]]]
    filters: Mapping[str, Any]
    at_most: int | None = None


def button(offer: Offer) -> None:
    """Show the button that opens the dialog."""
    if st.button("Export", icon=":material/download:", key="export"):
        st.session_state.pop(MADE, None)
        _dialog(offer)


@st.dialog("Export", icon=":material/download:")
def _dialog(offer: Offer) -> None:
    st.markdown(offer.said)
    st.caption(
        f"Excel holds at most {EXCEL_ROWS:,} rows. Large files take a few minutes: keep this open."
    )
    with st.container(horizontal=True):
        for kind, label in ((Kind.CSV, "Make a CSV file"), (Kind.EXCEL, "Make an Excel file")):
            if st.button(label, key=f"export_{kind}"):
                st.session_state.pop(MADE, None)
                with acting(Permission.EXPORT) as staff:
                    st.session_state[MADE] = _make(staff, offer, kind)
    made: Exported | None = st.session_state.get(MADE)
    if made is not None:
        st.download_button(
            f"Download {made.rows:,} {offer.noun} ({_size(made.size)})",
            lambda: made.file,
            made.name,
            key="export_download",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
        )


def _make(staff: Staff, offer: Offer, kind: Kind) -> Exported:
    told = st.empty()

    def show(rows: int) -> None:
        words = f"{rows:,} {offer.noun} written"
        if offer.at_most:
            told.progress(min(rows / offer.at_most, 1.0), text=words)
        else:
            told.caption(words)

    show(0)
    with reading() as session:
        made = exports.export(
            staff,
            offer.noun,
            kind,
            offer.columns,
            offer.rows(session),
            filters=offer.filters,
            on_progress=show,
        )
    told.empty()
    return made


def _size(length: int) -> str:
    return f"{length / 1e6:,.1f} MB" if length > 100_000 else f"{max(length // 1000, 1)} kB"
