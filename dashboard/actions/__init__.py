"""Writes: use cases; each owns its transaction, checks the role and records an event."""
