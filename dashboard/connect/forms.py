"""Reading forms: small, plain, and sent from our own page."""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Final
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from dashboard.connect.browser import require_own_form
from dashboard.errors import BadInput

KIND: Final = "application/x-www-form-urlencoded"
FIELDS: Final = 2000
"""More marketplaces than any login is offered."""


class Form:
    """What was typed and chosen."""

    def __init__(self, values: Mapping[str, list[str]] | None = None) -> None:
        self._values = values or {}

    def one(self, name: str) -> str:
        """The value of a field; empty if it was not sent."""
        return self._values.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """Every value of a field that may be sent several times."""
        return list(self._values.get(name, []))


def posted(
    handler: Callable[[Request, Form], Response],
) -> Callable[[Request], Awaitable[Response]]:
    """Make an endpoint of what is to be done with a form that is really ours."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        form = await _read(request)
        require_own_form(request, form.one("token"))
        return await run_in_threadpool(handler, request, form)

    return endpoint


async def _read(request: Request) -> Form:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind != KIND and body:
        raise BadInput("This is not a form of ours: please open the page again.")
    try:
        values = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError:
        raise BadInput("This form cannot be read: please open the page again.") from None
    return Form(values)
