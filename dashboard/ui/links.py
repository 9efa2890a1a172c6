"""Where things are: pages with their parameters, for buttons, page links and table cells."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import urlencode

import streamlit as st

from dashboard.diagnosis import Reason, playbook


@dataclass(frozen=True, slots=True)
class Link:
    """A page of the app with query parameters; ``path`` is how its address begins."""

    page: str
    path: str
    query: dict[str, list[str]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The address relative to the app, for table cells: ``/account?id=7``."""
        return f"{self.path}?{urlencode(self.query, doseq=True)}" if self.query else self.path

    def show(self, label: str, *, icon: str | None = None, help: str | None = None) -> None:  # noqa: A002
        """Show it as a link."""
        st.page_link(self.page, label=label, icon=icon, help=help, query_params=self.query)

    def go(self) -> NoReturn:
        """Go there now; the rest of the page does not run."""
        st.switch_page(self.page, query_params=self.query)


def overview() -> Link:
    """The overview."""
    return Link("../pages/overview.py", "/")


def accounts(**filters: object) -> Link:
    """The list of accounts under these filters: one value or several each; empty ones are left out.

    Names and values are those of the page's URL: ``accounts(headline=["Stuck", "Late"])``. A reason
    is given as such, and stands there by its title; a strategist by the name in the filter.
    """
    return Link("../pages/accounts.py", "/accounts", _query(filters))


def account(id: int) -> Link:  # noqa: A002 - the name in the URL
    """The page of one account."""
    return Link("../pages/account.py", "/account", _query({"id": id}))


def organization(id: int) -> Link:  # noqa: A002 - the name in the URL
    """The page of one organization."""
    return Link("../pages/organization.py", "/organization", _query({"id": id}))


def triage(**filters: object) -> Link:
    """The triage queue: ``triage(view="Late")``, ``triage(case=7)``."""
    return Link("../pages/triage.py", "/triage", _query(filters))


def activity(**filters: object) -> Link:
    """The history under these filters."""
    return Link("../pages/activity.py", "/activity", _query(filters))


def renewals(**filters: object) -> Link:
    """What lapses when, under these filters."""
    return Link("../pages/renewals.py", "/renewals", _query(filters))


def import_accounts() -> Link:
    """Where a file of accounts is imported."""
    return Link("../pages/import_accounts.py", "/import")


def _query(parameters: dict[str, object]) -> dict[str, list[str]]:
    """Parameters as Streamlit's widgets read them: a list is the name several times."""
    query = {}
    for name, value in parameters.items():
        several = isinstance(value, Iterable) and not isinstance(value, str)
        values = [_word(each) for each in (value if several else [value])]  # type: ignore[attr-defined]
        if kept := [each for each in values if each and each != "None"]:
            query[name] = kept
    return query


def _word(value: object) -> str:
    return playbook()[value].title if isinstance(value, Reason) else str(value)
