"""Import: accounts from a CSV file, looked at before anything is written."""

from typing import Any, Final

import streamlit as st

from dashboard.actions import imports
from dashboard.roles import Permission, Staff
from dashboard.ui import importing, links
from dashboard.ui.frame import done, page
from dashboard.ui.importing import Seen

LARGEST: Final = 200
"""Megabytes of a file; the command line takes larger ones."""
SEEN: Final = "import_seen"
"""Where what came of the present file is kept, so that a click does not read it again."""


def look(staff: Staff, file: Any) -> Seen:
    seen: Seen | None = st.session_state.get(SEEN)
    if seen is not None and seen.file_id == file.file_id:
        return seen
    st.session_state.pop(SEEN, None)
    bar = st.progress(0.0)

    def show(share: float) -> None:
        bar.progress(share, text=f"Reading: {share:.0%}. Nothing is written yet.")

    seen = Seen(file.file_id, imports.preview(staff, file, show))
    bar.empty()
    st.session_state[SEEN] = seen
    return seen


def write(staff: Staff, file: Any, *, skip_refused: bool) -> None:
    bar = st.progress(0.0)

    def show(share: float) -> None:
        bar.progress(share, text=f"Importing: {share:.0%}. Leave this page open until it is done.")

    report = imports.run(staff, file, skip_refused, show)
    st.session_state[SEEN] = Seen(file.file_id, report, written=True)
    done(f"{importing.rows(report.rows - report.refused)} imported.")


with page("Import", permission=Permission.IMPORT) as staff:
    file = st.file_uploader(
        "File of accounts", type=["csv", "txt", "tsv"], max_upload_size=LARGEST, key="file"
    )
    if file is None:
        importing.columns()
        st.stop()
    seen = look(staff, file)
    report = seen.report
    good = report.rows - report.refused
    if seen.written:
        st.success(
            f"Done: {good:,} of {importing.rows(report.rows)} imported.",
            icon=":material/check_circle:",
        )
        links.accounts().show("See the accounts", icon=":material/table_rows:")
        importing.outcome(report)
        importing.refusals(report)
        st.stop()
    st.markdown(
        f"What importing {importing.rows(report.rows)} would do. **Nothing is written yet.**"
    )
    importing.outcome(report)
    importing.changes(report)
    importing.refusals(report)
    skip = False
    if report.refused and good:
        skip = st.toggle(f"Skip the refused rows and import the other {good:,}", key="skip")
    if not good:
        st.info("No row of this file can be imported.", icon=":material/block:")
    elif st.button(
        f"Import {importing.rows(good)}",
        type="primary",
        key="import",
        disabled=bool(report.refused) and not skip,
        help="Choose first to skip the refused rows." if report.refused and not skip else None,
    ):
        write(staff, file, skip_refused=skip)
