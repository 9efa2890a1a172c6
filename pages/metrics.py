"""Metrics: how customers come aboard, how connections fare, and how it was at any past hour."""

from dashboard.ui import opening
from dashboard.ui.frame import page
from dashboard.ui.metrics import choosing, health, joining, lengths, replaying
from dashboard.ui.metrics.choosing import View

VIEWS = {
    View.FUNNEL: joining.show,
    View.TIMES: lengths.show,
    View.HEALTH: health.show,
    View.REPLAY: replaying.show,
}

with page("Metrics"):
    opening.follow()
    chosen = choosing.choose()
    VIEWS[chosen.view](chosen)
