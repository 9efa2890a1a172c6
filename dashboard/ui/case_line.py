"""That an account has a case, in one line of its page."""

from dashboard import clock
from dashboard.queries import cases
from dashboard.queries.frames import records
from dashboard.roles import Staff
from dashboard.ui import case_words, links, looks, tables
from dashboard.ui.read import read


def show(account_id: int, staff: Staff) -> None:
    """Show each active case of an account as the way to it."""
    for case in records(read(cases.of_account, account_id)):
        whose = case_words.whose(case, staff.key)
        said = [
            f"In triage: {tables.why(case.reason)}",
            case_words.why(case, clock.now()),
            f"with {whose}" if whose else "nobody's yet",
            f"snoozed {aside}" if (aside := case_words.snoozed(case)) else "",
        ]
        links.triage(case=case.id).show(
            looks.plain(" \N{MIDDLE DOT} ".join(each for each in said if each)),
            icon=":material/inbox:",
        )
