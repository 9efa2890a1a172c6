"""Switchboard: connection health of every customer's Amazon accounts.

Reading order: ``status`` (what the words mean), ``db.models`` (what is stored), ``actions`` (how it
changes), ``queries`` (how it is read), ``ui`` and ``pages`` (how it is shown).

Imports run one way; each floor may use those below it, none above or beside::

    6  pages/   app.py   web  processes  checks  bench/   (started by __main__)
    5  ui/      sync/      connect/
    4  queries/            actions/
    3  charts   db/        amazon/    vault
    2  status   settings   roles
    1  diagnosis  marketplaces  clock  errors
"""
