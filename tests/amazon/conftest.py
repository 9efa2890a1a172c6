"""Settings for clients of Amazon: those of a demo, or of production."""

from collections.abc import Callable, Iterator

import pytest

from dashboard.settings import settings
from tests.production import set_production


@pytest.fixture(autouse=True)
def _fresh_settings() -> Iterator[None]:
    """No test sees settings that another one read."""
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Turns production on, with other values for some settings."""

    def use(**other: str) -> None:
        set_production(monkeypatch, **other)

    yield use
    monkeypatch.undo()
    settings.cache_clear()
