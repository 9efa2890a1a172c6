"""Alerts: from a turn of an account's headline to a message that somebody reads.

``routes`` says who is told, ``watching`` finds what there is to tell, ``gathering`` makes messages
of it, ``composing`` finds their words, ``notifying`` sends them; ``digests`` are a day's summary.
Everything runs on any number of workers at once: what is read, gathered or sent is held by one.
"""
