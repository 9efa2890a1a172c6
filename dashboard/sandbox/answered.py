"""How a request is ended from wherever its answer is known."""

from starlette.requests import Request
from starlette.responses import Response


class Answered(Exception):
    """Nothing more is to be done: the answer to the request is ready."""

    def __init__(self, answer: Response) -> None:
        super().__init__(f"answered {answer.status_code}")
        self.answer = answer


async def give(_request: Request, error: Exception) -> Response:
    """Send the answer that is ready."""
    if not isinstance(error, Answered):
        raise error
    return error.answer
