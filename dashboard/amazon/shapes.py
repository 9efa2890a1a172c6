"""How Amazon's answers are read: only what is documented, bounded, and open to new words."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from dashboard.amazon.faults import unreadable

LONGEST_TEXT: Final = 300


def tidy(said: object) -> object:
    """Text of one line, without control characters; nothing where Amazon says null."""
    if said is None:
        return ""
    if not isinstance(said, str):
        return said
    text = said[:LONGEST_TEXT]
    if not text.isprintable():
        spaced = (" " if each.isspace() else each for each in text)
        text = "".join(each for each in spaced if each.isprintable())
    return text.strip()


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("not a moment that can be kept") from None


def sendable(secret: SecretStr) -> SecretStr:
    """Let only such secrets through as fit in a header: visible ASCII, at most 4,096 of it."""
    value = secret.get_secret_value()
    if not (
        0 < len(value) <= 4096 and value.isascii() and value.isprintable() and " " not in value
    ):
        raise ValueError("not a token")
    return secret


Text = Annotated[str, BeforeValidator(tidy)]
"""Anything that people read, and words whose list Amazon may lengthen."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
"""An id of Amazon's that must be there."""

Digits = Annotated[str, Field(pattern=r"^[0-9]{1,20}$", coerce_numbers_to_str=True)]
"""An id that Amazon sends as a 64-bit number, or as the text of one."""

MaybeDigits = Annotated[
    str,
    Field(pattern=r"^[0-9]{0,20}$", coerce_numbers_to_str=True),
    BeforeValidator(lambda said: "" if said is None else said),
]
"""The same where Amazon may have none, or not say it."""

Page = Annotated[
    str,
    BeforeValidator(lambda said: "" if said is None else said),
    StringConstraints(max_length=4096),
]
"""What to send for the next page; empty on the last one."""

Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
Moment = Annotated[AwareDatetime, AfterValidator(in_utc)]
Token = Annotated[SecretStr, AfterValidator(sendable)]


class Shape(BaseModel):
    """Part of an answer; what we do not use of it is not looked at."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        allow_inf_nan=False,
        hide_input_in_errors=True,
        validate_by_name=True,
        validate_by_alias=True,
    )


Read = TypeVar("Read")


def read(reader: TypeAdapter[Read], body: bytes) -> Read:
    """Read an answer's body.

    Raises:
        Malformed: it does not have the documented shape.
    """
    # Pydantic's error holds the answer, and with it a token: it goes no further.
    with suppress(ValidationError):
        return reader.validate_json(body, by_alias=True, by_name=False)
    raise unreadable()
