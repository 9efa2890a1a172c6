"""What workers do, and when. Every task may run twice, on any worker, at the same time."""

import time
from collections.abc import Callable
from functools import cache, wraps
from threading import Event
from typing import Any, Final, NamedTuple

from huey import crontab

from dashboard import clock
from dashboard.actions import checking, outbox, overdue, past, requests, sweep, workers
from dashboard.actions.alerting import digests, forgetting, gathering, notifying, watching
from dashboard.actions.cases import minding
from dashboard.actions.connecting import ending, expiring, visits
from dashboard.actions.forecasting import renewing
from dashboard.actions.past import weekly
from dashboard.sync import checks, counting, incidents, syncs
from dashboard.sync.queue import queue

FIRST: Final = 10
"""The priority of what happens every minute: it does not wait behind thousands of checks."""


class Tasks(NamedTuple):
    """The tasks, by name; calling one puts it into the queue."""

    watch_incidents: Callable[[], Any]
    rewrite_due: Callable[[], Any]
    mind_cases: Callable[[], Any]
    end_trips: Callable[[], Any]
    send_mail: Callable[[], Any]
    forget: Callable[[], Any]
    tell_overdue: Callable[[], Any]
    forecast: Callable[[], Any]
    keep_past: Callable[[], Any]
    follow_alerts: Callable[[], Any]
    send_alerts: Callable[..., Any]
    write_digests: Callable[[], Any]
    settle: Callable[[], Any]
    check: Callable[..., Any]
    sync: Callable[..., Any]

    @property
    def every_minute(self) -> tuple[Callable[[], Any], ...]:
        """Those that happen by themselves."""
        return self[:-2]


def watch_incidents() -> None:
    """Open and close incidents, and have it looked whether those that are open are over."""
    incidents.watch()
    for probe in incidents.find_probes():
        tasks().check([probe.grant_id], probe.lease, priority=FIRST)


def rewrite_due() -> int:
    """Rewrite the status of accounts that time alone has changed; of how many."""
    return sweep.sweep()


def mind_cases() -> None:
    """Open, close, wake and rank the cases whose time has come."""
    minding.mind()


def end_trips() -> None:
    """End the trips to Amazon that nobody came back from, and the links whose time is up."""
    ending.abandon()
    expiring.close_expired()


def send_mail() -> None:
    """Send what is in the outbox."""
    outbox.deliver()


def forget() -> None:
    """Throw away what is kept for a while only."""
    visits.forget(clock.now())
    checking.forget()
    requests.forget()
    forgetting.forget()
    renewing.forget()


def tell_overdue() -> None:
    """Tell of first syncs that have broken the promise."""
    overdue.tell()


def forecast() -> None:
    """Renew the forecasts of first syncs, if they are old."""
    renewing.renew()


def keep_past() -> None:
    """Count what has become past, and older days that nobody did; tell managers of the week."""
    past.note()
    weekly.write()


def follow_alerts() -> None:
    """Find what there is to tell, and make messages of it."""
    watching.watch()
    gathering.gather()


def send_alerts() -> None:
    """Send the messages of alerts."""
    notifying.notify()


def write_digests() -> None:
    """Write the day's digests into the outbox, once it is time."""
    digests.write_due()


def settle() -> None:
    """Store what came of what staff have asked for."""
    requests.settle()


def check(grant_ids: list[int], ticket: str, handed_out: float | None = None) -> None:
    """Check some consents; since ``handed_out`` (seconds since 1970) the task was in the queue."""
    _begun(handed_out)
    checks.check_all(grant_ids, ticket, stopping=stopping().is_set)


def sync(stream_id: int, ticket: str, handed_out: float | None = None) -> None:
    """Sync a stream; since ``handed_out`` (seconds since 1970) the task was in the queue."""
    _begun(handed_out)
    syncs.sync(stream_id, ticket, stopping=stopping().is_set)


def _begun(handed_out: float | None) -> None:
    if handed_out is not None:
        counting.counts().waited(time.time() - handed_out)


def _round(do: Callable[[], object]) -> Callable[[], None]:
    """Note when what is done every minute was done, how long that took, and of how many."""

    @wraps(do)
    def doing() -> None:
        began_at, began = clock.now(), time.monotonic()
        number = do()
        taken = time.monotonic() - began
        workers.note_round(do.__name__, began_at, taken, number if isinstance(number, int) else 0)

    return doing


@cache
def stopping() -> Event:
    """What is set once this process is told to stop: a long task then gives back what it does."""
    return Event()


@cache
def tasks() -> Tasks:
    """The tasks, known to the queue of this process."""
    periodic = queue().periodic_task(crontab(minute="*"), priority=FIRST)

    def every_minute(do: Callable[[], object]) -> Callable[[], Any]:
        made: Callable[[], Any] = periodic(_round(do))
        return made

    return Tasks(
        every_minute(watch_incidents),
        every_minute(rewrite_due), every_minute(mind_cases), every_minute(end_trips),
        every_minute(send_mail),
        every_minute(forget), every_minute(tell_overdue), every_minute(forecast),
        every_minute(keep_past), every_minute(follow_alerts), every_minute(send_alerts),
        every_minute(write_digests),
        every_minute(settle), queue().task()(check), queue().task()(sync),
    )  # fmt: skip
