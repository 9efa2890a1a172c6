"""Reading for the screen: a session per question, the answer kept for some seconds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast

import streamlit as st
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.db.engine import reading
from dashboard.settings import settings

P = ParamSpec("P")
T = TypeVar("T")

KEPT: Final = timedelta(seconds=15)
"""How old an answer on screen may be; ``fresh`` ends the wait after a write."""

_told: ContextVar[Callable[[datetime], None] | None] = ContextVar("_told", default=None)


def read(query: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Ask the database, or repeat the answer given to the same question within ``KEPT``.

    Args:
        query: a function of ``queries``: a session first, and no side effects. Its answer must be
            a frame, a plain value or a frozen dataclass of these; never a row of the session.
        args: plain hashable values. For a moment use ``moment()``: an ever new ``now`` is an ever
            new question.
        kwargs: likewise.
    """
    question = f"{query.__module__}.{query.__qualname__}"
    named = tuple(sorted(kwargs.items()))
    answer, at = _answer(query, question, settings().database, args, named)
    if (tell := _told.get()) is not None:
        tell(at)
    return cast("T", answer)


def moment() -> datetime:
    """The present in steps of ``KEPT``, for questions about ages: up to one step behind."""
    now = clock.now()
    return now - timedelta(seconds=now.timestamp() % KEPT.total_seconds())


def fresh() -> None:
    """Forget every answer, so that what was just written is seen at once."""
    _answer.clear()


@contextmanager
def telling(tell: Callable[[datetime], None]) -> Iterator[None]:
    """Inside the block, say of each answer when the database gave it."""
    token = _told.set(tell)
    try:
        yield
    finally:
        _told.reset(token)


@st.cache_data(ttl=KEPT, max_entries=1000, show_spinner=False)
def _answer(
    _query: Callable[..., Any],
    question: str,  # noqa: ARG001 - with the database, what the answer is kept under
    database: str,  # noqa: ARG001
    args: tuple[object, ...],
    named: tuple[tuple[str, object], ...],
) -> tuple[Any, datetime]:
    with reading() as session:
        return _query(session, *args, **dict(named)), clock.now()
