"""Account: both channels, why it has its status, how it syncs, and what was done."""

import streamlit as st

from dashboard import clock
from dashboard.diagnosis import Actor
from dashboard.flow import LinkKind
from dashboard.marketplaces import Region
from dashboard.queries import account, history
from dashboard.queries import arrived as arriving
from dashboard.queries import first_syncs as forecasts
from dashboard.queries import links as connecting
from dashboard.queries.account import Detail
from dashboard.roles import Staff
from dashboard.settings import settings
from dashboard.ui import (
    administering,
    arrived,
    case_line,
    connections,
    first_syncs,
    headlines,
    incidents,
    link_list,
    links,
    looks,
    relaunch,
    remedy,
    requested,
    spells,
    streams,
    timeline,
    watch,
)
from dashboard.ui.asking import Ask
from dashboard.ui.chosen import chosen_id
from dashboard.ui.frame import entitle, page
from dashboard.ui.read import moment, read

EVENTS, NEWEST = 30, 3
LINKS = (
    LinkKind.RELAUNCH, LinkKind.ADD_MARKETPLACE, LinkKind.ADD_ACCOUNT, LinkKind.SIGN_UP,
)  # fmt: skip


def head(detail: Detail, staff: Staff) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        links.organization(detail.organization_id).show(
            looks.plain(detail.organization), icon=":material/apartment:"
        )
        ask = Ask(f"account {detail.id}", LinkKind.RELAUNCH, detail.id, detail.organization_id)
        relaunch.offer(staff, ask, LINKS, urgent=detail.actor == Actor.CUSTOMER)
        administering.offer(staff, detail)
    known = [
        f"{detail.type.capitalize()} in {Region(detail.region).words}",
        " ".join(detail.marketplaces) or "no marketplace yet",
        detail.merchant_id and f"merchant {detail.merchant_id}",
        detail.external_id,
        f"strategist {detail.strategist or 'nobody yet'}",
    ]
    st.caption(" \N{MIDDLE DOT} ".join(looks.plain(each) for each in known if each))


def channels(detail: Detail) -> None:
    both = {connection.remedy for connection in detail.connections}
    about_all = detail.remedy if not detail.reason_channel or both == {detail.remedy} else None
    if about_all is not None:
        with st.container(border=True, key="reason"):
            remedy.show(about_all)
    for place, connection in zip(st.columns(2), detail.connections, strict=True):
        with place:
            connections.show(connection, clock.now(), about_all)


def made(detail: Detail, staff: Staff) -> None:
    found = read(connecting.of_account, detail.id, moment(), NEWEST)
    if not found.empty:
        st.subheader("Links", anchor=False)
        link_list.show(found, staff, f"account {detail.id}", clock.now())


def syncing(detail: Detail) -> None:
    if found := read(forecasts.expectation, detail.id, moment()):
        first_syncs.expectation(found, settings().promise_hours)
    st.subheader("Syncing", anchor=False)
    each = read(history.streams, detail.id, moment())
    if each.empty:
        st.caption("Nothing is synced yet: that begins once the customer has connected a channel.")
    else:
        streams.show(each, read(history.runs, detail.id), clock.now())
    st.subheader("What arrived", anchor=False)
    arrived.show(read(arriving.by_marketplace, detail.id, moment()))


with page("Account", named=True) as staff:
    account_id = chosen_id("account")
    if account_id is None:
        entitle("Account")
        st.info(
            "Choose an account first: click its name in the list.", icon=":material/storefront:"
        )
        links.accounts().show("Accounts", icon=":material/table_rows:")
        st.stop()
    watch.account(account_id)
    detail = read(account.detail, account_id, moment())
    entitle(detail.name)
    head(detail, staff)
    requested.show(staff, account_id=detail.id)
    headlines.show(detail, clock.now())
    incidents.about(detail.id, detail.headline)
    case_line.show(detail.id, staff)
    channels(detail)
    made(detail, staff)
    syncing(detail)
    spells.strip(read(history.spells, detail.id, moment()))
    st.subheader("Timeline", anchor=False)
    events = read(history.timeline, detail.id, EVENTS)
    timeline.show(events, clock.now(), "Nothing has happened yet.")
    links.activity(account=detail.id).show("All its events", icon=":material/history:")
    relaunch.dialog(f"account {detail.id}")
