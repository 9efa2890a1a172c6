"""Organization: a customer's accounts as a tree, whom we know there, and what was done."""

import pandas as pd
import streamlit as st

from dashboard import clock
from dashboard.marketplaces import by_country
from dashboard.queries import activity, advice, organization, tree
from dashboard.queries.organization import Customer
from dashboard.queries.tree import Level
from dashboard.ui import branches, links, looks, opening, timeline, times
from dashboard.ui.chosen import chosen_id
from dashboard.ui.frame import page
from dashboard.ui.read import moment, read

EVENTS = 10
COUNTRIES = {each.country: code for code, each in by_country().items()}


def head(customer: Customer, root: Level | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(looks.plain(customer.name), anchor=False, width="content")
        if root is not None:
            looks.badge(root.status, help="The most urgent of its accounts")
        st.badge(
            f"customer since {customer.created_at:%b %Y}",
            color="gray",
            help=times.exact(customer.created_at),
        )
    strategist = customer.strategist or "nobody yet"
    st.caption(
        f"{looks.plain(customer.external_id)} \N{MIDDLE DOT} Strategist: {looks.plain(strategist)}"
    )


def advise(customer: Customer) -> None:
    st.subheader("Add marketplace or Add account?", anchor=False)
    country = st.selectbox(
        "Country",
        sorted(COUNTRIES),
        index=None,
        key="country",
        bind="query-params",
        placeholder="Where does the customer want to sell?",
    )
    if country is None:
        st.caption("Pick a country to see what the customer has to do there.")
        return
    told = read(advice.advice, customer.id, COUNTRIES[country])
    if len(told) > advice.NAMED:
        st.caption(f"Of each kind, at most {advice.NAMED} accounts are named.")
    st.table(
        pd.DataFrame(
            {
                "Do": [f"**{each.do}**" for each in told],
                "Account": [
                    f"{looks.plain(each.account.name)} ({each.account.type})"
                    if each.account
                    else "new"
                    for each in told
                ],
                "Because": [looks.plain(each.because) for each in told],
            }
        ),
        border="horizontal",
        hide_index=True,
    )


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


with page("Organization"):
    opening.follow()
    organization_id = chosen_id("organization")
    if organization_id is None:
        st.info(
            "Choose an organization first: click its name in the list of accounts.",
            icon=":material/apartment:",
        )
        links.accounts().show("Accounts", icon=":material/table_rows:")
        st.stop()
    customer = read(organization.customer, organization_id)
    root = read(tree.tree, organization_id, moment())
    head(customer, root)
    if root is None:
        st.info(
            "This organization has no account yet. Accounts come with the import, or when the "
            "customer adds one.",
            icon=":material/storefront:",
        )
    else:
        branches.show(root, customer, clock.now())
    left, right = st.columns(2, gap="large")
    with left:
        advise(customer)
        contacts(customer)
    with right:
        events(customer)
