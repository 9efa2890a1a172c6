"""What an import page shows: the columns a file must have, and what a file would do or did."""

from dataclasses import dataclass
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.actions.imports import OPTIONAL, Report, refused_csv
from dashboard.settings import ROOT
from dashboard.ui import looks

SAMPLE: Final = ROOT / "data" / "sample-import.csv"
MOST_SHOWN: Final = 1_000
"""Refused rows shown on screen; the file to download holds more."""

NARROW: Final = {"Line": st.column_config.NumberColumn(width=80, format="localized")}

COLUMNS: Final = {
    "organization_id": "Your own id of the organization",
    "organization": "Its name, the same in all of its rows",
    "strategist_email": "Its Data Strategist",
    "contact_email": "Its contacts, with ; between them; contacts are only ever added",
    "account_id": "Your own id of the account, once in the file",
    "account_name": "Its name",
    "type": "seller or vendor",
    "region": "NA, EU or FE",
    "marketplaces": "Country codes with ; between them, such as DE;FR, all of the region",
    "merchant_id": "Amazon's id of the seller",
    "aaa_status": "Not connected, At Amazon, Connected, Needs reconnect, Needs permission, Paused "
    "or Unknown",
    "aaa_since": "When that status began",
    "sp_api_status": "As aaa_status, or Expiring; for vendors also Not required",
    "sp_api_since": "When that status began",
    "last_aaa_sync": "When AAA data last came in",
    "last_sp_api_sync": "When SP-API data last came in",
    "setup_completed_at": "When the first sync was finished",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What an uploaded file would do or, once it is ``written``, did."""

    file_id: str
    report: Report
    written: bool = False


def columns() -> None:
    """Explain what a file must look like, with one to start from."""
    st.markdown(
        "Accounts come in as **CSV in UTF-8**: one line per account, the column names first. You "
        "see what would change before anything is written, and importing a file again changes "
        "nothing."
    )
    st.download_button(
        "Download a sample",
        SAMPLE.read_bytes,
        SAMPLE.name,
        "text/csv",
        key="sample",
        icon=":material/download:",
        on_click="ignore",
    )
    frame = pd.DataFrame(
        [(name, name not in OPTIONAL, meaning) for name, meaning in COLUMNS.items()],
        columns=["Column", "Needed", "Meaning"],
    )
    st.dataframe(frame, hide_index=True, key="columns", height="content")
    st.caption(
        "Dates are 2026-11-23 or 2026-11-23T09:30:00Z; without a time zone they are UTC. An empty "
        "cell leaves what is known as it is. Other columns are ignored."
    )


def rows(number: int) -> str:
    """Say how many rows."""
    return "1 row" if number == 1 else f"{number:,} rows"


def outcome(report: Report) -> None:
    """Show how many rows did, or would do, what."""
    counts = {
        "New": report.created,
        "Changed": report.changed,
        "Unchanged": report.unchanged,
        "Refused": report.refused,
    }
    with st.container(horizontal=True, key="counts"):
        for label, number in counts.items():
            st.metric(label, f"{number:,}", border=True, width=150)
    if notes := _notes(report):
        st.caption("  \n".join(looks.plain(sentence) for sentence in notes))


def _notes(report: Report) -> list[str]:
    found = []
    if report.organizations_created or report.organizations_changed:
        found.append(
            f"Organizations: {report.organizations_created:,} new, "
            f"{report.organizations_changed:,} changed."
        )
    if report.strategists_added:
        found.append(
            f"New strategists: {report.strategists_added:,}. They can be given accounts, but an "
            "admin must let them sign in."
        )
    if report.outdated:
        found.append(
            f"Older news: {report.outdated:,}. Switchboard knows something newer of a channel of "
            "these rows, and leaves that channel as it is."
        )
    if report.ignored:
        found.append(f"Unknown columns, ignored: {', '.join(report.ignored[:20])}.")
    return found


def changes(report: Report) -> None:
    """Show some of the rows that would make or change an account."""
    if not report.samples:
        return
    with st.expander(f"Rows that change something (the first {len(report.samples)})"):
        frame = pd.DataFrame(
            [
                (each.line, each.account_id, ", ".join(each.columns) or "new account")
                for each in report.samples
            ],
            columns=["Line", "Account", "Changes"],
        )
        st.dataframe(frame, hide_index=True, key="changes", column_config=NARROW)


def refusals(report: Report) -> None:
    """Name the refused rows, and offer them as a file."""
    if not report.refused:
        return
    st.subheader("Refused rows", anchor=False)
    frame = pd.DataFrame(
        [
            (row.line, problem.column or "whole row", problem.reason)
            for row in report.refusals[:MOST_SHOWN]
            for problem in row.problems
        ],
        columns=["Line", "Column", "Reason"],
    )
    st.dataframe(frame, hide_index=True, key="refusals", column_config=NARROW)
    kept = len(report.refusals)
    if report.refused > MOST_SHOWN:
        st.caption(f"The first {MOST_SHOWN:,} are shown; the file holds the first {kept:,}.")
    st.download_button(
        f"Download refused rows ({kept:,})",
        lambda: refused_csv(report),
        f"refused-{report.file.removesuffix('.csv')}.csv",
        "text/csv",
        key="refused",
        icon=":material/download:",
        on_click="ignore",
        help="With line, column and reason. Mend it and import it: those columns are ignored.",
    )
