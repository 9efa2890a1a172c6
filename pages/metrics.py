"""Metrics: how customers come aboard, how connections fare, and how it was at any past hour."""

from dashboard.ui.frame import page
from dashboard.ui.metrics import choosing, health, replaying
from dashboard.ui.metrics.choosing import View

VIEWS = {View.HEALTH: health.show, View.REPLAY: replaying.show}

with page("Metrics"):
    chosen = choosing.choose()
    VIEWS[chosen.view](chosen)
