"""Writes: use cases; each owns its transaction, checks the role and records an event.

Work for the workers is never put into their queue from here: it is marked as due, or by ``asking``
as something that a person waits for, and workers look for both every second.
"""
