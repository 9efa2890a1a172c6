"""Alerts: who is told of which problems, what was sent, and who gets a daily digest."""

import streamlit as st

from dashboard.queries import alerting
from dashboard.roles import Permission
from dashboard.settings import Mode, settings
from dashboard.ui import notices, route_form, routes
from dashboard.ui.frame import beside_title, page
from dashboard.ui.read import read

ROUTES, MESSAGES, DIGEST = "Routes", "Messages", "Daily digest"


def instead() -> bool:
    """Show messages or the digest, where these were chosen instead of the routes."""
    chosen = beside_title().segmented_control(
        "Show", [ROUTES, MESSAGES, DIGEST], key="show", bind="query-params", required=True,
        default=ROUTES, label_visibility="collapsed",
    )  # fmt: skip
    if chosen == MESSAGES:
        notices.show()
    elif chosen == DIGEST:
        notices.digests()
    return bool(chosen != ROUTES)


with page("Alerts", permission=Permission.MANAGE_ALERTS):
    if instead():
        st.stop()
    if settings().mode is Mode.DEMO and not settings().alerts_internal:
        st.caption("This is a demo: alerts to chats and webhooks are composed, but not sent.")
    st.button("Add a route", icon=":material/add_alert:", key="add", on_click=route_form.begin)
    route_form.show()
    listing = read(alerting.routes)
    if listing.empty:
        st.info(
            "Nobody is told of anything yet. Add a route: where alerts go, and of which problems.",
            icon=":material/notifications_off:",
        )
        st.stop()
    position = routes.table(listing)
    if position is None:
        st.caption("Choose a route to test it, change it or switch it off.")
        st.stop()
    routes.chosen(next(listing.iloc[[position]].itertuples(index=False)))
