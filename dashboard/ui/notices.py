"""What routes were told lately, and who gets a daily digest."""

import pandas as pd
import streamlit as st

from dashboard import clock
from dashboard.actions.alerting import routes
from dashboard.queries import alerting
from dashboard.queries.alerting import MOST, NoticeState
from dashboard.roles import Permission
from dashboard.settings import settings
from dashboard.ui import times
from dashboard.ui.frame import acting, done
from dashboard.ui.read import read
from dashboard.ui.routes import SHAPES


def show() -> None:
    """Show the newest messages."""
    found = read(alerting.notices)
    if found.empty:
        st.caption("Nobody has been told of anything yet.")
        return
    now, columns = clock.now(), st.column_config
    labels = {state: f"{shape} {state}" for state, (shape, _) in SHAPES.items()}
    st.dataframe(
        pd.DataFrame(
            {
                "ago": [times.ago(each, now) for each in found["created_at"]],
                "state": [[labels[NoticeState(each)]] for each in found["state"]],
                "route": found["route"],
                "title": found["title"].where(found["title"] != "", "Not composed yet"),
                "failure": found["failure"],
                "at": times.local(found["sent_at"]),
            }
        ),
        hide_index=True,
        height="content" if len(found) <= 20 else 620,
        row_height=30,
        alt="Messages of alerts, newest first",
        column_config={
            "ago": columns.TextColumn("When", width=80),
            "state": columns.MultiselectColumn(
                "State",
                options=list(labels.values()),
                color=[color for _, color in SHAPES.values()],
                width=120,
            ),
            "route": columns.TextColumn("Route", width=130),
            "title": columns.TextColumn("Message", width=420),
            "failure": columns.TextColumn("Why not", width=300),
            "at": times.exact_column("Sent"),
        },
    )
    if len(found) == MOST:
        st.caption(f"The newest {MOST} messages.")


def digests() -> None:
    """Show who gets a daily digest, and let that be changed."""
    chosen = settings()
    st.caption(
        f"Each day at {chosen.digest_hour:02}:00 ({chosen.time_zone}) strategists get a mail with "
        "what became of their accounts since yesterday; on days with nothing to say, none."
    )
    if not chosen.smtp_url.get_secret_value():
        st.info(
            "No mail server is set (DASHBOARD_SMTP_URL), so digests are not delivered. Activity, "
            "Messages shows what would be.",
            icon=":material/unsubscribe:",
        )
    people = {each.id: each for each in read(alerting.readers)}
    if not people:
        st.caption("Nobody looks after any account yet.")
        return
    with st.form("digests", border=False):
        wanted = st.multiselect(
            "Who gets it",
            list(people),
            [each.id for each in people.values() if each.digest],
            format_func=lambda each: people[each].name,
            placeholder="Nobody",
            key="digest_readers",
        )
        if st.form_submit_button("Save", key="digest_save"):
            with acting(Permission.MANAGE_ALERTS) as me:
                routes.want_digest(me, frozenset(people), frozenset(wanted))
                done("Saved.")
