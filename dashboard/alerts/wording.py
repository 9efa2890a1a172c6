"""What messages say: a title of one line and a text, in plain words for mail, chats and pagers.

Names are made up by customers: here they cannot call anybody, link anywhere or break a line.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from dashboard.clock import spoken
from dashboard.diagnosis import Reason, playbook
from dashboard.status import ACTORS, SEVERITY, Headline

NAMED: Final = 5
"""Problems of a message that are named; the others are counted."""
SETTLED: Final = "All of it had resolved before it could be told."
"""Why a message that nobody needs any more was not sent."""
LONGEST: Final = 80
"""Characters of a name."""
WELL: Final = frozenset(
    {Headline.HEALTHY, Headline.FIRST_SYNC, Headline.EXPIRING, Headline.PAUSED}
    | {Headline.DISCONNECTED}
)
"""What follows a problem that is over; anything else is another problem."""

_SPEAKS: Final = str.maketrans({"<": "‹", ">": "›", "@": "＠", "`": "'"})  # noqa: RUF001
_LINKS: Final = re.compile(r"(?<=:)(?=//)|(?<=\])(?=\()|(?<=www)(?=\.)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Problem:
    """An account's problem, as a message names it. ``ended_as`` is the headline that followed."""

    account_id: int
    account: str
    organization: str
    headline: str
    reason: str
    began: datetime
    ended: datetime | None = None
    ended_as: str = ""

    @property
    def name(self) -> str:
        """The account and whose it is."""
        return f"{tame(self.account)} ({tame(self.organization)})"


@dataclass(frozen=True, slots=True)
class Trouble:
    """An incident, as a message names it; ``share`` is 0 to 1 of the region's checks."""

    channel: str
    region: str
    ours: bool
    customers: int
    share: float
    opened: datetime
    closed: datetime | None = None

    @property
    def name(self) -> str:
        """What it is and where."""
        kind = "Our fix" if self.ours else "Amazon incident"
        return f"{kind}: {' '.join(each for each in (self.channel, self.region) if each)}"


def tame(name: str) -> str:
    """A name from outside that can do nothing in a chat but be read."""
    line = "".join(each if each.isprintable() else " " for each in name)
    line = _LINKS.sub("\N{WORD JOINER}", " ".join(line.split())).translate(_SPEAKS)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"


def opened(
    counts: Mapping[str, int], first: Sequence[Problem], passed: int, now: datetime, base: str
) -> tuple[str, str]:
    """Tell of problems that began.

    Args:
        counts: how many there are by headline; at least one.
        first: some of them, at most ``NAMED``.
        passed: how many others have come and gone.
        now: aware UTC.
        base: the dashboard's address, without a slash at the end.

    Returns:
        Title and text.
    """
    total = sum(counts.values())
    gone = [_came_and_went(passed)] if passed else []
    if total == 1:
        problem = first[0]
        lines = [
            _why(problem), _actor(problem.headline), f"Since {_moment(problem.began, now)}.",
            *gone, f"{base}/account?id={problem.account_id}",
        ]  # fmt: skip
        return f"{problem.headline}: {problem.name}", _text(lines)
    by_urgency = sorted(counts, key=lambda each: -SEVERITY.get(Headline(each), 0))
    if len(counts) == 1:
        title = f"{total:,} accounts became {by_urgency[0]}"
        named = [each.name for each in first]
    else:
        said = ", ".join(f"{counts[each]:,} {each}" for each in by_urgency)
        title = f"{total:,} accounts need attention: {said}"
        named = [f"{each.name}: {each.headline}" for each in first]
    query = [("headline", each) for each in by_urgency] + [("sort", "changed")]
    return title, _text([*_listed(named, total), *gone, f"{base}/accounts?{urlencode(query)}"])


def ended(first: Sequence[Problem], total: int, base: str) -> tuple[str, str]:
    """Tell of problems that are over, or have become others; see ``opened``."""
    if total == 1:
        problem = first[0]
        if problem.ended_as in WELL:
            title = f"Resolved after {_lasted(problem)}: {problem.name}"
        else:
            title = f"No longer {problem.headline}, but {problem.ended_as}: {problem.name}"
        lines = [_story(problem), f"{base}/account?id={problem.account_id}"]
        return title, _text(lines)
    named = [f"{each.name}: {_story(each)}" for each in first]
    return f"{total:,} problems are over", _text([*_listed(named, total), f"{base}/accounts"])


def incident_opened(trouble: Trouble, now: datetime, base: str) -> tuple[str, str]:
    """Tell of an incident: once, instead of every account it touches."""
    who = (
        "Our own credentials are refused: it is ours to mend, and no customer need do anything."
        if trouble.ours
        else "It is Amazon's to mend: nobody is asked to reconnect meanwhile."
    )
    seen = f"The same failure at {trouble.customers:,} customers ({trouble.share:.0%} of checks)."
    return trouble.name, _text([seen, who, f"Since {_moment(trouble.opened, now)}.", base])


def incident_closed(trouble: Trouble, base: str) -> tuple[str, str]:
    """Tell of an incident's end."""
    lasted = spoken((trouble.closed or trouble.opened) - trouble.opened)
    text = ["Accounts recover by themselves.", base]
    return f"Over after {lasted}. {trouble.name}", _text(text)


def trial(route: str, base: str) -> tuple[str, str]:
    """What the test button sends."""
    text = [f'Alerts of the route "{tame(route)}" arrive here.', f"{base}/alerts"]
    return "Test from Switchboard", _text(text)


def _listed(named: Sequence[str], total: int) -> list[str]:
    rest = total - len(named)
    return [*(f"- {each}" for each in named), *([f"and {rest:,} more"] if rest > 0 else [])]


def _came_and_went(passed: int) -> str:
    what = "1 other problem" if passed == 1 else f"{passed:,} other problems"
    return f"{what} came and went meanwhile."


def _why(problem: Problem) -> str:
    known = problem.reason in tuple(Reason)
    return f"{playbook()[Reason(problem.reason)].title}." if known else ""


def _actor(headline: str) -> str:
    actor = ACTORS[Headline(headline)]
    return {"Us": "We must act.", "Customer": "The customer must act."}.get(actor, "")


def _story(problem: Problem) -> str:
    after = f", now {problem.ended_as}" if problem.ended_as else ""
    return f"{problem.headline} for {_lasted(problem)}{after}"


def _lasted(problem: Problem) -> str:
    return spoken((problem.ended or problem.began) - problem.began)


def _moment(moment: datetime, now: datetime) -> str:
    """In UTC, because a message is read by people in several places."""
    day = "" if moment.date() == now.date() else f"{moment.day} {moment:%b}, "
    return f"{day}{moment:%H:%M} UTC"


def _text(lines: Sequence[str]) -> str:
    return "\n".join(each for each in lines if each)
