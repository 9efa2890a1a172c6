"""Handing one message to a chat, a pager or a webhook: values in, nothing kept."""

from dataclasses import dataclass, field
from typing import Final

from apprise import Apprise, NotifyFormat, NotifyType
from pydantic import SecretStr

from dashboard.errors import BadInput, TargetFailed
from dashboard.settings import Mode, settings
from dashboard.targets import known, outbound
from dashboard.targets.outbound import Call

TRANSIENT: Final = frozenset({408, 425, 429})
"""Answers of the 400s that may be another one later."""
A_DEMO: Final = "This is a demo: nothing leaves this machine."

outbound.bind(each.plugin for each in known.SERVICES)


@dataclass(frozen=True, slots=True)
class Note:
    """A message. ``good``: it tells of an end, not of a problem."""

    title: str
    text: str = field(repr=False)
    good: bool = False


def send(address: SecretStr, note: Note, patience: float = outbound.PATIENCE) -> None:
    """Hand a message to a target; may take ``outbound.LONGEST`` seconds.

    Args:
        address: where to, with its secrets.
        note: the message.
        patience: seconds to connect, and between two pieces of an answer.

    Raises:
        TargetFailed: it was not taken; ``for_good`` says that trying again is of no use.
    """
    try:
        target = known.read(address)
    except BadInput as error:
        raise TargetFailed(str(error), for_good=True) from None
    chosen = settings()
    if chosen.mode is Mode.DEMO and not chosen.alerts_internal:
        raise TargetFailed(A_DEMO, for_good=True)
    sender = Apprise(asset=target.plugin.asset)
    sender.add(target.plugin)
    kind = NotifyType.SUCCESS if note.good else NotifyType.WARNING
    with outbound.calling(patience) as call:
        taken = sender.notify(note.text, note.title, kind, body_format=NotifyFormat.TEXT)
    if not taken:
        raise _failure(target.service, call)


def _failure(service: str, call: Call) -> TargetFailed:
    """Why a message was not taken. What the server said is not repeated: it may quote us."""
    status = call.status
    if call.refused and not status:
        where = "elsewhere" if settings().mode is Mode.DEMO else "inside the company's network"
        return TargetFailed(f"Its address is {where}, where alerts may not go.", for_good=True)
    if 300 <= status < 400:
        return TargetFailed(
            f"{service} sent us on to another address ({status}), which is not followed: change "
            "the route's address.", for_good=True,
        )  # fmt: skip
    if status >= 400:
        final = status < 500 and status not in TRANSIENT
        return TargetFailed(f"{service} refused the message ({status}).", for_good=final)
    if call.late:
        return TargetFailed(f"{service} did not answer in time.")
    if status:
        return TargetFailed(f"{service} did not accept the message.", for_good=True)
    return TargetFailed(f"{service} could not be reached.")
