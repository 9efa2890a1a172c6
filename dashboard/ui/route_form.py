"""The form of a route: for a new one, and to change one that is there."""

from datetime import time
from typing import Final
from zoneinfo import available_timezones

import streamlit as st
from pydantic import SecretStr

from dashboard import targets
from dashboard.actions.alerting import routes
from dashboard.actions.alerting.routes import Wish
from dashboard.alerts.rules import UNASSIGNED, WORTH_TELLING
from dashboard.db.engine import reading
from dashboard.marketplaces import Region
from dashboard.queries import accounts, alerting
from dashboard.queries.alerting import Asked
from dashboard.roles import Permission
from dashboard.ui import looks, times
from dashboard.ui.frame import acting, done, just_arrived
from dashboard.ui.read import read

OPEN: Final = "route_form"
"""Which route's form is open, from its button to its end."""
NEW: Final = 0
"""Stands for the route that is to be added."""
FIELDS: Final = (
    "route_name", "route_target", "route_headlines", "route_owners", "route_regions",
    "route_quiet_from", "route_quiet_until", "route_zone",
)  # fmt: skip
WHERE: Final = (
    "An e-mail address; the address of a webhook as Slack, Teams, Discord or Google Chat gives it; "
    "or one such as jsons://hooks.example.com/alerts. It is sealed, and not shown again."
)


def begin(route_id: int = NEW) -> None:
    """Open the form with the next run."""
    st.session_state[OPEN] = route_id


def show() -> None:
    """Show the form that is open, if one is."""
    if just_arrived():
        _close()
    route_id = st.session_state.get(OPEN)
    if route_id is not None:
        title = "Add a route" if route_id == NEW else "Change the route"
        st.dialog(title, width="small", on_dismiss=_close)(_ask)(route_id)


def _close() -> None:
    st.session_state.pop(OPEN, None)
    # What was typed holds a secret, and Streamlit would keep it for the next form.
    for each in FIELDS:
        st.session_state.pop(each, None)


def _ask(route_id: int) -> None:
    with acting(Permission.MANAGE_ALERTS) as me:
        known = None
        if route_id != NEW:
            # Past the cache: what is changed should be what is there.
            with reading() as session:
                known = alerting.route(session, route_id)
        with st.form("route", border=False):
            wish, target = _fields(known)
            if not st.form_submit_button("Save", type="primary", key="route_save"):
                return
        if known is None:
            routes.add(me, SecretStr(target), wish)
        else:
            routes.change(me, route_id, wish, SecretStr(target) if target.strip() else None)
        _close()
        done(f"{wish.name.strip()} is told of what happens from now on.")


def _fields(known: Asked | None) -> tuple[Wish, str]:
    """The fields of a form: what is wished, and the address that was typed."""
    name = st.text_input("Name", known.name if known else "", max_chars=100, key="route_name")
    target = st.text_input(
        "Where to" if known is None else f"Where to, if no more {known.shown}",
        type="password", key="route_target", help=WHERE, max_chars=targets.known.LONGEST,
        autocomplete="off", placeholder="E-mail address, or address of a webhook",
    )  # fmt: skip
    told = st.multiselect(
        "Told of", [each.value for each in WORTH_TELLING],
        list(known.headlines) if known else [], format_func=looks.cell, key="route_headlines",
        placeholder="Choose at least one status",
    )  # fmt: skip
    people = dict(read(accounts.strategists)) | {UNASSIGNED: "Nobody"}
    left, right = st.columns(2)
    owners = left.multiselect(
        "Strategists", list(people), _of(known.strategist_ids if known else (), people),
        format_func=lambda each: people[each], placeholder="Everybody", key="route_owners",
    )  # fmt: skip
    regions = right.multiselect(
        "Regions", [each.value for each in Region], list(known.regions) if known else [],
        placeholder="All regions", key="route_regions",
    )  # fmt: skip
    begins, ends, zone = _quiet(known)
    return Wish(name, tuple(told), tuple(owners), tuple(regions), begins, ends, zone), target


def _quiet(known: Asked | None) -> tuple[int | None, int | None, str]:
    """Quiet hours, which begin and end at the same time where there are none."""
    first, second, third = st.columns([1, 1, 2])
    begins = first.time_input(
        "Quiet from", _clock(known.quiet_from if known else None), key="route_quiet_from"
    )
    ends = second.time_input(
        "Quiet until", _clock(known.quiet_until if known else None), key="route_quiet_until"
    )
    zones = sorted(available_timezones())
    present = known.time_zone if known else str(times.zone())
    zone = third.selectbox(
        "Time zone", zones, zones.index(present) if present in zones else zones.index("UTC"),
        key="route_zone",
    )  # fmt: skip
    return _minute(begins), _minute(ends), zone


def _of(ids: tuple[int, ...], people: dict[int, str]) -> list[int]:
    return [each for each in ids if each in people]


def _clock(minute: int | None) -> time | None:
    return None if minute is None else time(minute // 60, minute % 60)


def _minute(moment: time | None) -> int | None:
    return None if moment is None else moment.hour * 60 + moment.minute
