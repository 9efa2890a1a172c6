"""What the Metrics page shows: view, period, cohorts and whose accounts; all in the address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.cohorts import Grain, Period, Span
from dashboard.db.counts import EVERYONE, UNASSIGNED
from dashboard.marketplaces import Region, by_country
from dashboard.queries.metrics.scope import Scope
from dashboard.status import AccountType
from dashboard.ui import filters
from dashboard.ui.frame import beside_title, just_arrived
from dashboard.ui.read import moment


class View(StrEnum):
    """What there is to see."""

    FUNNEL = "Funnel"
    TIMES = "Times"
    HEALTH = "Health"
    LOAD = "Load"
    REPLAY = "Replay"


WHOSE: Final = ("region", "marketplace", "type", "strategist")
USES: Final = {
    View.FUNNEL: ("period", "cohort", *WHOSE),
    View.TIMES: ("period", "cohort", *WHOSE),
    View.HEALTH: ("period", *WHOSE),
    View.LOAD: ("period",),
    View.REPLAY: WHOSE,
}
"""Which of the parameters each view asks for."""
BARE: Final = {
    "period": Span.LAST_MONTH.value,
    "cohort": Grain.MONTH.value.capitalize(),
    "region": None,
    "marketplace": None,
    "type": None,
    "strategist": None,
}
"""What each parameter is when it is not in the address."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is chosen; ``said`` is the same in the words of the address."""

    view: View
    span: Span
    grain: Grain
    scope: Scope
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def period(self) -> Period:
        """The days that are looked at."""
        return self.span.period(moment().date())

    @property
    def before(self) -> Period:
        """As many days right before them."""
        now = self.period
        return Period(now.first - (now.end - now.first), now.first)


def choose() -> tuple[Chosen, DeltaGenerator]:
    """Show view and filters; what they, and the address, say, and the row in which they stand."""
    _forget_what_a_link_leaves_out()
    view = View(
        beside_title().segmented_control(
            "View", [each.value for each in View], key="view", bind="query-params", required=True,
            default=next(iter(View)).value, label_visibility="collapsed",
        )
    )  # fmt: skip
    people = filters.people() | {filters.NOBODY: UNASSIGNED}
    places = {code: each.id for code, each in by_country().items()}
    row = st.container(horizontal=True, vertical_alignment="bottom", key="filters")
    with row:
        span = _one("period", "Period", [each.value for each in Span], 140, view)
        grain = _one("cohort", "Cohorts by", [each.value.capitalize() for each in Grain], 110, view)
        region = _any("region", "Region", [each.value for each in Region], 110, view)
        country = _any("marketplace", "Marketplace", places, 130, view)
        kind = _any("type", "Type", [each.value for each in AccountType], 110, view)
        person = _any("strategist", "Strategist", people, 160, view)
    scope = Scope(
        people.get(person or "", EVERYONE), places.get(country or "", ""), region or "", kind or ""
    )
    said = {"period": span, "cohort": grain, "region": region, "marketplace": country}
    said |= {"type": kind, "strategist": person}
    words = {name: value for name, value in said.items() if value and value != BARE[name]}
    return Chosen(view, Span(span), Grain(grain.lower()), scope, words), row


def _one(name: str, label: str, options: Iterable[str], width: int, view: View) -> str:
    """A choice that is always made; one the view does not ask for keeps its value, out of sight."""
    if name not in USES[view]:
        return str(BARE[name])
    return str(
        st.selectbox(
            label, list(options), key=name, bind="query-params", width=width,
            index=list(options).index(str(BARE[name])), label_visibility="collapsed",
        )
    )  # fmt: skip


def _any(name: str, label: str, options: Iterable[str], width: int, view: View) -> str | None:
    """A choice that need not be made, and is not where the view does not ask for it."""
    if name not in USES[view]:
        return None
    return st.selectbox(
        label, list(options), index=None, key=name, bind="query-params", placeholder=label,
        label_visibility="collapsed", width=width,
    )  # fmt: skip


def _forget_what_a_link_leaves_out() -> None:
    """Let a link that chooses mean only what it says, whatever was chosen here before."""
    known: dict[str, Any] = BARE | {"view": next(iter(View)).value}
    if just_arrived() and any(name in st.query_params for name in known):
        for name, value in known.items():
            if name in st.session_state and name not in st.query_params:
                st.session_state[name] = value
