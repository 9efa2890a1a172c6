"""What is measured: pages as people open them, and how their times become figures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from dashboard.diagnosis import Actor
from dashboard.status import AgeBand, ChannelStatus, Headline

Figure = dict[str, str | int | float]
"""One line of the result: name, accounts, unit, median, min, max, runs."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A page of the dashboard with parameters, and whether its speed has a bar.

    ``shows`` is the CSS selector of the first rows or chart.
    """

    name: str
    page: str
    params: dict[str, str] = field(default_factory=dict)
    barred: bool = True
    shows: str = "[role=gridcell]"

    @property
    def address(self) -> str:
        """The page's path, as in the URL."""
        return {"overview": "", "import_accounts": "import"}.get(self.page, self.page)


YEAR: Final = "12 months"
CHART: Final = ".js-plotly-plot .main-svg"
SCENARIOS: Final = (
    Scenario("overview", "overview", shows=CHART),
    Scenario("renewals", "renewals", barred=False),
    Scenario(
        "renewals, 90 days of a strategist",
        "renewals",
        {"due": "90", "strategist": "{strategist}"},
        barred=False,
    ),
    Scenario("accounts", "accounts"),
    Scenario("accounts, most common headline", "accounts", {"headline": Headline.HEALTHY}),
    Scenario("accounts, rare headline", "accounts", {"headline": Headline.STUCK}),
    Scenario("accounts, who acts", "accounts", {"actor": Actor.CUSTOMER}),
    Scenario("accounts, reason", "accounts", {"reason": "{reason}"}),
    Scenario("accounts, region", "accounts", {"region": "FE"}),
    Scenario("accounts, type", "accounts", {"type": "vendor"}),
    Scenario("accounts, AAA", "accounts", {"aaa": ChannelStatus.CONNECTED}),
    Scenario("accounts, SP-API", "accounts", {"sp_api": ChannelStatus.EXPIRING}),
    Scenario("accounts, sync age", "accounts", {"age": AgeBand.UNDER_48_H}),
    Scenario("accounts, common marketplace", "accounts", {"marketplace": "US"}),
    Scenario("accounts, rare marketplace", "accounts", {"marketplace": "IE"}),
    Scenario("accounts, strategist", "accounts", {"strategist": "{strategist}"}),
    Scenario("accounts, search of one account", "accounts", {"search": "acc-20001-3"}),
    Scenario("accounts, search of a common word", "accounts", {"search": "fitness"}),
    Scenario("accounts, search of one letter", "accounts", {"search": "a"}),
    Scenario("accounts, oldest data first", "accounts", {"sort": "oldest"}, barred=False),
    Scenario(
        "accounts, common headline, oldest first",
        "accounts",
        {"headline": Headline.HEALTHY, "sort": "oldest"},
        barred=False,
    ),
    Scenario(
        "accounts, three filters",
        "accounts",
        {"region": "EU", "type": "seller", "headline": Headline.NEEDS_RECONNECT},
        barred=False,
    ),
    Scenario("accounts, page 200", "accounts", {"page": "200"}, barred=False),
    Scenario("accounts by organization", "accounts", {"group": "organization"}, barred=False),
    Scenario("accounts by marketplace", "accounts", {"group": "marketplace"}, barred=False),
    Scenario("triage", "triage"),
    Scenario("triage, nobody's", "triage", {"view": "unassigned"}),
    Scenario("triage, waiting on customers", "triage", {"view": "customer"}, barred=False),
    Scenario("triage, reason", "triage", {"why": "{reason}"}, barred=False),
    Scenario("triage, search of a common word", "triage", {"q": "fitness"}, barred=False),
    Scenario("organization", "organization", {"id": "{organization}"}, barred=False),
    Scenario("account", "account", {"id": "{account}"}, barred=False),
    Scenario("activity", "activity", barred=False),
    Scenario("metrics, funnel of last month", "metrics", shows=CHART),
    Scenario("metrics, funnel of 12 months", "metrics", {"period": YEAR}, shows=CHART),
    Scenario(
        "metrics, funnel of 12 months by week", "metrics", {"period": YEAR, "cohort": "Week"},
        shows=CHART,
    ),
    Scenario("metrics, times", "metrics", {"view": "Times", "period": YEAR}, shows=CHART),
    Scenario("metrics, health", "metrics", {"view": "Health", "period": YEAR}, shows=CHART),
    Scenario(
        "metrics, health of a strategist", "metrics",
        {"view": "Health", "period": YEAR, "strategist": "{strategist}"}, shows=CHART,
    ),
    Scenario("metrics, load", "metrics", {"view": "Load", "period": YEAR}),
    Scenario("replay", "metrics", {"view": "Replay", "day": "{day}", "hour": "10"}, shows=CHART),
)  # fmt: skip


def figure(name: str, accounts: int, unit: str, values: Sequence[float]) -> Figure:
    """Sum up repeated measurements of one thing."""
    return {
        "name": name,
        "accounts": accounts,
        "unit": unit,
        "median": round(median(values), 2),
        "min": round(min(values), 2),
        "max": round(max(values), 2),
        "runs": len(values),
    }
