"""Tables of accounts, of groups of them, and of those that became worse."""

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import clock
from dashboard.diagnosis import Reason, playbook
from dashboard.marketplaces import Region, by_country, marketplaces
from dashboard.ui import filters, links, looks, opening, times
from dashboard.ui.pills import pills

ROW: Final = 30
"""Pixels of a row."""
GROUP_NAMES: Final = "group_names"
GROUPS_SHOWN: Final = "groups_shown"

_COUNTS: Final = {
    "accounts": "Accounts",
    "broken": "Broken",
    "us": "Needs us",
    "customer": "Needs customer",
}


def accounts(listing: pd.DataFrame, now: datetime) -> list[int]:
    """Show a page of accounts; names open what they name, and rows can be selected.

    Returns:
        The ids of the accounts whose rows are selected.
    """
    ids = listing["id"].tolist()
    headlines, status = pills("Status", ([each] for each in listing["headline"]), width=138)
    aaa, aaa_column = pills("AAA", ([each] for each in listing["aaa_status"]), width=132)
    sp_api, sp_api_column = pills(
        "SP-API", ([each] for each in listing["sp_api_status"]), width=132
    )
    event = st.dataframe(
        pd.DataFrame(
            {
                "organization": listing["organization"],
                "account": listing["account"],
                "status": headlines,
                "who": [looks.cell(each) for each in listing["actor"]],
                "age": [age(each, now) for each in listing["oldest_sync_at"]],
                "aaa": aaa,
                "sp_api": sp_api,
                "marketplaces": [" ".join(each) for each in listing["marketplaces"]],
                "why": [why(each) for each in listing["reason"]],
                "strategist": listing["strategist"],
                "type": listing["type"],
                "region": listing["region"],
                "synced_at": times.local(listing["oldest_sync_at"]),
            }
        ),
        # Rows are selected by position: other accounts are another table, with none selected.
        key=f"accounts_{zlib.crc32(repr(ids).encode())}",
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
        height="content",
        row_height=ROW,
        alt="Accounts with their organization, status, who acts, channels and sync age",
        column_config={
            "organization": opening.column(
                "Organization",
                "organization_names",
                [links.organization(each) for each in listing["organization_id"]],
                pinned=True,
                width=135,
            ),
            "account": opening.column(
                "Account", "account_names", [links.account(each) for each in ids], width=150
            ),
            "status": status,
            "who": st.column_config.TextColumn("Who acts", width=85),
            "age": st.column_config.TextColumn("Sync age", alignment="right", width=66),
            "aaa": aaa_column,
            "sp_api": sp_api_column,
            "marketplaces": st.column_config.TextColumn("Markets", width=110),
            "why": st.column_config.TextColumn("Reason", width=230),
            "strategist": st.column_config.TextColumn("Strategist", width=120),
            "type": st.column_config.TextColumn("Type", width=70),
            "region": st.column_config.TextColumn("Region", width=70),
            "synced_at": times.exact_column("Oldest success", width=160),
        },
    )
    return [ids[row] for row in event.selection.rows if row < len(ids)]


def groups(found: pd.DataFrame, by: str) -> None:
    """Show groups of accounts; a click on one shows its accounts."""
    words = [_place(each) if by == "marketplace" else each for each in found["value"]]
    # A click tells only the row, and the table may be another by the time it is heard of.
    st.session_state[GROUPS_SHOWN] = [(by, word) for word in words]
    named = {"region": _region, "marketplace": _country, "headline": looks.cell}[by]
    st.dataframe(
        pd.DataFrame(
            {
                "name": [named(word) for word in words],
                **{name: found[name] for name in _COUNTS},
                "share": 100 * found["broken"] / found["accounts"],
            }
        ),
        hide_index=True,
        height="content",
        row_height=ROW,
        alt=f"Accounts by {by}, with how many are broken",
        column_config={
            "name": st.column_config.ButtonColumn(
                filters.LABELS[by],
                type="tertiary",
                alignment="left",
                key=GROUP_NAMES,
                on_click=_narrow,
                pinned=True,
                width=200,
            ),
            **_counts(),
            "share": st.column_config.ProgressColumn(
                "Share broken", format="%.0f %%", min_value=0, max_value=100, color="red"
            ),
        },
    )


def organizations(found: pd.DataFrame, now: datetime) -> None:
    """Show a page of organizations; their names open them."""
    worst, status = pills("Most urgent", ([each] for each in found["headline"]))
    st.dataframe(
        pd.DataFrame(
            {
                "organization": found["organization"],
                "status": worst,
                **{name: found[name] for name in _COUNTS},
                "age": [age(each, now) for each in found["oldest_sync_at"]],
                "strategist": found["strategist"],
            }
        ),
        hide_index=True,
        height="content",
        row_height=ROW,
        alt="Organizations with their most urgent status and how many accounts need whom",
        column_config={
            "organization": opening.column(
                "Organization",
                "organization_names",
                [links.organization(each) for each in found["organization_id"]],
                pinned=True,
            ),
            "status": status,
            **_counts(),
            "age": st.column_config.TextColumn("Oldest data", alignment="right"),
            "strategist": st.column_config.TextColumn("Strategist"),
        },
    )


def worse(found: pd.DataFrame, now: datetime) -> None:
    """Show accounts with the headline they had and the one they have; names open them."""
    before, before_column = pills("From", ([each] for each in found["before"]), width=130)
    after, after_column = pills("To", ([each] for each in found["headline"]), width=130)
    st.dataframe(
        pd.DataFrame(
            {
                "organization": found["organization"],
                "account": found["account"],
                "before": before,
                "after": after,
                "why": [why(each) for each in found["reason"]],
                "who": [looks.cell(each) for each in found["actor"]],
                "since": [age(each, now) for each in found["since"]],
                "since_at": times.local(found["since"]),
            }
        ),
        hide_index=True,
        height="content",
        row_height=ROW,
        alt="Accounts that became worse since yesterday",
        column_config={
            "organization": opening.column(
                "Organization",
                "organization_names",
                [links.organization(each) for each in found["organization_id"]],
                pinned=True,
                width=135,
            ),
            "account": opening.column(
                "Account", "account_names", [links.account(each) for each in found["id"]], width=150
            ),
            "before": before_column,
            "after": after_column,
            "why": st.column_config.TextColumn("Reason", width=215),
            "who": st.column_config.TextColumn("Who acts", width=80),
            "since": st.column_config.TextColumn("For", alignment="right", width=55),
            "since_at": times.exact_column("Since"),
        },
    )


def age(moment: datetime, now: datetime) -> str:
    """How long ago a moment of a frame was, without saying ago: ``3 d``."""
    return times.NEVER if pd.isna(moment) else clock.spoken(now - moment)


def why(reason: str) -> str:
    """The playbook's title of a reason; nothing for none."""
    return playbook()[Reason(reason)].title if reason else ""


def _narrow() -> None:
    row = st.session_state[GROUP_NAMES]["row"]
    shown: Sequence[tuple[str, str]] = st.session_state.get(GROUPS_SHOWN, [])
    if row < len(shown):
        filters.only(*shown[row])


def _counts() -> dict[str, Any]:
    return {
        name: st.column_config.NumberColumn(label, format="localized")
        for name, label in _COUNTS.items()
    }


def _place(marketplace_id: str) -> str:
    return marketplaces()[marketplace_id].country_code


def _region(word: str) -> str:
    return f"{word} \N{MIDDLE DOT} {Region(word).words}"


def _country(word: str) -> str:
    return f"{word} \N{MIDDLE DOT} {by_country()[word].country}"
