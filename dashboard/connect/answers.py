"""What the form of each step does; all of them may be sent twice."""

from collections.abc import Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.actions.connecting import attempts, consents, walking
from dashboard.connect import browser, handover, pages, steps, words
from dashboard.connect.finding import find_marketplaces
from dashboard.connect.forms import Form, posted
from dashboard.connect.returning import reason_of
from dashboard.db.engine import reading
from dashboard.diagnosis import Channel, Reason
from dashboard.errors import AmazonError, BadInput, ConnectionRefused, LinkClosed
from dashboard.flow import FlowStep, following
from dashboard.marketplaces import Region
from dashboard.queries import walk_account
from dashboard.queries.walk import Trouble, Walk
from dashboard.status import AccountType


def answer(request: Request, form: Form) -> Response:
    """Do what a step's form asks for; what is wrong with it is said on the same page."""
    step, link = steps.step_of(request), steps.look(request)
    if link.done_at is not None or not link.reached(step):
        return pages.go(pages.path_of(link.link_id))
    try:
        return ANSWERS[step](request, link, form)
    except BadInput as error:
        return steps.show(request, link, step, 422, error=str(error), form=form)
    except ConnectionRefused as refused:
        trouble = Trouble(Reason(refused.reason), Channel.AAA, refused.places)
        return steps.show_problem(request, link, words.of(trouble, link), Channel.AAA, 409)
    except AmazonError as error:
        trouble = Trouble(reason_of(error), Channel.AAA, ())
        return steps.show_problem(request, link, words.of(trouble, link), Channel.AAA, 503)
    except LinkClosed:
        # Sent twice: what was sent first has ended the link meanwhile.
        if steps.look(request).done_at is None:
            raise
        return pages.go(pages.path_of(link.link_id))


def _organization(request: Request, link: Walk, form: Form) -> Response:
    secret = browser.link_secret(request)
    chosen = form.one("organization")
    if chosen:
        known = {str(each.id): each.id for each in link.choices}
        if chosen not in known:
            raise BadInput("Please choose one of your organizations.")
        walking.choose_organization(secret, link.link_id, known[chosen])
    else:
        walking.create_organization(secret, link.link_id, form.one("name"))
    return _on(link, FlowStep.ORGANIZATION)


def _account(request: Request, link: Walk, form: Form) -> Response:
    secret = browser.link_secret(request)
    instead = form.one("instead")
    if instead:
        if not instead.isdecimal() or len(instead) > 18:
            raise BadInput("Please choose one of the accounts shown.")
        walking.add_marketplace_instead(secret, link.link_id, int(instead))
        return pages.go(pages.path_of(link.link_id))
    try:
        account_type, region = AccountType(form.one("type")), Region(form.one("region"))
    except ValueError:
        raise BadInput("Please choose the account's type and its region.") from None
    if form.one("anyway") != "yes":
        with reading() as session:
            found = walk_account.similar(session, link, account_type, region)
        if found:
            return pages.show(
                request, "similar", link=link, walk=link.steps, step=FlowStep.ACCOUNT,
                titles=pages.TITLES, accounts=found, type=account_type, region=region,
                name=form.one("name"),
            )  # fmt: skip
    walking.describe_account(secret, link.link_id, account_type, region, form.one("name"))
    return _on(link, FlowStep.ACCOUNT)


def _advertising(request: Request, link: Walk, _form: Form) -> Response:
    return _leave(request, link, Channel.AAA)


def _marketplaces(request: Request, link: Walk, form: Form) -> Response:
    secret = browser.link_secret(request)
    if form.one("find"):
        find_marketplaces(secret, link.link_id)
        return pages.go(pages.path_of(link.link_id))
    consents.choose(secret, link.link_id, form.all("profile"))
    return _on(link, FlowStep.MARKETPLACES)


def _selling_partner(request: Request, link: Walk, form: Form) -> Response:
    if form.one("skip"):
        walking.skip_selling_partner(browser.link_secret(request), link.link_id)
        return _on(link, FlowStep.SELLING_PARTNER)
    if form.one("agree") != "yes":
        raise BadInput("Please tick the box first: it says what you allow us to do.")
    return _leave(request, link, Channel.SP_API)


def _syncing(_request: Request, link: Walk, _form: Form) -> Response:
    return pages.go(pages.path_of(link.link_id))


def _leave(request: Request, link: Walk, channel: Channel) -> Response:
    secret, known = browser.link_secret(request), browser.known_or_new(request)
    if channel is Channel.AAA:
        return pages.go(attempts.depart(secret, link.link_id, channel, known))
    sent = handover.present(request)
    answer = pages.go(attempts.depart(secret, link.link_id, channel, known, sent))
    if sent is not None:
        handover.forget(answer)
    return answer


def _on(link: Walk, step: FlowStep) -> Response:
    return pages.go(pages.path_of(link.link_id, following(link.steps, step)))


ANSWERS: Final[Mapping[FlowStep, Callable[[Request, Walk, Form], Response]]] = {
    FlowStep.ORGANIZATION: _organization,
    FlowStep.ACCOUNT: _account,
    FlowStep.ADVERTISING: _advertising,
    FlowStep.MARKETPLACES: _marketplaces,
    FlowStep.SELLING_PARTNER: _selling_partner,
    FlowStep.SYNCING: _syncing,
}

routes: Final = [Route("/setup/{link_id:int}/{step}", posted(answer), methods=["POST"])]
