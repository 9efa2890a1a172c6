"""Every failure the product knows, as one tree::

    SwitchboardError
    ├── ConfigurationError     a setting or shipped file is wrong; nothing was started
    ├── NotAllowed             the person's role does not permit this
    ├── NotFound               no such account, organization or person
    ├── BadInput               what a person typed or chose cannot be used
    ├── BadFile                an uploaded file cannot be read as an import
    │   └── RowsRefused        some rows cannot be imported, and skipping was not chosen
    ├── CaseChanged            somebody has changed the case that this person was looking at
    ├── NothingToConnect       every channel asked for is healthy
    ├── LinkClosed             a customer's link has expired, was revoked or is done
    ├── AttemptRefused         a return from Amazon that fits no trip of this browser
    ├── ConnectionRefused      what Amazon returned may not be used for this account
    ├── TooMany                too many requests from one address
    ├── SealBroken             a sealed secret cannot be opened with the keys in the settings
    ├── LeaseLost              another worker has taken up what this one was doing
    ├── MailFailed             the mail server did not take a message
    ├── TargetFailed           a chat or webhook did not take an alert
    └── AmazonError            Amazon answered with a failure, or not at all
        ├── GrantRefused       the code or refresh token is no longer good (invalid_grant)
        ├── ClientRefused      our client id or secret is refused (invalid_client)
        ├── AccessRefused      the consent does not reach this (401 or 403 of an API)
        ├── Throttled          too many calls (429); ``retry_after`` says when to come back
        ├── AmazonDown         5xx, a timeout, or no connection
        └── Malformed          an answer that does not have the documented shape

``str(error)`` is one sentence for the person at the screen: what happened and what to do. It never
holds a secret. Errors of libraries are translated where the library is used.
"""


class SwitchboardError(Exception):
    """Anything that went wrong and has a sentence for the person at the screen."""


class ConfigurationError(SwitchboardError):
    """A setting or a shipped file is wrong; nothing was started."""


class NotAllowed(SwitchboardError):
    """The person's role does not permit what they asked for."""


class NotFound(SwitchboardError):
    """There is no such account, organization or person."""


class BadInput(SwitchboardError):
    """What a person typed or chose cannot be used."""


class BadFile(SwitchboardError):
    """An uploaded file cannot be read as an import; nothing was written."""


class RowsRefused(BadFile):
    """Some rows cannot be imported and skipping them was not chosen; nothing was written."""


class CaseChanged(SwitchboardError):
    """Somebody has changed the case since this person looked at it; nothing was written."""


class NothingToConnect(SwitchboardError):
    """Every channel asked for is healthy."""


class LinkClosed(SwitchboardError):
    """A customer's link has expired, was revoked, or has done what it was made for."""


class AttemptRefused(SwitchboardError):
    """A return from Amazon that fits no open trip of this browser.

    ``why`` is ``unknown`` (forged, or another browser's), ``used`` or ``late``.
    """

    def __init__(self, sentence: str, why: str = "unknown") -> None:
        super().__init__(sentence)
        self.why = why


class ConnectionRefused(SwitchboardError):
    """What Amazon returned may not be used for this account; the old connection stays.

    ``reason`` is the ``diagnosis.Reason`` that the playbook explains; ``places`` are the country
    codes of the marketplaces it is about, if not all; ``elsewhere`` are the ids of accounts that
    stand in the way, for staff only.
    """

    def __init__(
        self,
        sentence: str,
        reason: str,
        places: tuple[str, ...] = (),
        elsewhere: tuple[int, ...] = (),
    ) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.places = places
        self.elsewhere = elsewhere


class TooMany(SwitchboardError):
    """Too many requests from one address; ``retry_after`` is the seconds to wait."""

    def __init__(self, sentence: str, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class SealBroken(SwitchboardError):
    """A sealed secret cannot be opened with the keys in the settings."""


class LeaseLost(SwitchboardError):
    """Another worker has taken up what this one was doing: nothing more of it is stored."""


class MailFailed(SwitchboardError):
    """The mail server did not take a message; ``for_good``: trying again is of no use."""

    def __init__(self, sentence: str, *, for_good: bool = False) -> None:
        super().__init__(sentence)
        self.for_good = for_good


class TargetFailed(SwitchboardError):
    """A chat, pager or webhook did not take an alert; ``for_good``: trying again is of no use."""

    def __init__(self, sentence: str, *, for_good: bool = False) -> None:
        super().__init__(sentence)
        self.for_good = for_good


class AmazonError(SwitchboardError):
    """Amazon answered with a failure, or not at all.

    Never holds a token. ``status`` is the HTTP status (0: no answer), ``code`` Amazon's own error
    code, ``details`` its words, which tell some refusals apart, ``request_id`` what Amazon's
    support asks for; all are cut to plain, short text, and none is for customers.
    """

    def __init__(
        self,
        sentence: str,
        *,
        status: int = 0,
        code: str = "",
        details: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.details = details
        self.request_id = request_id


class GrantRefused(AmazonError):
    """The authorization code or refresh token is no longer good (``invalid_grant``)."""


class ClientRefused(AmazonError):
    """Our client id or secret is refused (``invalid_client``): ours to mend, for every customer."""


class AccessRefused(AmazonError):
    """An API answered 401 or 403: the consent does not reach what was asked for."""


class Throttled(AmazonError):
    """Too many calls (429); ``retry_after`` is the seconds Amazon asks to wait, 0 if unsaid."""

    def __init__(self, sentence: str, *, retry_after: float = 0, **said: object) -> None:
        super().__init__(sentence, **said)  # type: ignore[arg-type]
        self.retry_after = retry_after


class AmazonDown(AmazonError):
    """A 5xx, a timeout or no connection: Amazon's trouble, never the customer's."""


class Malformed(AmazonError):
    """An answer that does not have the documented shape."""
