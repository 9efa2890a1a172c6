"""How the background work is doing, for the System page."""

from datetime import datetime
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import clock
from dashboard.queries.system import FINE, MOST, Backlog
from dashboard.ui import times

STATES: Final = {"working": "Working", "silent": "Silent", "stopped": "Stopped"}
KINDS: Final = {"check": "Checks", "sync": "Syncs"}
OUTCOMES: Final = {
    "ok": "Done",
    "put off": "Put off: Amazon's limit is used up",
    "lost": "Taken up by another worker, or void",
    "Throttled": "Amazon asked us to call less often (429)",
    "AmazonDown": "Amazon did not answer as it should",
    "AccessRefused": "Amazon refused access",
    "GrantRefused": "Amazon refused the consent",
    "ClientRefused": "Amazon refused our own client",
    "Malformed": "Amazon's answer could not be read",
}
PRESSED: Final = ("put off", "Throttled")
"""Outcomes that say that we would call more often than Amazon allows."""
ROUNDS: Final = {
    "rewrite_due": "Sweep: statuses that time has changed",
    "watch_incidents": "Look for incidents",
    "end_trips": "End what nobody came back to",
    "send_mail": "Send mail",
    "forget": "Forget what is kept for a while",
    "note_ages": "Note the day's sync ages, hourly",
}
COLORS: Final = ("#4c78c8", "#a9c0ea")
"""Of checks and of syncs: what is a kind of work, not a status, has the accent's colour."""
LATE: Final = 180
"""Seconds after which what is done every minute has not been done for too long."""


LATER: Final = {"note_ages": 7200}
"""The same for what is done less often."""


def numbers(workers: pd.DataFrame, waiting: Backlog, outcomes: pd.DataFrame, now: datetime) -> None:
    """Show in numbers how many work, how much waits and how much of it fails."""
    working = workers[workers["state"] == "working"]
    wrong = outcomes[~outcomes["outcome"].isin(FINE)]["number"].sum()
    whole = outcomes["number"].sum()
    pressed = outcomes[outcomes["outcome"].isin(PRESSED)]["number"].sum()
    queued = int(working["queued"].max()) if len(working) else 0
    waited = int(working["waited"].max()) if len(working) else 0
    with st.grid(3, min_column_width=150, key="system_numbers"):
        _number("Workers", f"{len(working):,}", f"{len(workers) - len(working)} silent or stopped")
        _number("In the queue", f"{queued:,}", f"waited up to {waited} s" if queued else "empty")
        _number("Checks due", _most(waiting.checks), _since(waiting.checks_since, now))
        _number("Syncs due", _most(waiting.syncs), _since(waiting.syncs_since, now))
        share = f"{wrong / whole:.1%} failed" if whole else "nothing yet"
        _number("Done in the last hour", f"{whole:,}", share)
        share = f"{pressed / whole:.1%} of the last hour's work" if whole else "nothing yet"
        _number("Held up by Amazon's limits", f"{pressed:,}", share)


def throughput(done: pd.DataFrame) -> None:
    """Draw how many checks and syncs were done, in steps of ten minutes."""
    if done.empty:
        st.caption("Nothing was checked or synced in the last six hours.")
        return
    shown = done.assign(kind=done["kind"].map(KINDS), at=done["at"].dt.tz_convert(times.zone()))
    wide = shown.pivot_table(index="at", columns="kind", values="number", fill_value=0)
    colors: list[Any] = [*COLORS][: len(wide.columns)]
    st.bar_chart(
        wide, height=220, x_label="", y_label="in ten minutes", stack=True, color=colors
    )  # fmt: skip


def outcomes(found: pd.DataFrame) -> None:
    """Show what the work of the last hour came to."""
    if found.empty:
        st.caption("Nothing was checked or synced in the last hour.")
        return
    shown = found.assign(
        kind=found["kind"].map(KINDS), outcome=found["outcome"].map(_outcome),
        share=found["share"] * 100,
    )  # fmt: skip
    columns = st.column_config
    st.dataframe(
        shown,
        hide_index=True,
        column_config={
            "kind": columns.TextColumn("Work", width="small"),
            "outcome": columns.TextColumn("Came to"),
            "number": columns.NumberColumn("Number", format="localized"),
            "share": columns.NumberColumn("Share", format="%.1f %%"),
        },
    )


def workers(found: pd.DataFrame, now: datetime) -> None:
    """Show every worker of the last day."""
    shown = found.assign(
        state=found["state"].map(lambda word: [STATES.get(word, word)]),
        since=found["started_at"].map(lambda at: times.ago(at, now)),
        heard=found["seen_at"].map(lambda at: times.ago(at, now)),
    )
    columns = st.column_config
    st.dataframe(
        shown,
        hide_index=True,
        column_order=["id", "state", "since", "heard", "checks", "syncs", "failures"],
        column_config={
            "id": columns.TextColumn("Worker", help="Machine, process, and a word by chance"),
            "state": columns.MultiselectColumn(
                "State", options=[*STATES.values()], color=["green", "red", "gray"]
            ),
            "since": columns.TextColumn("Started"),
            "heard": columns.TextColumn("Last heard"),
            "checks": columns.NumberColumn("Checks", format="localized"),
            "syncs": columns.NumberColumn("Syncs", format="localized"),
            "failures": columns.NumberColumn("Failed", format="localized"),
        },
    )


def rounds(found: pd.DataFrame, now: datetime) -> None:
    """Show what is done every minute, and whether it still is."""
    if found.empty:
        st.caption("Nothing of what is done every minute has been done yet.")
        return
    longest = found["name"].map(LATER).fillna(LATE)
    late = (pd.Timestamp(now) - found["began_at"]).dt.total_seconds() > longest
    shown = found.assign(
        name=found["name"].map(lambda name: ROUNDS.get(name, name.replace("_", " ").capitalize())),
        state=late.map({True: ["Overdue"], False: ["On time"]}),
        ago=found["began_at"].map(lambda at: times.ago(at, now)),
    )
    columns = st.column_config
    st.dataframe(
        shown,
        hide_index=True,
        column_order=["name", "state", "ago", "seconds", "number"],
        column_config={
            "name": columns.TextColumn("Every minute"),
            "state": columns.MultiselectColumn(
                "State", options=["On time", "Overdue"], color=["green", "red"]
            ),
            "ago": columns.TextColumn("Last done"),
            "seconds": columns.NumberColumn("Took", format="%.1f s"),
            "number": columns.NumberColumn("Accounts", format="localized"),
        },
    )


def _number(label: str, value: str, beside: str) -> None:
    with st.container(border=True, gap=None):
        st.metric(label, value)
        st.caption(beside)


def _most(number: int) -> str:
    return f"{number:,}" if number < MOST else f"{MOST:,} or more"


def _since(moment: Any, now: datetime) -> str:
    return "nothing waits" if moment is None else f"for {clock.spoken(now - moment)} at most"


def _outcome(word: str) -> str:
    return OUTCOMES.get(word, f"A fault of ours ({word})")
