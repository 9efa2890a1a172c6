"""Metrics: how customers come aboard, how connections fare, and how it was at any past hour."""

from dashboard.roles import Permission
from dashboard.ui import opening
from dashboard.ui.frame import page
from dashboard.ui.metrics import choosing, health, joining, lengths, replaying, taking, working
from dashboard.ui.metrics.choosing import View

VIEWS = {
    View.FUNNEL: joining.show,
    View.TIMES: lengths.show,
    View.HEALTH: health.show,
    View.LOAD: working.show,
    View.REPLAY: replaying.show,
}

with page("Metrics") as staff:
    opening.follow()
    chosen, row = choosing.choose()
    hour = VIEWS[chosen.view](chosen)
    if staff.can(Permission.EXPORT):
        with row:
            taking.offer(chosen, hour)
