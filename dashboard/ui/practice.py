"""The cast of the practice Amazon as a table, and what is put on one of them or on everybody."""

from typing import Final

import pandas as pd
import streamlit as st

from dashboard.actions import practice as actions
from dashboard.amazon.practice import EVERYBODY, Behaviour, Cast, Member
from dashboard.diagnosis import Channel
from dashboard.roles import Permission
from dashboard.ui import looks
from dashboard.ui.frame import acting, done

WELL: Final = "healthy"


def show(cast: Cast) -> None:
    """Show the cast as a table, and above it what can be put on everybody and on the chosen one."""
    left, right = st.columns(2)
    with left.container(border=True, key="everybody", height="stretch"):
        _everybody(cast)
    with right.container(border=True, key="member", height="stretch"):
        place = st.container()
    chosen = _table(cast)
    with place:
        if chosen is None:
            st.markdown("**One login**")
            st.caption("Choose a row to have something go wrong for this login only.")
        else:
            _member(cast, chosen)


def _everybody(cast: Cast) -> None:
    st.markdown("**Everybody**")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _choose(cast, EVERYBODY, cast.everything)
        if st.button("Make all well again", icon=":material/restart_alt:", key="reset"):
            with acting(Permission.PRACTISE) as staff:
                actions.reset(staff)
                done("All is well again at the practice Amazon.")
    _explain(cast, cast.everything)


def _member(cast: Cast, member: Member) -> None:
    st.markdown(f"**{looks.plain(member.name)}** ({looks.plain(member.id)})")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _choose(cast, member.id, member.behaviour)
        for channel in Channel:
            if st.button(
                f"Revoke {channel}",
                key=f"revoke_{channel.name}",
                icon=":material/link_off:",
                help="Take back what this login has allowed, as a customer would at Amazon",
            ):
                with acting(Permission.PRACTISE) as staff:
                    actions.revoke(staff, member.id, channel)
                    done(f"{member.name} has taken back {channel}.")
    _explain(cast, member.behaviour)


def _table(cast: Cast) -> Member | None:
    titles = {each.value: each.title for each in cast.behaviours}
    event = st.dataframe(
        pd.DataFrame(
            {
                "name": [each.name for each in cast.members],
                "kind": [each.kind.capitalize() for each in cast.members],
                "markets": [" ".join(each.marketplaces) for each in cast.members],
                "behaviour": [
                    [titles.get(each.behaviour, each.behaviour)] for each in cast.members
                ],
                "id": [each.id for each in cast.members],
            }
        ),
        key="cast",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        height="content",
        row_height=30,
        alt="Who can sign in at the practice Amazon, and what goes wrong for them",
        column_config={
            "name": st.column_config.TextColumn("Who", width=200),
            "kind": st.column_config.TextColumn("Kind", width=90),
            "markets": st.column_config.TextColumn("Marketplaces", width=220),
            "behaviour": st.column_config.MultiselectColumn(
                "What happens",
                options=list(titles.values()),
                color=["green" if value == WELL else "orange" for value in titles],
                width=240,
            ),
            "id": st.column_config.TextColumn("Login", width=170),
        },
    )
    rows = event.selection.rows
    return cast.members[rows[0]] if rows and rows[0] < len(cast.members) else None


def _choose(cast: Cast, member: str, present: str) -> None:
    titles = {each.value: each.title for each in cast.behaviours}
    values = list(titles)
    key = f"behave_{member}"
    # The widget would keep its own memory over what was set in another tab.
    if st.session_state.get(key) not in {None, present}:
        del st.session_state[key]
    st.selectbox(
        "What happens",
        values,
        index=values.index(present) if present in values else 0,
        format_func=lambda value: titles[value],
        key=key,
        width=250,
        on_change=_set,
        args=(member, key),
    )


def _set(member: str, key: str) -> None:
    with acting(Permission.PRACTISE) as staff:
        actions.behave(staff, member, st.session_state[key])


def _explain(cast: Cast, present: str) -> None:
    found: Behaviour | None = next(
        (each for each in cast.behaviours if each.value == present), None
    )
    if found is not None:
        st.caption(looks.plain(found.what))
