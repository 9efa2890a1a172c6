"""Asking Amazon whether a consent works: what every account on it reaches, and a small proof.

The order is that of the documentation's own advice: a token first, then what the consent reaches,
then one small page of data (SP-API samples, authorization life cycle).
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import SecretStr

from dashboard import clock, signals
from dashboard.actions.checking import Subject, Task
from dashboard.amazon import ads, selling_partner
from dashboard.amazon.selling_partner import Participation
from dashboard.amazon.wire import Wire
from dashboard.diagnosis import Channel
from dashboard.errors import AmazonError, GrantRefused, SealBroken
from dashboard.signals import Finding, Reach
from dashboard.status import AccountType
from dashboard.sync import buckets
from dashboard.sync.buckets import Operation
from dashboard.sync.calling import Caller, Held
from dashboard.sync.reaching import Lists

Found = Finding | AmazonError


@dataclass(frozen=True, slots=True)
class Seen:
    """What Amazon told: of each account a finding or an error; or one error before all that.

    ``put_off``: nothing, as it may not be asked before that moment.
    """

    found: Mapping[int, Found] = field(default_factory=dict)
    error: AmazonError | SealBroken | None = None
    put_off: datetime | None = None


def look(task: Task, now: datetime, wire: Wire | None = None, held: Held | None = None) -> Seen:
    """Look at all accounts on a consent.

    Args:
        task: the check.
        now: aware UTC.
        wire: what carries the calls; the network if not given.
        held: its access token or why there is none, where that was found out already.

    Raises:
        NotFound: the consent or its token is gone.
        AmazonError: of its tree; no account could be looked at.
    """
    try:
        caller = Caller(task, now, wire, held)
    except SealBroken as error:
        return Seen(error=error)
    if task.channel is Channel.SP_API:
        return _selling(task, caller)
    lists = Lists(caller)
    # In any order: of many accounts, others are asked for data each time.
    subjects = random.sample(task.subjects, len(task.subjects))
    return Seen({each.account_id: _login(task, each, lists, caller) for each in subjects})


def _login(task: Task, subject: Subject, lists: Lists, caller: Caller) -> Found:
    wanted = subject.wanted
    try:
        reach = Reach(lists.of(wanted.region))
        if signals.lacking(wanted, reach, verified=True) is not None:
            return signals.advertising(wanted, lists.reach(wanted.region))
        mine = [
            each for each in signals.offered(wanted, reach.editable)
            if each.marketplace_id in wanted.marketplaces
        ]  # fmt: skip
        # Without a marketplace of ours there is nothing to ask for.
        page = (
            None
            if not mine
            else caller.probe(
                lambda token: ads.campaigns(
                    wanted.region, token, mine[0].id, page_size=10, wire=caller.wire
                )
            )
        )
        servings = [each.serving_status for each in page.campaigns] if page else None
        age = caller.now - task.consented_at
        return signals.advertising(wanted, reach, servings, age=age)
    except GrantRefused:
        raise
    except AmazonError as error:
        return error


def _selling(task: Task, caller: Caller) -> Seen:
    joined: list[Participation] | None = None
    sellers = [each for each in task.subjects if each.wanted.type is AccountType.SELLER]
    taken = set[int]()
    if sellers:
        first = sellers[0]
        region = first.wanted.region
        until, later = buckets.take_for_check(region, task.identity, caller.now)
        if until is not None:
            return Seen(put_off=until)
        taken = {first.account_id} if later is None else set()
        try:
            joined = caller.ask(
                lambda token: selling_partner.participations(region, token, wire=caller.wire)
            )
        except GrantRefused:
            raise
        except AmazonError as error:
            buckets.mind(error, Operation.PARTICIPATIONS, region, task.identity)
            return Seen({each.account_id: error for each in task.subjects})
    return Seen(
        {
            each.account_id: _seller(task, each, joined, caller, taken=each.account_id in taken)
            for each in task.subjects
        }
    )


def _seller(
    task: Task,
    subject: Subject,
    joined: Sequence[Participation] | None,
    caller: Caller,
    *,
    taken: bool,
) -> Found:
    """Look at one account; ``taken``: the call for its page of data is taken already."""
    wanted, age = subject.wanted, caller.now - task.consented_at
    finding = signals.selling(wanted, task.identity, joined, age=age)
    if finding.problem is not None:
        return finding
    seller = wanted.type is AccountType.SELLER
    operation = Operation.INVENTORY if seller else Operation.PURCHASE_ORDERS
    if not taken and buckets.wait(operation, wanted.region, task.identity) is not None:
        return finding
    try:
        goods = caller.probe(lambda token: _goods(subject, token, caller.wire))
    except GrantRefused:
        raise
    except AmazonError as error:
        buckets.mind(error, operation, wanted.region, task.identity)
        return error
    return signals.selling(wanted, task.identity, joined, goods=goods, age=age)


def _goods(subject: Subject, token: SecretStr, wire: Wire | None) -> int:
    """How many products, or a vendor's orders, one page shows."""
    wanted = subject.wanted
    if wanted.type is AccountType.VENDOR:
        since = clock.now() - selling_partner.ORDERED
        return len(selling_partner.purchase_orders(wanted.region, token, since, wire=wire).orders)
    place = sorted(wanted.marketplaces)[0]
    return len(selling_partner.inventory(wanted.region, token, place, wire=wire).items)
