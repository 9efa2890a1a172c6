"""Secrets that others hold for us: made at random, kept only as a hash."""

import hashlib
import secrets

from pydantic import SecretStr

BYTES = 32


def new() -> SecretStr:
    """A secret of 256 random bits that fits into an address."""
    return SecretStr(secrets.token_urlsafe(BYTES))


def digest(secret: SecretStr | str) -> str:
    """The SHA-256 by which a secret is found again; with 256 random bits it needs no salt."""
    text = secret if isinstance(secret, str) else secret.get_secret_value()
    return hashlib.sha256(text.encode()).hexdigest()
