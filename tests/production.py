"""Settings with which production starts: the one place that knows all of them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pytest

from dashboard.settings import settings

PRODUCTION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "mode": "production",
        "public_url": "https://dash.northwind.example",
        "connect_url": "https://connect.northwind.example",
        "oidc_metadata_url": "https://id.northwind.example/.well-known/openid-configuration",
        "oidc_client_id": "switchboard",
        "oidc_client_secret": "tell nobody",
        "cookie_secret": "c" * 32,
        "first_admin": "first@northwind.example",
        "vault_keys": "dGhlIGtleSBvZiB0aGUgdmF1bHQgb2YgdGhlIHRlc3Q=",
        "aaa_client_id": "amzn1.application-oa2-client.ads",
        "aaa_client_secret": "tell nobody of ads",
        "sp_api_client_id": "amzn1.application-oa2-client.selling-partner",
        "sp_api_client_secret": "tell nobody of selling partners",
        "sp_api_application_id": "amzn1.sp.solution.switchboard",
    }
)
"""By the names of the settings."""


def set_production(monkeypatch: pytest.MonkeyPatch, **other: str) -> None:
    """Put the settings of production, or others, into the environment as in real use."""
    for name, value in {**PRODUCTION, **other}.items():
        monkeypatch.setenv(f"DASHBOARD_{name.upper()}", value)
    settings.cache_clear()
