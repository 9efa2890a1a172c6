"""Organization: a customer's accounts as a tree, whom we know there, and what was done."""

import streamlit as st

from dashboard import clock
from dashboard.flow import LinkKind
from dashboard.queries import activity, organization, tree
from dashboard.queries import links as connecting
from dashboard.queries.organization import Customer
from dashboard.queries.tree import Level
from dashboard.roles import Staff
from dashboard.ui import (
    administering,
    advising,
    branches,
    link_list,
    links,
    looks,
    opening,
    relaunch,
    requested,
    timeline,
    times,
)
from dashboard.ui.asking import Ask
from dashboard.ui.chosen import chosen_id
from dashboard.ui.frame import entitle, page
from dashboard.ui.read import moment, read

EVENTS = 10
NEWEST = 5


def head(customer: Customer, root: Level | None, staff: Staff) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if root is not None:
            looks.badge(root.status, help="The most urgent of its accounts")
        st.badge(
            f"customer since {customer.created_at:%b %Y}",
            color="gray",
            help=times.exact(customer.created_at),
        )
        kinds = list(LinkKind)[::-1] if root else [LinkKind.ADD_ACCOUNT, LinkKind.SIGN_UP]
        ask = Ask(place(customer), kinds[0], organization_id=customer.id)
        relaunch.offer(staff, ask, kinds)
        if root is not None:
            administering.of_organization(staff, place(customer), customer.id, root.accounts)
    strategist = customer.strategist or "nobody yet"
    st.caption(
        f"{looks.plain(customer.external_id)} \N{MIDDLE DOT} Strategist: {looks.plain(strategist)}"
    )


def place(customer: Customer) -> str:
    return f"organization {customer.id}"


def made(customer: Customer, staff: Staff) -> None:
    found = read(connecting.of_organization, customer.id, moment(), NEWEST)
    if not found.empty:
        st.subheader("Links", anchor=False)
        link_list.show(found, staff, place(customer), clock.now())


def contacts(customer: Customer) -> None:
    st.subheader("Contacts", anchor=False)
    known = read(organization.contacts, customer.id)
    if known.empty:
        st.caption("No contact is known. Contacts come with the import.")
        return
    shown = known.map(looks.plain).rename(columns={"name": "Name", "email": "E-mail"})
    st.table(shown, border="horizontal", hide_index=True)


def events(customer: Customer) -> None:
    st.subheader("Recent events", anchor=False)
    recent = read(activity.latest, EVENTS, organization_id=customer.id)
    timeline.show(recent, clock.now(), "Nothing was done yet.", of_several=True)
    links.activity(organization=customer.id).show("All its events", icon=":material/history:")


with page("Organization", named=True) as staff:
    opening.follow()
    organization_id = chosen_id("organization")
    if organization_id is None:
        entitle("Organization")
        st.info(
            "Choose an organization first: click its name in the list of accounts.",
            icon=":material/apartment:",
        )
        links.accounts().show("Accounts", icon=":material/table_rows:")
        st.stop()
    customer = read(organization.customer, organization_id)
    root = read(tree.tree, organization_id, moment())
    entitle(customer.name)
    head(customer, root, staff)
    requested.show(staff, organization_id=customer.id)
    if root is None:
        st.info(
            "This organization has no account yet. Accounts come with the import, or when the "
            "customer adds one.",
            icon=":material/storefront:",
        )
    else:
        branches.show(root, customer, clock.now())
    made(customer, staff)
    left, right = st.columns(2, gap="large")
    with left:
        advising.advise(customer)
        contacts(customer)
    with right:
        events(customer)
    relaunch.dialog(place(customer))
    administering.dialog(place(customer))
