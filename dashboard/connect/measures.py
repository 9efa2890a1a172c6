"""What is measured of the customer's pages, for Prometheus."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.routing import Route
from starlette.types import Scope

from dashboard.diagnosis import Channel

BOUNDS: Final = (
    0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30,
)  # fmt: skip
"""Seconds: closest around 0.05, below which most answers are to be."""


class Measures:
    """The figures of one process; nothing in them says who asked for what."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "switchboard_connect_requests", "Requests answered.", ["method", "route", "status"],
            registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "switchboard_connect_seconds", "Seconds until an answer was sent.", ["route"],
            buckets=BOUNDS, registry=self.registry,
        )  # fmt: skip
        self._returns = Counter(
            "switchboard_connect_returns", "Returns from Amazon, and what came of them.",
            ["channel", "outcome"], registry=self.registry,
        )  # fmt: skip

    def request(self, scope: Scope, status: int, seconds: float) -> None:
        """Count a request under the pattern of its route: addresses may hold secrets."""
        route = scope.get("route")
        name = route.path if isinstance(route, Route) else getattr(route, "path", "other")
        method = scope["method"] if scope["method"] in {"GET", "HEAD", "POST"} else "other"
        self._requests.labels(method, name, str(status)).inc()
        self._seconds.labels(name).observe(seconds)

    def came_back(self, channel: Channel, outcome: str) -> None:
        """Count a return: ``connected``, a reason, or why it was not accepted."""
        self._returns.labels(channel.value, outcome).inc()

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)
