"""Checking consents: each is proved by using it, and what it says is stored for its accounts.

``look`` asks Amazon, ``settle`` decides what is believed of the answers, ``check_all`` does both
for consents that are due. What can be done for several of them at once is: a transaction costs as
much as a call.
"""

import logging
import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from dashboard import clock
from dashboard.actions import checking
from dashboard.actions.checking import Result, Task
from dashboard.amazon.wire import Wire
from dashboard.errors import AmazonError, NotFound
from dashboard.settings import settings
from dashboard.sync import calling, counting, incidents, looking, settling, tokens
from dashboard.sync.calling import Held
from dashboard.sync.looking import Seen
from dashboard.sync.recognition import AT_ONCE
from dashboard.sync.retry import LONGEST

SLOWLY: Final = timedelta(days=1)
"""How often a consent is thought of that nobody uses."""
ENOUGH: Final = 45.0
"""Seconds after which no more of several is begun: what was found is to be stored."""

logger = logging.getLogger(__name__)


def check(
    grant_id: int,
    ticket: str | None = None,
    *,
    wire: Wire | None = None,
    now: datetime | None = None,
) -> bool:
    """Check one consent, unless somebody else does.

    Args:
        grant_id: the consent.
        ticket: the lease under which it stood in the queue.
        wire: what carries the calls; the network if not given.
        now: aware UTC; the present unless given.

    Returns:
        Whether something was found out and stored.
    """
    return bool(check_all([grant_id], ticket, wire=wire, now=now))


def check_all(
    grant_ids: Sequence[int],
    ticket: str | None = None,
    *,
    wire: Wire | None = None,
    now: datetime | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> list[str]:
    """Check several consents one after the other, those that nobody else checks.

    Args:
        grant_ids: the consents.
        ticket: the lease under which they stood in the queue.
        wire: what carries the calls; the network if not given.
        now: aware UTC; the present unless given.
        stopping: whether the worker is told to stop, asked before each.

    Returns:
        What came of those of which something was found out and stored: ``checking.OK``, or the
        class of an error.
    """
    moment, began = now or clock.now(), time.monotonic()
    claimed = checking.claim_all(grant_ids, ticket, moment)
    due = {each.grant_id: moment + LONGEST for each in claimed}
    due |= {each.grant_id: moment + SLOWLY for each in claimed if not each.subjects}
    stored: set[int] = set()
    try:
        used = [each for each in claimed if each.subjects]
        results = _look_at(used, due, wire, now, stopping)
        stored = checking.store_all(results, now or clock.now())
        # Another consent has taken the place of the others, which will be due by itself.
        due |= {task.grant_id: moment + timedelta(minutes=1) for task, _ in results}
        if any(_blames_us(each) for each in results):
            incidents.watch(now)
        if results:
            counting.counts().took(time.monotonic() - began, len(results))
        found = [_outcome(result) for task, result in results if task.grant_id in stored]
        lost = len(results) - len(found)
        for outcome in (*found, *[counting.LOST] * lost):
            counting.counts().add(counting.CHECK, outcome)
        return found
    finally:
        for each in claimed:
            if each.grant_id not in stored:
                checking.give_back(each, due[each.grant_id])


def _look_at(
    claimed: Sequence[Task],
    due: dict[int, datetime],
    wire: Wire | None,
    now: datetime | None,
    stopping: Callable[[], bool],
) -> list[tuple[Task, Result]]:
    """Ask Amazon about one after the other; of those without a result, when they are due."""
    wanted = {each.grant_id: calling.how_new(each) for each in claimed}
    held = tokens.ahead(wanted, wire) if wanted else {}
    every, ends = timedelta(hours=settings().check_hours), time.monotonic() + ENOUGH
    results = []
    for task in claimed:
        moment = now or clock.now()
        if stopping() or time.monotonic() > ends:
            due[task.grant_id] = moment
            continue
        try:
            seen = _look(task, moment, wire, held.get(task.grant_id))
            if seen.put_off is None:
                chance = random.random()  # noqa: S311 - spreads work, keeps no secret
                results.append((task, settling.settle(task, seen, moment, chance, every)))
            else:
                due[task.grant_id] = seen.put_off
                counting.counts().add(counting.CHECK, counting.PUT_OFF)
        except Exception as error:
            counting.counts().add(counting.CHECK, type(error).__name__)
            # A fault of ours in one of them is not to cost the others their turn.
            logger.exception("Consent %s could not be checked", task.grant_id)
    return results


def _look(task: Task, now: datetime, wire: Wire | None, held: Held | None) -> Seen:
    try:
        return looking.look(task, now, wire, held)
    except AmazonError as error:
        return Seen(error=error)
    except NotFound:
        # Withdrawn since it was claimed.
        return Seen(put_off=now + SLOWLY)


def _blames_us(found: tuple[Task, Result]) -> bool:
    """Whether Amazon refuses us, which is an incident at once, and none that is known."""
    task, result = found
    return any(
        outcome in AT_ONCE and (region.value, outcome) not in task.incidents
        for region, outcome in result.outcomes.items()
    )


def _outcome(result: Result) -> str:
    """What came of a check: of several regions the first in which something went wrong."""
    wrong = (each for each in result.outcomes.values() if each != checking.OK)
    return next(wrong, checking.OK)
