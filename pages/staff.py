"""Staff: who may sign in, and as what."""

from typing import Any, Final

import streamlit as st

from dashboard.actions import staff as actions
from dashboard.queries import staff as queries
from dashboard.roles import Permission, Role
from dashboard.settings import Mode, settings
from dashboard.ui import looks
from dashboard.ui.frame import acting, done, page
from dashboard.ui.read import read

ROLES: Final[list[Role]] = [*Role]
ACCESS: Final = {True: ["Active"], False: ["No access"]}


@st.dialog("Add a person")
def add() -> None:
    with acting(Permission.MANAGE_STAFF) as me, st.form("add", border=False):
        name = st.text_input("Name", max_chars=100, key="add_name")
        email = st.text_input("E-mail they sign in with", max_chars=254, key="add_email")
        role = st.selectbox("Role", ROLES, format_func=str.capitalize, key="add_role")
        if st.form_submit_button("Add", type="primary", key="add_submit"):
            actions.add(me, email, name, role)
            done(f"{name} can sign in now.")


def change(person: Any) -> None:
    with st.container(border=True, key="person"):
        st.markdown(f"**{looks.plain(person.name)}**  \n{looks.plain(person.email)}")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            role = st.selectbox(
                "Role", ROLES, index=ROLES.index(Role(person.role)),
                format_func=str.capitalize, key=f"role_{person.id}", width=200,
            )  # fmt: skip
            save = st.button("Save role", key="save_role", disabled=role == person.role)
            access = st.button("Deactivate" if person.active else "Reactivate", key="access")
        with acting(Permission.MANAGE_STAFF) as me:
            if save:
                actions.change_role(me, person.id, role)
                done(f"{person.name} is {role} now.")
            if access and person.active:
                actions.deactivate(me, person.id)
                done(f"{person.name} is out from their next click on.")
            if access:
                actions.reactivate(me, person.id)
                done(f"{person.name} can sign in again.")


def people(listing: Any) -> int | None:
    """Show the list; the position of the chosen person."""
    shown = listing.assign(
        role=listing["role"].str.capitalize(), active=listing["active"].map(ACCESS)
    )
    columns = st.column_config
    event = st.dataframe(
        shown,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        # A list in another order is another list: a choice must never slip to the next person.
        key=f"people_{hash(tuple(listing['id']))}",
        column_order=["name", "email", "role", "active", "accounts", "created_at"],
        column_config={
            "name": columns.TextColumn("Name"),
            "email": columns.TextColumn("E-mail"),
            "role": columns.TextColumn("Role"),
            "active": columns.MultiselectColumn(
                "Access", options=["Active", "No access"], color=["green", "gray"]
            ),
            "accounts": columns.NumberColumn(
                "Accounts", format="localized", help="Accounts they are strategist of"
            ),
            "created_at": columns.DatetimeColumn("Added", format="D MMM YYYY"),
        },
    )
    rows = event["selection"]["rows"]
    return rows[0] if rows and rows[0] < len(listing) else None


with page("Staff", permission=Permission.MANAGE_STAFF):
    if st.button("Add a person", icon=":material/person_add:", key="add"):
        add()
    chosen = settings()
    if chosen.mode is Mode.DEMO:
        st.caption("Nobody signs in to a demo. In production, this list decides who may.")
    elif chosen.role_claim:
        st.caption(
            "Whoever is not listed has the role that their sign-in names; an entry here goes first."
        )
    listing = read(queries.listing)
    if listing.empty:
        st.info(
            "Nobody is on the list yet. Add the people who may use Switchboard, yourself first.",
            icon=":material/group_add:",
        )
        st.stop()
    position = people(listing)
    if position is None:
        st.caption("Choose a person to change their role or to end their access.")
        st.stop()
    change(next(listing.iloc[[position]].itertuples(index=False)))
