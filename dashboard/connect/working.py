"""How the background work is doing, for Prometheus: read from the database when it asks."""

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from dashboard import clock
from dashboard.db.engine import reading
from dashboard.queries import system
from dashboard.queries.health import reachable


def text() -> bytes:
    """The figures of the System page; none while the database cannot be reached."""
    registry = CollectorRegistry()
    if reachable():
        _fill(registry)
    return generate_latest(registry)


def _fill(registry: CollectorRegistry) -> None:
    now = clock.now()
    with reading() as session:
        workers, waiting = system.workers(session, now), system.backlog(session, now)
        outcomes, rounds = system.outcomes(session, now), system.rounds(session)

    def gauge(name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"switchboard_{name}", what, labels, registry=registry)

    states = gauge("workers", "Workers of the last day.", "state")
    for state in ("working", "silent", "stopped"):
        states.labels(state).set(int((workers["state"] == state).sum()))
    queued = workers[workers["state"] == "working"]["queued"]
    gauge("queue_tasks", "Tasks in the queue.").set(int(queued.max()) if len(queued) else 0)
    due = gauge("due", f"Due and in nobody's hands, {system.MOST} at most.", "kind")
    age = gauge("due_seconds", "For how long the oldest of these has been due.", "kind")
    for kind, number, since in (
        ("check", waiting.checks, waiting.checks_since),
        ("sync", waiting.syncs, waiting.syncs_since),
    ):
        due.labels(kind).set(number)
        age.labels(kind).set((now - since).total_seconds() if since else 0)
    gauge("asked", "Checks and syncs that people wait for.").set(waiting.asked)
    done = gauge("work_last_hour", "What the last hour's work came to.", "kind", "outcome")
    for kind, outcome, number, _ in outcomes.itertuples(index=False, name=None):
        done.labels(kind, outcome).set(number)
    took = gauge("round_seconds", "How long what is done every minute took.", "name")
    ago = gauge("round_age_seconds", "How long ago it was begun last.", "name")
    for name, began_at, seconds, _ in rounds.itertuples(index=False, name=None):
        took.labels(name).set(seconds)
        ago.labels(name).set((now - began_at).total_seconds())
