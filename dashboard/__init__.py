"""Switchboard: connection health of every customer's Amazon accounts.

Reading order: ``status`` (what the words mean), ``db.models`` (what is stored), ``actions`` (how it
changes), ``queries`` (how it is read), ``ui`` and ``pages`` (how it is shown).

Imports run one way; each floor may use those below it, none above or beside, but for what stands
in brackets. A test reads this map and holds every import to it::

    7  commands
    6  pages/  app.py  web  bench/  checks  processes (checks)
    5  ui/  sync/  connect/
    4  queries/  actions/
    3  alerts/  db/  amazon/  exports  mail  targets/  vault
    3  charts  history_charts  past_charts  funnel_charts  forecast_charts
    2  status  cases (status)  flow  signals (status)  roles  settings (status)  funnels
    1  diagnosis  marketplaces  merchants  mail_server  forecast  cohorts  milestones  spreads
    0  clock  errors

``__main__`` starts what stands on the top floor; nothing imports it.
"""
