"""An organization's tree as one dense table: a line for each place, opening what it stands for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pandas as pd
import streamlit as st

from dashboard import clock
from dashboard.diagnosis import Actor, Channel, Reason, playbook
from dashboard.queries.organization import Customer
from dashboard.queries.tree import Kind, Level
from dashboard.status import AccountType
from dashboard.ui import links, looks, opening, times
from dashboard.ui.pills import pills

INDENT: Final = "\N{EM SPACE}\N{EN SPACE}"
ROW: Final = 30
"""Pixels of a line; from ``TALLEST`` lines on, the table scrolls by itself."""
TALLEST: Final = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: what it stands for, and what a click on it opens.

    ``level`` is ``None`` for the line that says how many accounts are not shown.
    """

    level: Level | None
    name: str
    link: links.Link


def lines(root: Level, customer: Customer) -> Iterator[Line]:
    """The lines of the table from the root down; channels stand in columns, not in lines."""
    every = links.accounts(search=customer.external_id)
    yield Line(root, f"{customer.name} ({root.accounts:,})", every)
    for region in root.parts:
        there = links.accounts(search=customer.external_id, region=region.key)
        yield Line(region, f"{INDENT}{region.name} ({region.accounts:,})", there)
        for account in region.parts:
            link = links.account(int(account.key))
            vendor = " (vendor)" if account.type == AccountType.VENDOR else ""
            yield Line(account, f"{INDENT * 2}{account.name}{vendor}", link)
            for place in account.parts:
                if place.kind is Kind.MARKETPLACE:
                    yield Line(place, f"{INDENT * 3}{place.name}", link)
        if region.hidden:
            yield Line(None, f"{INDENT * 2}and {region.hidden:,} more", there)


def show(root: Level, customer: Customer, now: datetime) -> None:
    """Show the tree; a click on a name goes to the account, or the accounts, it stands for."""
    shown = list(lines(root, customer))
    levels = [line.level for line in shown]
    statuses, status = pills(
        "Status", ([each.status] if each else [] for each in levels), width=130
    )
    channels = {
        channel: pills(channel.value, (_channel(each, channel, now) for each in levels), width=196)
        for channel in Channel
    }
    synced = pd.Series(
        [each.synced_at if each else None for each in levels], dtype="datetime64[us, UTC]"
    )
    st.dataframe(
        pd.DataFrame(
            {
                "name": [line.name for line in shown],
                "status": statuses,
                "who": [_who(each) for each in levels],
                "age": [_age(each, now) for each in levels],
                **{channel.name: cells for channel, (cells, _) in channels.items()},
                "why": [_why(each) for each in levels],
                "synced_at": times.local(synced),
            }
        ),
        hide_index=True,
        height="content" if len(shown) <= TALLEST else ROW * (TALLEST + 1),
        row_height=ROW,
        alt=f"The accounts of {customer.name} by region, with marketplaces and channels",
        column_config={
            "name": opening.column(
                "Where", "branches", [line.link for line in shown], pinned=True, width=212
            ),
            "status": status,
            "who": st.column_config.TextColumn("Who acts", width=100),
            "age": st.column_config.TextColumn("Sync age", alignment="right", width=68),
            **{channel.name: column for channel, (_, column) in channels.items()},
            "why": st.column_config.TextColumn("Why", width=260),
            "synced_at": times.exact_column("Oldest success", width=160),
        },
    )


def _who(level: Level | None) -> str:
    if level is None:
        return ""
    if not level.acting:
        return looks.cell(level.actor)
    waiting = [f"{actor} {number:,}" for actor, number in level.acting if actor is not Actor.NOBODY]
    return ", ".join(waiting) or looks.cell(Actor.NOBODY)


def _age(level: Level | None, now: datetime) -> str:
    if level is None:
        return ""
    return clock.spoken(now - level.synced_at) if level.synced_at else times.NEVER


def _channel(level: Level | None, channel: Channel, now: datetime) -> list[str]:
    """The status of one channel at this place, its sync age, and who must act."""
    for part in level.parts if level else ():
        if part.kind is Kind.CHANNEL and part.key == channel.value:
            actor = "" if part.actor == Actor.NOBODY.value else part.actor
            return [part.status, _age(part, now) if part.synced_at else "", actor]
    return []


def _why(level: Level | None) -> str:
    return playbook()[Reason(level.reason)].title if level and level.reason else ""
