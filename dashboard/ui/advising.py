"""Add marketplace or Add account: which it has to be for a country."""

import pandas as pd
import streamlit as st

from dashboard.marketplaces import by_country
from dashboard.queries import advice
from dashboard.queries.organization import Customer
from dashboard.ui import looks
from dashboard.ui.read import read


def advise(customer: Customer) -> None:
    """Let a country be picked, and say what the customer has to do there."""
    st.subheader("Add marketplace or Add account?", anchor=False)
    countries = {each.country: code for code, each in by_country().items()}
    country = st.selectbox(
        "Country",
        sorted(countries),
        index=None,
        key="country",
        bind="query-params",
        placeholder="Where does the customer want to sell?",
    )
    if country is None:
        st.caption("Pick a country to see what the customer has to do there.")
        return
    told = read(advice.advice, customer.id, countries[country])
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
