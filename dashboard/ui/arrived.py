"""What has arrived of an account: totals in a line, and a table by marketplace."""

from typing import Final

import pandas as pd
import streamlit as st

COLUMNS: Final = {
    "country": ("Marketplace", 130, None),
    "campaigns": ("Campaigns", 92, None),
    "enabled": ("Enabled", 80, None),
    "paused": ("Paused", 80, None),
    "archived": ("Archived", 80, None),
    "products": ("Products", 84, "What the seller lists or has in stock"),
    "new_asins": ("New ASINs", 92, "Seen for the first time within the last 7 days"),
    "units": ("Units in stock", 105, "Held by Amazon"),
}
"""Each column's label, width and explanation."""


def show(arrived: pd.DataFrame) -> None:
    """Show what syncs have brought.

    Args:
        arrived: with the columns of ``queries.arrived.ARRIVED``.
    """
    if arrived.empty:
        st.caption("Nothing has arrived yet: campaigns and products show after the next sync.")
        return
    st.caption(_totals(arrived))
    st.dataframe(
        arrived[list(COLUMNS)],
        hide_index=True,
        height="content",
        row_height=30,
        alt="What has arrived of each marketplace: campaigns by state, products, units in stock",
        column_config={
            name: st.column_config.Column(label, width=width)
            if name == "country"
            else st.column_config.NumberColumn(label, width=width, format="localized", help=told)
            for name, (label, width, told) in COLUMNS.items()
        },
    )


def _totals(arrived: pd.DataFrame) -> str:
    """The totals in words; of what has never arrived, nothing."""
    said = []
    if arrived["campaigns"].notna().any():
        said.append(
            f"{_sum(arrived, 'campaigns', 'campaign')}, {arrived['enabled'].sum():,} enabled"
        )
    if arrived["products"].notna().any():
        said.append(
            f"{_sum(arrived, 'products', 'product')}, {_sum(arrived, 'new_asins', 'new ASIN')} "
            f"this week, {_sum(arrived, 'units', 'unit')} in stock"
        )
    return " \N{MIDDLE DOT} ".join(said)


def _sum(arrived: pd.DataFrame, column: str, thing: str) -> str:
    number = int(arrived[column].sum())
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
