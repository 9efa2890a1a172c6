"""Choosing accounts: widgets bound to the address, so that a copied link shows the same."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from dashboard.db import search
from dashboard.db.counts import UNASSIGNED
from dashboard.diagnosis import Actor, playbook
from dashboard.marketplaces import Region, by_country
from dashboard.queries import accounts
from dashboard.queries.choice import Choice, Sort
from dashboard.status import AccountType, AgeBand, ChannelStatus, Headline
from dashboard.ui.frame import just_arrived
from dashboard.ui.read import read

GROUPS: Final = ("organization", "region", "marketplace", "headline")
NOBODY: Final = "Unassigned"
LONGEST: Final = 200
"""Characters of a search that are looked at."""

LABELS: Final = {
    "region": "Region",
    "marketplace": "Marketplace",
    "headline": "Status",
    "actor": "Who acts",
    "aaa": "AAA",
    "sp_api": "SP-API",
    "age": "Sync age",
    "reason": "Reason",
    "type": "Account type",
    "strategist": "Strategist",
}
"""Every filter by its parameter in the address, in the order in which they are shown."""
_WIDTHS: Final = {"region": 130, "marketplace": 135, "headline": 140, "actor": 120}
"""Pixels of the filters that are most used; the others stand behind "More"."""
_COLUMNS: Final = {"aaa": "aaa_status", "sp_api": "sp_api_status", "age": "age_band"}
"""Filters whose column has another name than their parameter."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which accounts are chosen; ``said`` is the same in the words of the address.

    In the choice, order and page are still the usual ones.
    """

    choice: Choice
    said: Mapping[str, Any]


def choose() -> Chosen:
    """Show the filters, and say what they, and the address, choose."""
    _forget_what_a_link_leaves_out()
    options = _options()
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        typed = st.text_input(
            "Search", key="search", bind="query-params", on_change=first_page,
            placeholder="Search name, id, e-mail", icon=":material/search:",
            label_visibility="collapsed", width=180,
        )  # fmt: skip
        chosen = {name: _filter(name, options, _WIDTHS[name]) for name in _WIDTHS}
        others = [name for name in LABELS if name not in _WIDTHS]
        in_use = sum(map(_is_in_use, others))
        label = f"More ({in_use})" if in_use else "More"
        with st.popover(label, icon=":material/tune:", key="more"), st.grid(2):
            chosen |= {name: _filter(name, options) for name in others}
        said: dict[str, Any] = {name: chosen[name] for name in LABELS if chosen[name]}
        words = " ".join(typed.split())[:LONGEST]
        if search.terms(words):
            said = {"search": words} | said
    return Chosen(_choice(said, options), said)


def arrange() -> tuple[str | None, Sort]:
    """Show how the accounts can be arranged: by what they are grouped (or not), and their order."""
    group = st.selectbox(
        "Group by", GROUPS, index=None, key="group", bind="query-params", on_change=first_page,
        placeholder="Group by", label_visibility="collapsed", width=150,
    )  # fmt: skip
    sort = st.selectbox(
        "Sort by", [each.value for each in Sort], key="sort", bind="query-params",
        on_change=first_page, disabled=group is not None, label_visibility="collapsed",
        icon=":material/sort:", width=170,
    )  # fmt: skip
    return group, Sort(sort)


def first_page() -> None:
    """Go back to the first page: what was on another is somewhere else now."""
    st.session_state["page"] = 1


def clear() -> None:
    """Take every filter away."""
    kept = ("group", "sort")
    st.session_state.update({name: each for name, each in _bare().items() if name not in kept})


def only(name: str, value: str) -> None:
    """Show the accounts of one group."""
    st.session_state[name] = [value]
    st.session_state["group"] = None
    first_page()


def strategist_label(strategist_id: int) -> str | None:
    """How the filter calls a strategist; ``None`` for whoever looks after no account."""
    names = _options()["strategist"]
    return next((name for name, each in names.items() if each == strategist_id), None)


def _forget_what_a_link_leaves_out() -> None:
    """Let a link that chooses mean only what it says.

    Streamlit keeps what was chosen here for whoever comes back; it would narrow the link further.
    """
    bare = _bare()
    if just_arrived() and any(name in st.query_params for name in bare):
        for name, value in bare.items():
            if name in st.session_state and name not in st.query_params:
                st.session_state[name] = value


def _bare() -> dict[str, Any]:
    """What each parameter is when it is not in the address."""
    rest = {"search": "", "group": None, "sort": Sort.ORGANIZATION.value, "page": 1}
    return {name: [] for name in LABELS} | rest


def people() -> dict[str, int]:
    """The ids of those who look after accounts, by the word for them in the address."""
    known = read(accounts.strategists)
    shared = Counter(name for _, name in known)
    # People of one name are told apart by their number, as in the links of digests.
    return {
        f"{name} ({staff_id})" if shared[name] > 1 or name == NOBODY else name: staff_id
        for staff_id, name in known
    }


def _options() -> Mapping[str, Mapping[str, Any]]:
    """The values of each filter by the word for them in the address."""
    return {
        "region": {each.value: each.value for each in Region},
        "marketplace": {code: each.id for code, each in by_country().items()},
        "headline": {each.value: each.value for each in Headline},
        "actor": {each.value: each.value for each in Actor},
        "aaa": {each.value: each.value for each in ChannelStatus},
        "sp_api": {each.value: each.value for each in ChannelStatus},
        "age": {each.value: each.value for each in AgeBand},
        "reason": {each.title: reason.value for reason, each in playbook().items()},
        "type": {each.value: each.value for each in AccountType},
        "strategist": people() | {NOBODY: UNASSIGNED},
    }


def _filter(
    name: str, options: Mapping[str, Mapping[str, Any]], width: int | None = None
) -> Sequence[str]:
    """Show one filter; what is chosen, in the words of the address."""
    label = LABELS[name]
    return st.multiselect(
        label,
        list(options[name]),
        key=name,
        bind="query-params",
        on_change=first_page,
        placeholder=label if width else "Any",
        label_visibility="collapsed" if width else "visible",
        width=width or "stretch",
    )


def _is_in_use(name: str) -> bool:
    """Whether a filter is set, also before its widget has read the address."""
    return bool(st.session_state.get(name, name in st.query_params))


def _choice(said: Mapping[str, Any], options: Mapping[str, Mapping[str, Any]]) -> Choice:
    values: dict[str, Any] = {
        _COLUMNS.get(name, name): tuple(options[name][word] for word in words)
        for name, words in said.items()
        if name != "search"
    }
    return Choice(search=said.get("search", ""), **values)
