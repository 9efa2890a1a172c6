"""Tables of what staff ask workers for: a sync, a check, a pause, for one account or very many."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.db.models import Model


class Kind(StrEnum):
    """What is asked for."""

    SYNC = "sync"
    CHECK = "check"
    PAUSE = "pause"
    RESUME = "resume"


class State(StrEnum):
    """How far a request is with one account; from ``SUCCEEDED`` on it has come to its end."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    IMPOSSIBLE = "not possible"


class Request(Model):
    """What a member of staff has asked for, kept for a week; open while ``closed_at`` is empty."""

    __tablename__ = "requests"
    __table_args__ = (Index(None, "staff_name", "asked_at"), Index(None, "closed_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    staff_name: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(index=True)
    accounts: Mapped[int]
    closed_at: Mapped[datetime | None]


class RequestedAccount(Model):
    """One account of a request, and what came of it.

    It waits for whoever hands out its work until ``taken_at``. ``outcome`` is a ``State`` that is
    an end, empty before; ``why`` is then a reason, the class of an error, or a sentence, if there
    is anything to say. ``rows`` are those that arrived.
    """

    __tablename__ = "requested_accounts"
    __table_args__ = {"sqlite_with_rowid": False}

    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, index=True)
    taken_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    why: Mapped[str] = mapped_column(default="", server_default="")
    rows: Mapped[int] = mapped_column(default=0, server_default="0")
