"""Every page of the app: its file, address and place in the menu."""

from dataclasses import dataclass
from typing import Final

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard.roles import Permission, Staff
from dashboard.settings import Mode, settings


@dataclass(frozen=True, slots=True)
class Place:
    """A page. One without ``section`` is reached by links only, not from the menu.

    ``permission`` decides whether the menu offers the page; the page itself refuses those who lack
    it. Pages for ``demos`` are not offered in production.
    """

    file: str
    path: str
    title: str
    icon: str
    section: str = ""
    permission: Permission = Permission.VIEW
    demos: bool = False


PLACES: Final = (
    Place("overview.py", "", "Overview", ":material/monitoring:", "Accounts"),
    Place("accounts.py", "accounts", "Accounts", ":material/table_rows:", "Accounts"),
    Place("triage.py", "triage", "Triage", ":material/inbox:", "Accounts"),
    Place("organization.py", "organization", "Organization", ":material/apartment:"),
    Place("account.py", "account", "Account", ":material/storefront:"),
    Place("renewals.py", "renewals", "Renewals", ":material/event_repeat:", "Accounts"),
    Place("metrics.py", "metrics", "Metrics", ":material/bar_chart:", "History"),
    Place("activity.py", "activity", "Activity", ":material/history:", "History"),
    Place("system.py", "system", "System", ":material/memory:", "History"),
    Place(
        "import_accounts.py", "import", "Import", ":material/upload_file:", "Manage",
        Permission.IMPORT,
    ),
    Place(
        "staff.py", "staff", "Staff", ":material/badge:", "Manage", Permission.MANAGE_STAFF,
    ),
    Place(
        "alerts.py", "alerts", "Alerts", ":material/notifications:", "Manage",
        Permission.MANAGE_ALERTS,
    ),
    Place(
        "practice.py", "practice", "Practice", ":material/school:", "Manage",
        Permission.PRACTISE, demos=True,
    ),
)  # fmt: skip


def pages(staff: Staff | None) -> dict[str, list[StreamlitPage]]:
    """The pages by section of the menu, showing those that a person may see.

    Every page is listed, so that its address works and refuses in words; ``None`` shows none.
    """
    sections: dict[str, list[StreamlitPage]] = {}
    for place in PLACES:
        offered = staff is not None and bool(place.section) and staff.can(place.permission)
        offered = offered and (not place.demos or settings().mode is Mode.DEMO)
        sections.setdefault(place.section or PLACES[0].section, []).append(
            st.Page(
                f"../pages/{place.file}",
                title=place.title,
                icon=place.icon,
                url_path=place.path,
                default=not place.path,
                visibility="visible" if offered else "hidden",
            )
        )
    return sections
