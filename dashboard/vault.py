"""The vault: seals refresh tokens for the database, and opens them for a call to Amazon.

The keys are those of ``DASHBOARD_VAULT_KEYS``: the first seals, all open. A demo makes one of its
own. The token and the keys never leave this module but inside a ``SecretStr``.
"""

import hashlib
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from dashboard.errors import ConfigurationError, SealBroken
from dashboard.settings import VAULT_KEY, VAULT_KEYS_WANTED, Mode, settings

FILE: Final = "vault.key"
"""In demo mode, beside the data: the key made for this machine."""

BROKEN: Final = (
    "A stored authorization cannot be opened: give back the key that is missing from "
    "DASHBOARD_VAULT_KEYS, or ask the customer to connect again."
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret that may be stored: encrypted and authenticated, and the id of the key it took."""

    key_id: str
    text: str


@dataclass(frozen=True, slots=True)
class _Ring:
    """The keys, ready for use; made once for each value of the setting."""

    key_id: str
    fernet: MultiFernet


def seal(secret: SecretStr) -> Sealed:
    """Encrypt a secret with the first key.

    Raises:
        ConfigurationError: there are no keys, or they are none.
    """
    ring = _ring(_keys())
    return Sealed(ring.key_id, ring.fernet.encrypt(secret.get_secret_value().encode()).decode())


def open_sealed(text: str) -> SecretStr:
    """Decrypt what was sealed with any of the keys.

    Raises:
        SealBroken: it was sealed with another key, or was changed since.
        ConfigurationError: there are no keys, or they are none.
    """
    ring = _ring(_keys())
    try:
        return SecretStr(ring.fernet.decrypt(text.encode()).decode())
    except (InvalidToken, UnicodeError):
        raise SealBroken(BROKEN) from None


def reseal(text: str) -> Sealed:
    """Seal anew with the first key what was sealed with any; when it was sealed is kept.

    Raises:
        SealBroken: it was sealed with another key, or was changed since.
        ConfigurationError: there are no keys, or they are none.
    """
    ring = _ring(_keys())
    try:
        return Sealed(ring.key_id, ring.fernet.rotate(text.encode()).decode())
    except (InvalidToken, UnicodeError):
        raise SealBroken(BROKEN) from None


def key_id() -> str:
    """The name of the key that seals now; nothing of the key can be learned from it.

    Raises:
        ConfigurationError: there are no keys, or they are none.
    """
    return _ring(_keys()).key_id


def _keys() -> SecretStr:
    chosen = settings()
    if chosen.vault_keys.get_secret_value() or chosen.mode is not Mode.DEMO:
        return chosen.vault_keys
    return SecretStr(_demo_key(chosen.data_dir / FILE))


@cache
def _ring(keys: SecretStr) -> _Ring:
    given = [key.strip() for key in keys.get_secret_value().split(",")]
    if not all(VAULT_KEY.fullmatch(key) for key in given):
        raise ConfigurationError(VAULT_KEYS_WANTED)
    return _Ring(_named(given[0]), MultiFernet([Fernet(key) for key in given]))


def _named(key: str) -> str:
    """Twelve digits of a hash: the key is 256 random bits, so no guess can be tried on them."""
    return hashlib.sha256(b"switchboard vault key " + key.encode()).hexdigest()[:12]


def _demo_key(file: Path) -> str:
    """The demo's key; of several processes that start at once, one makes it for all."""
    try:
        return file.read_text(encoding="ascii")
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = mkstemp(dir=file.parent, prefix=f".{FILE}-")  # readable by its owner only
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(Fernet.generate_key())
        # A link appears whole or not at all, and never in the place of another's key.
        file.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()
    return file.read_text(encoding="ascii")
