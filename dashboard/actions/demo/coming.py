"""How the demo's customers came aboard: their links, and those who asked and never came."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy.orm import Session

from dashboard.actions.demo import names
from dashboard.actions.demo.company import CUSTOMER, Person
from dashboard.actions.demo.life import Life, Relink
from dashboard.actions.demo.past import DAYS
from dashboard.actions.demo.records import insert, inserted
from dashboard.db.connecting import Link
from dashboard.db.past import Onboarding
from dashboard.diagnosis import Channel
from dashboard.flow import FlowStep, LinkKind, steps
from dashboard.milestones import Milestone, furthest, waits_for
from dashboard.settings import settings

STRANGERS: Final = 34
"""How many of a block asked to get started and have no account."""


def write(session: Session, block: Sequence[Any], homes: Sequence[int], ids: Sequence[int]) -> None:
    """Write the links and the ways aboard of these organizations.

    Args:
        session: the open transaction.
        block: of ``telling.Household``.
        homes: the ids of the organizations, in their order.
        ids: the ids of their accounts, likewise.
    """
    remaining = iter(ids)
    first, others, rows = [], [], []
    for home, household in zip(homes, block, strict=True):
        for place, told in enumerate(household.accounts):
            life, account_id = told.life, next(remaining)
            email = household.plan.contacts[0][1] if not place else ""
            others += [_relink(life, home, account_id, each) for each in life.relinks]
            if Milestone.INVITED in life.reached:
                first.append(_link(life, home, account_id, email))
                rows.append(_row(life, account_id, email))
    known = inserted(session, Link, first)
    insert(session, Link, others)
    insert(
        session,
        Onboarding,
        [row | {"link_id": link_id} for row, link_id in zip(rows, known, strict=True)],
    )


def strangers(session: Session, seed: str, now: datetime) -> None:
    """Write those who asked to get started, and did not open our mail, or went no further."""
    rng = random.Random(f"{seed}/strangers")  # noqa: S311 - made-up data
    links, rows = [], []
    for number in range(STRANGERS):
        at = (now - timedelta(days=rng.uniform(0.3, DAYS - 2))).replace(microsecond=0)
        opened = at + timedelta(minutes=rng.randint(2, 2000)) if rng.random() < 0.45 else None
        opened = opened if opened and opened < now else None
        name = names.person(rng.randrange(9999))
        email = names.email(name, f"{names.slug(names.organization(900 + number))}.example")
        reached = {Milestone.INVITED: at} | ({Milestone.OPENED: opened} if opened else {})
        walk = steps(organization=True, account=True, channels=list(Channel), marketplaces=True)
        links.append(
            _made(f"{seed}/{number}", LinkKind.SIGN_UP, walk, at, CUSTOMER, now)
            | {"email": email, "organization_id": None, "account_id": None, "opened_at": opened}
        )
        rows.append(_onboarding(reached, set(Milestone), email, None, None))
    known = inserted(session, Link, links)
    insert(
        session,
        Onboarding,
        [row | {"link_id": link_id} for row, link_id in zip(rows, known, strict=True)],
    )


def _link(life: Life, home: int, account_id: int, email: str) -> dict[str, Any]:
    """The link by which an account came, or was to come."""
    kind = LinkKind.SIGN_UP if email else LinkKind.ADD_ACCOUNT
    walk = steps(organization=bool(email), account=True, channels=life.channels, marketplaces=True)
    connected = _connected(life)
    at = life.reached[Milestone.INVITED]
    known = {"email": email, "organization_id": home, "account_id": account_id}
    known |= {"opened_at": life.reached.get(Milestone.OPENED), "done_at": connected}
    known |= {"connected": [each.value for each in life.connected_at]}
    step = FlowStep.SYNCING if connected else walk[0]
    who = CUSTOMER if email else life.lead or CUSTOMER
    return _made(life.shape.external_id, kind, walk, at, who, life.now) | known | {
        "step": step.value, "closed_at": connected or _closed(at, life.now),
    }  # fmt: skip


def _relink(life: Life, home: int, account_id: int, each: Relink) -> dict[str, Any]:
    walk = steps(organization=False, account=False, channels=[each.channel], marketplaces=False)
    known = {"email": "", "organization_id": home, "account_id": account_id}
    known |= {"opened_at": each.opened, "done_at": each.done}
    known |= {"connected": [each.channel.value] if each.done else []}
    token = f"{life.shape.external_id}/{each.made.isoformat()}"
    step = FlowStep.SYNCING if each.done else walk[0]
    made = _made(token, LinkKind.RELAUNCH, walk, each.made, each.who, life.now)
    return made | known | {
        "step": step.value, "closed_at": each.done or _closed(each.made, life.now),
    }  # fmt: skip


def _made(  # noqa: PLR0917 - in the order of a sentence
    token: str, kind: LinkKind, walk: Sequence[FlowStep], at: datetime, who: Person, now: datetime
) -> dict[str, Any]:
    """The columns that every link has; nobody knows the secret of one of these."""
    channels = [
        channel.value
        for channel, step in (
            (Channel.AAA, FlowStep.ADVERTISING), (Channel.SP_API, FlowStep.SELLING_PARTNER)
        )
        if step in walk
    ]  # fmt: skip
    return {
        "token_hash": sha256(f"demo/{token}".encode()).hexdigest(), "kind": kind.value,
        "staff_id": who.id, "staff_name": who.name, "channels": channels, "connected": [],
        "steps": [each.value for each in walk], "step": walk[0].value, "profiles": [],
        "problem_places": [], "created_at": at, "sent_at": at, "opened_at": None, "done_at": None,
        "expires_at": at + timedelta(days=settings().link_days), "closed_at": _closed(at, now),
    }  # fmt: skip


def _closed(at: datetime, now: datetime) -> datetime | None:
    end = at + timedelta(days=settings().link_days)
    return end if end < now else None


def _connected(life: Life) -> datetime | None:
    known = [life.connected_at.get(each) for each in life.channels]
    return max(each for each in known if each) if all(known) else None


def _row(life: Life, account_id: int, email: str) -> dict[str, Any]:
    needed = set(Milestone) - (set() if email else {Milestone.CONFIRMED})
    needed -= set() if Channel.SP_API in life.channels else {Milestone.SP_API}
    reached = {
        each: at for each, at in life.reached.items() if email or each is not Milestone.CONFIRMED
    }
    return _onboarding(reached, needed, email, account_id, _connected(life))


def _onboarding(
    reached: dict[Milestone, datetime],
    needed: set[Milestone],
    email: str,
    account_id: int | None,
    connected: datetime | None,
) -> dict[str, Any]:
    following = waits_for(reached, needed)
    invited = reached[Milestone.INVITED]
    return {f"{each}_at": reached.get(each) for each in Milestone} | {
        "account_id": account_id, "email": email, "confirms": bool(email), "chooses": True,
        "void": False, "day": invited.date(), "connected_at": connected,
        "promised_at": connected + timedelta(hours=settings().promise_hours) if connected else None,
        "waits_for": following.value if following else "",
        "waits_since": reached[furthest(reached)] if following else None, "due_at": invited,
    }  # fmt: skip
