"""What is believed of a check. Pure: what Amazon said and what was known in, a result out."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from dashboard import signals
from dashboard.actions.checking import OK, Result, Stand, Subject, Task
from dashboard.diagnosis import PERMISSION, RECONNECT, Reason
from dashboard.errors import AmazonError, GrantRefused, SealBroken, Throttled
from dashboard.marketplaces import Region
from dashboard.signals import Finding
from dashboard.sync import retry
from dashboard.sync.looking import Found, Seen
from dashboard.sync.retry import Doubt, History

CUSTOMERS: Final = PERMISSION | RECONNECT


def settle(task: Task, seen: Seen, now: datetime, chance: float, every: timedelta) -> Result:
    """Make a result of what was seen.

    Args:
        task: the check, with what was known before.
        seen: what Amazon told.
        now: aware UTC.
        chance: from 0 to 1: spreads checks that were made together.
        every: how often a consent is checked in which all is well.
    """
    if seen.error is not None:
        return _no_token(task, seen.error, now, chance)
    dues, failed = [now + every * (0.9 + chance / 5)], False
    stands: dict[int, Stand] = {}
    outcomes: dict[Region, str] = {}
    for subject in task.subjects:
        found = seen.found[subject.account_id]
        region, outcome = subject.wanted.region, outcome_of(found)
        failed = failed or outcome != OK
        if outcomes.get(region, OK) == OK:
            outcomes[region] = outcome
        stand, due_at = _of_account(task, subject, found, now, chance)
        dues.append(due_at or dues[0])
        if stand is not None:
            stands[subject.account_id] = stand
    failures = task.failures + 1 if failed else 0
    return Result(min(dues), stands, outcomes, failures)


def outcome_of(found: Found | SealBroken) -> str:
    """What is kept of a check: the class of the error, or that Amazon answered."""
    return OK if isinstance(found, Finding) else type(found).__name__


def _no_token(task: Task, error: AmazonError | SealBroken, now: datetime, chance: float) -> Result:
    """Without an access token the same is known of every account."""
    outcomes = dict.fromkeys(_regions(task), outcome_of(error))
    failures = task.failures + 1
    if isinstance(error, SealBroken):
        due_at = now + retry.backoff(task.failures, chance)
        ours = {each.account_id: _with(each, Reason.OUR_FAULT, now) for each in task.subjects}
        return Result(due_at, ours, outcomes, failures, task.doubted_at, refused=task.refused)
    decision = retry.after_error(error, _history(task), now, chance)
    dead = isinstance(error, GrantRefused) and decision.reason is not None
    stands = {}
    for each in task.subjects:
        if task.refused and not dead:
            # A consent that is known to be dead needs the customer, whatever our own trouble.
            continue
        if decision.reason is not None:
            since = decision.doubted_at if dead else None
            stand: Stand | None = _with(each, decision.reason, since or now)
        else:
            stand = _unknown(task, each, error, now)
        if stand is not None:
            stands[each.account_id] = stand
    return Result(decision.at, stands, outcomes, failures, decision.doubted_at,
                  refused=task.refused or dead)  # fmt: skip


def _of_account(
    task: Task, subject: Subject, found: Found, now: datetime, chance: float
) -> tuple[Stand | None, datetime | None]:
    """How an account stands now, if anything is known, and when to look again, if soon."""
    finding = found if isinstance(found, Finding) else _meaning(task, subject, found)
    if finding is None:
        assert isinstance(found, AmazonError), "what is no finding is an error"  # noqa: S101
        decision = retry.after_error(found, _history(task), now, chance)
        return _unknown(task, subject, found, now), decision.at
    if finding.problem is None:
        return Stand(warning=finding.warning if finding.looked else subject.stand.warning), None
    before = subject.stand
    doubt = retry.doubted(finding, _doubt(before), now)
    assert doubt is not None, "there is a problem"  # noqa: S101
    sure = retry.believed(finding, doubt, before.problem, now)
    due_at = retry.next_look(finding, now, sure=sure)
    if sure:
        return _with(subject, finding.problem, doubt.since), due_at
    # We have a token: our client is not refused any more, whatever else is wrong.
    solved = before.problem is Reason.OUR_SECRET_REFUSED
    known = Stand() if solved else before
    return replace(
        known, doubt=doubt.reason, doubted_at=doubt.since, doubts=doubt.times
    ), due_at  # fmt: skip


def _meaning(task: Task, subject: Subject, error: AmazonError) -> Finding | None:
    """What an error says of the customer's rights; nothing while everybody gets it."""
    passes = isinstance(error, Throttled) or signals.trouble(error) is not None
    if passes or _in_incident(task, subject, error):
        return None
    return signals.refusal(task.channel, error)


def _unknown(task: Task, subject: Subject, error: AmazonError, now: datetime) -> Stand | None:
    """How an account stands of which nothing new is known; ``None``: as before."""
    before = subject.stand
    if isinstance(error, Throttled):
        return replace(before, warning=Reason.THROTTLED)
    if not _in_incident(task, subject, error) or before.problem in CUSTOMERS:
        return None
    return replace(_with(subject, Reason.AMAZON_OUTAGE, now), incident=True)


def _in_incident(task: Task, subject: Subject, error: AmazonError) -> bool:
    return (subject.wanted.region.value, type(error).__name__) in task.incidents


def _with(subject: Subject, problem: Reason, since: datetime) -> Stand:
    """With a problem that is believed; one that was known keeps its beginning."""
    before = subject.stand
    if before.problem is problem:
        return replace(before, doubt=None, doubted_at=None, doubts=0)
    return Stand(problem, since, before.warning)


def _doubt(stand: Stand) -> Doubt | None:
    if stand.doubt is None or stand.doubted_at is None:
        return None
    return Doubt(stand.doubt, stand.doubted_at, stand.doubts)


def _history(task: Task) -> History:
    here = not {each.value for each in _regions(task)}.isdisjoint(r for r, _ in task.incidents)
    return History(task.channel, task.consented_at, task.failures, task.doubted_at, here)


def _regions(task: Task) -> Iterable[Region]:
    return {each.wanted.region for each in task.subjects}
