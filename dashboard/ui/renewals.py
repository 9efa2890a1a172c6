"""What the Renewals page is made of: whose consents, spans of time, and their table."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.db.counts import UNASSIGNED
from dashboard.diagnosis import Channel
from dashboard.flow import LinkKind
from dashboard.marketplaces import Region
from dashboard.queries import accounts
from dashboard.queries.renewals import Wanted
from dashboard.roles import Permission, Role, Staff
from dashboard.status import lapsing
from dashboard.status.lapsing import ClientSecret, Span, Within
from dashboard.ui import asking, clicks, links, looks, opening, renewal_chart, times
from dashboard.ui.asking import Ask
from dashboard.ui.frame import beside_title, just_arrived
from dashboard.ui.pills import pills
from dashboard.ui.read import read

PLACE: Final = "renewals"
NOBODY: Final = "Nobody"
DUE: Final = "due"
"""The name in the address, and in the session, of what is chosen: a span or a month."""
USUAL: Final = Within.DAYS_30.value
ROW: Final = 30
"""Pixels of a row."""
ICONS: Final[Mapping[Within, str]] = {
    Within.OVERDUE: ":material/link_off:",
    Within.DAYS_7: ":material/event_upcoming:",
    Within.DAYS_14: ":material/event_upcoming:",
    Within.DAYS_30: ":material/event_upcoming:",
    Within.DAYS_90: ":material/calendar_month:",
}
APPS: Final[Mapping[Channel, str]] = {
    Channel.AAA: "Amazon Advertising client",
    Channel.SP_API: "Selling Partner app",
}


def choose(staff: Staff) -> Wanted:
    """Show whose consents can be seen, and in which regions; all of it stands in the address."""
    people = {name: staff_id for staff_id, name in read(accounts.strategists)} | {
        NOBODY: UNASSIGNED
    }
    mine = staff.id is not None and staff.id in people.values() and _is_mine(staff)
    names = [] if mine else st.multiselect(
        "Strategist", list(people), key="strategist", bind="query-params", width=230,
        placeholder="Strategist", label_visibility="collapsed", on_change=first_page,
    )  # fmt: skip
    regions = st.multiselect(
        "Region", [each.value for each in Region], key="region", bind="query-params", width=200,
        placeholder="Region", label_visibility="collapsed", on_change=first_page,
    )  # fmt: skip
    chosen = (staff.id,) if mine and staff.id is not None else tuple(people[each] for each in names)
    return Wanted(chosen, tuple(regions))


def _is_mine(staff: Staff) -> bool:
    scope = beside_title().segmented_control(
        "Whose accounts", ["mine", "all"], key="scope", bind="query-params", required=True,
        default="mine" if staff.role is Role.STRATEGIST else "all", label_visibility="collapsed",
        on_change=first_page,
    )  # fmt: skip
    return scope == "mine"


def first_page() -> None:
    """Go back to the first page: what was on another is somewhere else now."""
    st.session_state["page"] = 1


def by_month(days: pd.DataFrame, now: datetime) -> None:
    """Show how many consents lapse in each month; a click on one lists those."""
    months = lapsing.months(now)
    frame = pd.DataFrame(
        {
            "month": [f"{each.start:%Y-%m}" for each in months],
            "consents": [total(days, each) for each in months],
        }
    )
    blue, ink = looks.palette()["blue"], looks.ink()
    figure = renewal_chart.by_month(frame, blue, ink, st.session_state[DUE])
    clicked = clicks.clickable(figure, "months", "Consents that lapse, by month")
    if clicked:
        _choose(clicked)
        # The chart is drawn anew, with the month that is now chosen.
        st.rerun()


def due(now: datetime) -> None:
    """Take up from the address which consents are chosen: those of a span, or of a month."""
    named = {each.value for each in Within} | _months(now).keys()
    said = st.query_params.get(DUE, "")
    if just_arrived() and said in named:
        st.session_state[DUE] = said
    if st.session_state.get(DUE) not in named:
        st.session_state[DUE] = USUAL


def month(now: datetime) -> None:
    """Let a month be chosen, whose consents are listed."""
    named = _months(now)
    chosen = st.session_state[DUE]
    # The choice is kept in one place, and each of its widgets shows it.
    st.session_state["month"] = chosen if chosen in named else None
    st.selectbox(
        "Month", list(named), index=None, key="month", width=200, placeholder="Month",
        format_func=lambda each: f"Lapses in {named[each].start:%B %Y}",
        label_visibility="collapsed",
        on_change=lambda: _choose(st.session_state["month"]),
    )  # fmt: skip


def within(days: pd.DataFrame, now: datetime) -> Span:
    """Show how many consents lapse within which time, and let one be chosen instead of a month.

    Returns:
        What is chosen.
    """
    chosen = st.session_state[DUE]
    named = _months(now)
    st.session_state["within"] = None if chosen in named else chosen
    st.pills(
        "Lapse within", [each.value for each in Within], key="within",
        format_func=lambda each: _counted(days, Within(each), now), label_visibility="collapsed",
        on_change=lambda: _choose(st.session_state["within"]),
    )  # fmt: skip
    if chosen == USUAL:
        st.query_params.pop(DUE, None)
    else:
        st.query_params[DUE] = chosen
    return named[chosen] if chosen in named else lapsing.within(Within(chosen), now)


def _choose(what: str | None) -> None:
    st.session_state[DUE] = what or USUAL
    first_page()


def _months(now: datetime) -> dict[str, Span]:
    return {f"{each.start:%Y-%m}": each for each in lapsing.months(now)}


def _counted(days: pd.DataFrame, within: Within, now: datetime) -> str:
    return f"{ICONS[within]} {within.words} **{total(days, lapsing.within(within, now)):,}**"


def total(days: pd.DataFrame, chosen: Span) -> int:
    """How many consents lapse in a span, of the counts by day."""
    first, last = (pd.Timestamp(each) for each in chosen.days())
    return int(days.loc[(days["day"] >= first) & (days["day"] <= last), "consents"].sum())


def table(listing: pd.DataFrame, now: datetime) -> list[int]:
    """Show a page of consents; names open what they name, and rows can be selected.

    Returns:
        An account of each consent whose row is selected.
    """
    ids = listing["account_id"].tolist()
    statuses, status = pills("SP-API", ([each] for each in listing["status"]), width=132)
    event = st.dataframe(
        pd.DataFrame(
            {
                "lapses": [times.ago(each, now) for each in listing["expires_at"]],
                "organization": listing["organization"],
                "account": listing["account"],
                "link": [
                    _link(sent, opened, now)
                    for sent, opened in zip(listing["sent_at"], listing["opened_at"], strict=True)
                ],
                "status": statuses,
                "others": [_others(each) for each in listing["others"]],
                "strategist": listing["strategist"],
                "region": listing["region"],
                "seller": listing["seller"],
                "expires_at": times.local(listing["expires_at"]),
            }
        ),
        # Rows are selected by position: other consents are another table, with none selected.
        key=f"renewals_{zlib.crc32(repr(ids).encode())}",
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
        height="content",
        row_height=ROW,
        alt="Consents with when they lapse, their accounts, and whether a link was sent",
        column_config={
            "lapses": st.column_config.TextColumn("Lapses", width=90, pinned=True),
            "organization": opening.column(
                "Organization", "organization_names",
                [links.organization(each) for each in listing["organization_id"]], width=170,
            ),
            "account": opening.column(
                "Account", "account_names", [links.account(each) for each in ids], width=180
            ),
            "others": st.column_config.TextColumn("Renewed with it", width=140),
            "status": status,
            "region": st.column_config.TextColumn("Region", width=70),
            "seller": st.column_config.TextColumn("Seller", width=140),
            "strategist": st.column_config.TextColumn("Strategist", width=120),
            "link": st.column_config.TextColumn("Link", width=130),
            "expires_at": times.exact_column("Lapses on", width=160),
        },
    )  # fmt: skip
    return [ids[row] for row in event.selection.rows if row < len(ids)]


def _others(names: Sequence[str]) -> str:
    """The other accounts on a consent: what else lapses, and is renewed, with it."""
    if len(names) <= 1:
        return "".join(names)
    return f"{names[0]} and {len(names) - 1:,} more"


def _link(sent: datetime, opened: datetime, now: datetime) -> str:
    if not pd.isna(opened):
        return f"opened {times.ago(opened, now)}"
    return "" if pd.isna(sent) else f"sent {times.ago(sent, now)}"


def renew(staff: Staff, label: str, account_ids: Sequence[int], *, urgent: bool = False) -> None:
    """Show the button that renews the consents of these accounts; nothing to some roles."""
    if not staff.can(Permission.RELAUNCH) or not account_ids:
        return
    st.button(
        label, icon=":material/link:", key="renew", type="primary" if urgent else "secondary",
        on_click=asking.begin,
        args=(Ask(PLACE, LinkKind.RELAUNCH, accounts=tuple(account_ids), early=True),),
    )  # fmt: skip


def secrets(found: Sequence[ClientSecret], today: date) -> None:
    """Show how long our own clients' secrets are good for."""
    st.subheader("Our own client secrets", anchor=False)
    with st.grid(2, min_column_width=300, key="secrets"):
        for each in found:
            with st.container(border=True):
                _secret(each, today)


def _secret(secret: ClientSecret, today: date) -> None:
    left, note = secret.days_left(today), lapsing.warning(secret, today)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{APPS[secret.channel]}**", width="content")
        if left is None:
            st.badge("Not known", icon=":material/help:", color="gray")
        elif left < 0:
            st.badge("Overdue", icon=":material/link_off:", color="red")
        elif note:
            st.badge("Change soon", icon=":material/event_upcoming:", color="orange")
        else:
            st.badge("In time", icon=":material/check_circle:", color="green")
    if left is not None and secret.since is not None:
        whole = lapsing.ROTATION.days
        st.progress(min(max(left / whole, 0.0), 1.0), text=f"{max(left, 0):,} of {whole} days left")
        st.caption(f"In use since {_said(secret.since)}, good until {_said(secret.ends_on)}.")
    if note:
        st.caption(looks.plain(note))


def _said(day: date | None) -> str:
    return f"{day.day} {day:%b %Y}" if day is not None else ""
