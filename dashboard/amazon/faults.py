"""An answer of Amazon's that is not a success, as one error of the ``AmazonError`` tree."""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any, Final

from pydantic import SecretStr

from dashboard import clock
from dashboard.errors import (
    AccessRefused,
    AmazonDown,
    AmazonError,
    ClientRefused,
    GrantRefused,
    Malformed,
    Throttled,
)

LONGEST_WAIT: Final = 3600.0
"""Seconds: an hour is the longest that Amazon is believed to ask us to stay away."""

SENTENCES: Final = MappingProxyType(
    {
        GrantRefused: "Amazon no longer accepts this authorization: it must be given again.",
        ClientRefused: "Amazon refuses our own client id or secret: check them in the settings.",
        AccessRefused: "Amazon does not let this authorization reach what was asked for: check "
        "its permissions.",
        Throttled: "Amazon asks us to call less often: try again a little later.",
        AmazonDown: "Amazon did not answer as it should: try again in a few minutes.",
        Malformed: "Amazon's answer cannot be understood: tell whoever runs Switchboard if it "
        "happens again.",
        AmazonError: "Amazon refused a request of ours: tell whoever runs Switchboard.",
    }
)
"""What the person at the screen reads; Amazon's own words are never part of it."""

LOGIN_CODES: Final[Mapping[str, type[AmazonError]]] = MappingProxyType(
    {
        "invalid_grant": GrantRefused,
        "invalid_client": ClientRefused,
        "unauthorized_client": ClientRefused,
        "server_error": AmazonDown,
        "temporarily_unavailable": AmazonDown,
    }
)
"""What the token endpoint's own codes mean (SP-API SDK, ``lwa_exception_error_code``)."""

NO_CODES: Final[Mapping[str, type[AmazonError]]] = MappingProxyType({})
"""The APIs' codes repeat the status, which decides."""

DETAILS: Final = ("error_description", "details", "message")
"""Where Amazon's words stand, the most telling first."""

REQUEST_ID_HEADERS: Final = ("x-amzn-requestid", "x-amz-request-id", "x-amz-rid")


def fault(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    codes: Mapping[str, type[AmazonError]] = NO_CODES,
    secrets: tuple[SecretStr, ...] = (),
) -> AmazonError:
    """The one error that an unsuccessful answer is.

    The status decides first: a code of a 429 or a 5xx says nothing about the customer's consent.

    Args:
        status: the HTTP status.
        headers: of the answer, found by any case.
        body: of the answer; what is not a JSON object is as good as none.
        codes: which error the service's own codes are, for the other statuses.
        secrets: what was sent and must not come back in the error.
    """
    said = _object(body)
    # The three shapes: Login with Amazon, the Selling Partner API, the Ads API. The last one may
    # have a list of errors beside its code, whose entries have none.
    errors = said.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else said
    spoken = {**said, **first} if isinstance(first, dict) else said
    code = plain(spoken.get("error") or spoken.get("code"), secrets)
    words = next((spoken[name] for name in DETAILS if spoken.get(name)), "")
    details = plain(words, secrets, longest=200)
    kind = _by_status(status) or codes.get(code) or _refusal(status)
    ids: list[object] = [headers.get(name) for name in REQUEST_ID_HEADERS]
    ids += [said.get("request_id"), said.get("requestId")]
    request_id = next((text for each in ids if (text := plain(each, secrets))), "")
    known: dict[str, Any] = {
        "status": status,
        "code": code,
        "details": details,
        "request_id": request_id,
    }
    if kind is Throttled:
        return Throttled(SENTENCES[kind], retry_after=retry_after(headers), **known)
    return kind(SENTENCES[kind], **known)


def unreadable(status: int = 200, request_id: str = "") -> Malformed:
    """The error of an answer that does not have the documented shape."""
    return Malformed(SENTENCES[Malformed], status=status, request_id=request_id)


def unanswered(code: str = "") -> AmazonDown:
    """The error of a call that got no answer; the code is the kind of trouble, ours to name."""
    return AmazonDown(SENTENCES[AmazonDown], code=code)


def unsendable() -> AmazonError:
    """The error of a call that cannot be put into HTTP at all: a fault of ours."""
    return AmazonError(SENTENCES[AmazonError], code="unsendable")


def retry_after(headers: Mapping[str, str]) -> float:
    """The seconds Amazon asks to wait, from a number or a date; 0 if unsaid or unreadable."""
    said = headers.get("retry-after", "").strip()
    try:
        seconds = float(said)
    except ValueError:
        seconds = _seconds_until(said)
    return min(max(0.0, seconds), LONGEST_WAIT) if math.isfinite(seconds) else 0.0


def plain(said: object, secrets: tuple[SecretStr, ...] = (), longest: int = 64) -> str:
    """Cut a code or id of Amazon's to short plain text; nothing of it if it holds a secret."""
    text = said if isinstance(said, str) else ""
    for secret in secrets:
        value = secret.get_secret_value()
        if value and (value in text or (len(text) >= 8 and text in value)):
            return ""
    return re.sub(r"[^A-Za-z0-9 .,_:/'&-]", "", text[:longest])


def _by_status(status: int) -> type[AmazonError] | None:
    if status == 429:
        return Throttled
    if status >= 500 or status == 408:
        return AmazonDown
    # A redirect is not followed: it would carry the token to an address that is not on our table.
    return None if 400 <= status < 500 else Malformed


def _refusal(status: int) -> type[AmazonError]:
    return AccessRefused if status in (401, 403) else AmazonError


def _object(body: bytes) -> dict[str, object]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _seconds_until(said: str) -> float:
    try:
        moment = parsedate_to_datetime(said)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (aware - clock.now()).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0
