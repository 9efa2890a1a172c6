"""Addresses of pages, for links and table cells."""

from dashboard.diagnosis import Reason, playbook
from dashboard.status import Headline
from dashboard.ui import links


def test_a_link_carries_its_parameters_as_the_page_reads_them() -> None:
    assert links.account(7).url == "/account?id=7"
    assert links.overview().url == "/"
    several = links.accounts(headline=[Headline.STUCK, Headline.NEEDS_RECONNECT], region="EU")
    assert several.url == "/accounts?headline=Stuck&headline=Needs+reconnect&region=EU"


def test_a_reason_stands_in_an_address_by_its_title() -> None:
    title = playbook()[Reason.DATA_LATE].title
    assert links.accounts(reason=Reason.DATA_LATE).query == {"reason": [title]}


def test_filters_that_are_not_set_are_left_out() -> None:
    assert links.accounts(search="", region=None, headline=[], page=1).url == "/accounts?page=1"


def test_what_people_typed_cannot_leave_its_parameter() -> None:
    assert links.accounts(search="a&region=EU #x").url == "/accounts?search=a%26region%3DEU+%23x"
