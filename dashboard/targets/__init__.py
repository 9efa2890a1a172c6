"""Where alerts go besides mail: chats, pagers and webhooks, spoken to through apprise.

``known`` says which addresses may be used at all, ``outbound`` carries every call of apprise and
keeps it out of the company's network, ``sending`` hands over one message. An address holds secrets:
outside this package it is a ``SecretStr``, or the little that ``Target.shown`` tells of it.
"""

from dashboard.targets.known import SERVICES, Target, read
from dashboard.targets.sending import Note, send

__all__ = ["SERVICES", "Note", "Target", "read", "send"]
