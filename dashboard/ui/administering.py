"""Sync now, Check now, Pause and Resume: for an account, for chosen ones, or for all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

import streamlit as st

from dashboard.actions import requests as actions
from dashboard.db.requests import Kind
from dashboard.queries import requests
from dashboard.queries.account import Detail
from dashboard.queries.choice import Choice
from dashboard.roles import Permission, Staff
from dashboard.status import Headline
from dashboard.ui import asking
from dashboard.ui.frame import acting, done, just_arrived
from dashboard.ui.read import read


class Wording(NamedTuple):
    """What can be asked for in words: on a button, beside it, and once it was asked for."""

    label: str
    icon: str
    help: str
    said: str


WORDS: Final[Mapping[Kind, Wording]] = MappingProxyType(
    {
        Kind.SYNC: Wording(
            "Sync now", ":material/sync:",
            "Fetch all its data from Amazon, as soon as a worker is free",
            "Sync asked for. It begins as soon as a worker is free.",
        ),
        Kind.CHECK: Wording(
            "Check now", ":material/fact_check:",
            "Prove both channels by using them, as soon as a worker is free",
            "Check asked for. It begins as soon as a worker is free.",
        ),
        Kind.PAUSE: Wording(
            "Pause", ":material/pause:", "Neither sync nor check it until it is resumed",
            "Paused. It is neither synced nor checked until it is resumed.",
        ),
        Kind.RESUME: Wording(
            "Resume", ":material/play_arrow:", "Sync and check it again, beginning at once",
            "Resumed. It is synced as soon as a worker is free.",
        ),
    }
)  # fmt: skip
MENU: Final = "Sync, check, pause"
WISH: Final = "wished_for"


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that is about to be asked for on very many accounts: it is asked about first.

    ``place`` is the page; the accounts are those of a choice, or of an organization. ``accounts``
    is how many they are, at least.
    """

    place: str
    kind: Kind
    accounts: int
    choice: Choice | None = None
    organization_id: int = 0


def offer(staff: Staff, detail: Detail) -> None:
    """Show what may be done to an account that is in use; nothing to some roles."""
    if not staff.can(Permission.SYNC) or detail.headline == Headline.DISCONNECTED:
        return
    paused = detail.headline == Headline.PAUSED
    for kind in (Kind.RESUME,) if paused else (Kind.SYNC, Kind.CHECK, Kind.PAUSE):
        words = WORDS[kind]
        if st.button(words.label, icon=words.icon, key=kind.value, help=words.help):
            _ask(kind, [detail.id])


def of_selected(staff: Staff, ids: Sequence[int]) -> None:
    """Show what may be done to the selected accounts of a list; nothing to some roles."""
    if staff.can(Permission.SYNC) and (kind := _menu(MENU)):
        _ask(kind, ids)


def of_all(staff: Staff, place: str, choice: Choice, accounts: int) -> None:
    """Show what may be done to all accounts that a choice selects; nothing to some roles."""
    if staff.can(Permission.SYNC) and (kind := _menu(MENU)):
        _wish(Wish(place, kind, accounts, choice=choice))


def of_organization(staff: Staff, place: str, organization_id: int, accounts: int) -> None:
    """Show what may be done to all accounts of an organization; nothing to some roles."""
    if staff.can(Permission.SYNC) and (kind := _menu("All accounts")):
        _wish(Wish(place, kind, accounts, organization_id=organization_id))


def dialog(place: str) -> None:
    """Ask about what is about to be asked for on this page, if anything is."""
    wish: Wish | None = st.session_state.get(WISH)
    if wish is None:
        return
    if wish.place != place or just_arrived():
        _forget()
        return
    words = WORDS[wish.kind]
    opened = st.dialog(words.label, icon=words.icon, on_dismiss=_forget)
    opened(_body)(wish)


def _menu(label: str) -> Kind | None:
    """A menu of all that can be asked for; what was chosen in this run."""
    chosen = st.menu_button(
        label,
        list(Kind),
        key="administer",
        format_func=lambda each: f"{WORDS[each].icon} {WORDS[each].label}",
    )
    return Kind(chosen) if chosen else None


def _wish(wish: Wish) -> None:
    asking.forget()
    st.session_state[WISH] = wish
    st.rerun()


def _forget() -> None:
    st.session_state.pop(WISH, None)


def _body(wish: Wish) -> None:
    with acting(Permission.SYNC):
        number = min(wish.accounts, actions.MOST)
        accounts = f"{number:,} account{'' if number == 1 else 's'}"
        st.markdown(f"**{accounts}.** {_of_many(wish.kind)}")
        if wish.accounts > actions.MOST:
            st.caption(
                f"At most {actions.MOST:,} at once: these are the first in the order of the list. "
                "Narrow the filters to reach the others."
            )
        words = WORDS[wish.kind]
        if st.button(f"{words.label}: {accounts}", icon=words.icon, type="primary", key="wish"):
            _forget()
            _ask(wish.kind, _found(wish))


def _of_many(kind: Kind) -> str:
    return {
        Kind.SYNC: "All their data is fetched from Amazon as workers are free.",
        Kind.CHECK: "Their consents are checked as workers are free.",
        Kind.PAUSE: "They are neither synced nor checked until they are resumed.",
        Kind.RESUME: "Those that are paused are synced and checked again.",
    }[kind]


def _found(wish: Wish) -> Sequence[int]:
    if wish.choice is not None:
        return read(requests.chosen, wish.choice, actions.MOST)
    return read(requests.of_organization, wish.organization_id, actions.MOST)


def _ask(kind: Kind, ids: Sequence[int]) -> None:
    with acting(Permission.SYNC) as person:
        actions.ask(person, kind, ids)
        number = len(ids)
        several = f"Asked for on {number:,} accounts. What becomes of each shows here."
        done(WORDS[kind].said if number == 1 else several)
