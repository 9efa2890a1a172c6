"""What failures mean to the customer: what happened, what to do, and who can help.

Written for somebody who has just come back from Amazon and looks at our page; what staff read, and
what is mailed, is the playbook's. A reason that is not met in the flow has the playbook's words.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from dashboard.diagnosis import Reason, playbook
from dashboard.flow import FlowStep
from dashboard.marketplaces import by_country
from dashboard.queries.walk import Trouble, Walk


@dataclass(frozen=True, slots=True)
class Words:
    """A failure in words.

    ``todo`` are steps in order; ``ask`` says who can help; ``back`` is what can be changed by going
    back, by the step that lets them.
    """

    heading: str
    happened: str
    todo: tuple[str, ...]
    ask: str
    back: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """One requirement; ``state`` is ``good``, ``bad``, or ``later`` while it cannot be known."""

    title: str
    text: str
    state: str


FILE: Final = Path(__file__).parent / "failures.toml"
ASK: Final = "If it does not work, write to us and we will look at it together."

CAMPAIGN: Final = frozenset({Reason.NEVER_ADVERTISED})
PERMISSION: Final = frozenset(
    {
        Reason.VIEW_ONLY, Reason.MANAGER_VIEWER, Reason.AGENCY_PROFILE, Reason.AUTHOR_PROFILE,
        Reason.PARTIAL_CONSENT, Reason.WRONG_REGION,
    }
)  # fmt: skip
LOGIN: Final = frozenset({Reason.WRONG_LOGIN})


@cache
def texts() -> Mapping[Reason, Words]:
    """Every failure that can be met in the flow, from ``failures.toml``."""
    entries = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return MappingProxyType({Reason(reason): _words(entry) for reason, entry in entries.items()})


def _words(entry: Mapping[str, Any]) -> Words:
    todo = tuple(entry["todo"])
    return Words(entry["heading"], entry["happened"], todo, entry["ask"], entry.get("back", {}))


def of(trouble: Trouble, link: Walk) -> Words:
    """A failure in words, with the countries it is about."""
    found = texts().get(trouble.reason)
    if found is None:
        said = playbook()[trouble.reason]
        found = Words(said.title, said.customer or "We could not finish.", (), ASK)
    # Who and where the account is cannot be changed any more once a channel is connected.
    back = [
        text
        for step, text in found.back.items()
        if step in link.steps and not (step == FlowStep.ACCOUNT and link.connected)
    ]
    found = replace(found, todo=(*found.todo, *back))
    known = by_country()
    places = [known[each].country for each in trouble.places if each in known]
    if places and link.account is not None:
        found = replace(found, happened=f"{found.happened} It is about: {', '.join(places)}.")
    return found


def checks(reason: Reason | None, *, signed_in: bool) -> tuple[Check, ...]:
    """The requirements before Amazon Advertising, as far as a trip to Amazon has shown them.

    Args:
        reason: why the last trip failed, if it did.
        signed_in: Amazon has already listed what the login reaches.
    """

    def state(bad: frozenset[Reason]) -> str:
        if reason in bad:
            return "bad"
        return "good" if signed_in and reason is None else "later"

    return (
        Check(
            "You have at least one campaign",
            "Amazon lets us in only after a campaign was created. If you have none, create one in "
            "Amazon's advertising console, and allow up to 24 hours.",
            state(CAMPAIGN),
        ),
        Check(
            "Your login may edit campaigns",
            "It needs Admin, or View and Edit, in Campaign Manager. If it has not, the owner of "
            "the account can give it to you. If you work for an agency, the owner must give your "
            "own login these permissions, and those for Selling Partner.",
            state(PERMISSION),
        ),
        Check(
            "You are signed out of other Amazon accounts",
            "Otherwise Amazon may connect the wrong one without asking. A private window is the "
            "surest way.",
            state(LOGIN),
        ),
    )
