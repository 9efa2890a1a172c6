"""Which addresses alerts may go to: those of a few services of apprise, and nothing local.

Only these services are ever loaded: apprise knows some that run programs, read files or speak to
the desktop. What an address may say besides whom to reach is limited, too.
"""

import socket
from dataclasses import dataclass, field
from typing import Any, Final

from apprise import AppriseAsset, NotifyBase
from apprise.exception import AppriseException
from apprise.plugins.custom_form import NotifyForm
from apprise.plugins.custom_json import NotifyJSON
from apprise.plugins.custom_xml import NotifyXML
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.google_chat import NotifyGoogleChat
from apprise.plugins.gotify import NotifyGotify
from apprise.plugins.mattermost import NotifyMattermost
from apprise.plugins.ntfy import NotifyNtfy
from apprise.plugins.opsgenie import NotifyOpsgenie
from apprise.plugins.pagerduty import NotifyPagerDuty
from apprise.plugins.rocketchat import NotifyRocketChat
from apprise.plugins.slack import NotifySlack
from apprise.plugins.telegram import NotifyTelegram
from apprise.plugins.webexteams import NotifyWebexTeams
from apprise.plugins.workflows import NotifyWorkflows
from pydantic import SecretStr

from dashboard.errors import BadInput
from dashboard.settings import settings
from dashboard.targets.outbound import is_inside

LONGEST: Final = 2000
"""Characters of an address."""
REFUSED: Final = frozenset(
    {"cto", "emojis", "optional", "redirect", "retry", "rto", "store", "tz", "verify", "wait"}
    | {"template"}
)
"""What an address may not say: how we call (ours to decide), and files of ours to read."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service alerts can go to; ``own_host``: its addresses name a server of somebody's own."""

    name: str
    plugin: type[NotifyBase]
    own_host: bool = False

    @property
    def schemas(self) -> tuple[str, ...]:
        """How its addresses begin, before ``://``."""
        said = (self.plugin.protocol, self.plugin.secure_protocol)
        found: list[str] = []
        for each in said:
            found += [each] if isinstance(each, str) else each or []
        return tuple(found)


SERVICES: Final = (
    Service("Slack", NotifySlack),
    Service("Microsoft Teams", NotifyWorkflows, own_host=True),
    Service("Discord", NotifyDiscord),
    Service("Google Chat", NotifyGoogleChat),
    Service("Webex", NotifyWebexTeams),
    Service("Telegram", NotifyTelegram),
    Service("Mattermost", NotifyMattermost, own_host=True),
    Service("Rocket.Chat", NotifyRocketChat, own_host=True),
    Service("ntfy", NotifyNtfy, own_host=True),
    Service("Gotify", NotifyGotify, own_host=True),
    Service("PagerDuty", NotifyPagerDuty),
    Service("Opsgenie", NotifyOpsgenie),
    Service("Webhook (JSON)", NotifyJSON, own_host=True),
    Service("Webhook (XML)", NotifyXML, own_host=True),
    Service("Webhook (form)", NotifyForm, own_host=True),
)
BY_SCHEMA: Final = {schema: each for each in SERVICES for schema in each.schemas}

UNKNOWN: Final = (
    "This is not an address alerts can go to. Paste the webhook's address as Slack, Teams, Discord "
    "or Google Chat gave it, or write one such as jsons://hooks.example.com/alerts."
)


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be used. ``shown`` is what of it anybody may see again."""

    service: str
    schema: str
    shown: str
    plugin: NotifyBase = field(repr=False, compare=False)


def read(address: SecretStr) -> Target:
    """Understand an address, and refuse what alerts may not go to. Nothing is called yet.

    Args:
        address: as apprise writes it (``slack://...``, ``jsons://host/path``), or the https address
            of a webhook as the service itself gives it.

    Raises:
        BadInput: it is none of the services', not complete, or says what it may not.
    """
    text = address.get_secret_value().strip()
    if not text.isprintable() or len(text) > LONGEST:
        raise BadInput(UNKNOWN)
    service, said = _parsed(text)
    wrong = sorted(REFUSED & {str(each).lower() for each in said.get("qsd", {})})
    if wrong:
        raise BadInput(
            f"Take this out of the address, it may not be set there: {', '.join(wrong)}."
        )
    said["asset"] = AppriseAsset(
        app_id="Switchboard", app_desc="Switchboard", app_url="", async_mode=False,
        http_redirects=False, service_timeout=0,
    )  # fmt: skip
    # None of the library's errors is kept as a cause: it may quote the address.
    try:
        plugin = service.plugin(**said)
    except (AppriseException, TypeError, ValueError):
        raise BadInput(f"The address is not complete: {service.name} asks for more.") from None
    schema = str(said["schema"])
    host = f"{plugin.host}/" if service.own_host and plugin.host else ""
    return Target(service.name, schema, f"{schema}://{host}\N{HORIZONTAL ELLIPSIS}", plugin)


def refuse_inside(target: Target) -> None:
    """Refuse an address inside the company's network, unless a setting allows it.

    Asked when a route is saved. What the name stands for may change later, so every call asks
    again: see ``outbound``.

    Raises:
        BadInput: it is, or its name is nobody's.
    """
    host = target.plugin.host
    if not BY_SCHEMA[target.schema].own_host or not host or settings().alerts_internal:
        return
    # The look-up's error is not kept: it may quote what is no host at all.
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise BadInput(f"No server is called {host}: check the address.") from None
    if any(is_inside(str(each[4][0])) for each in found):
        raise BadInput(
            f"{host} is inside the company's network, where alerts may not go unless "
            "DASHBOARD_ALERTS_INTERNAL is set."
        )


def _parsed(text: str) -> tuple[Service, dict[str, Any]]:
    schema = text.partition("://")[0].lower()
    if schema == "https":
        for service in SERVICES:
            if said := service.plugin.parse_native_url(text):
                return service, said
    elif schema in BY_SCHEMA and (said := BY_SCHEMA[schema].plugin.parse_url(text)):
        return BY_SCHEMA[schema], said
    raise BadInput(UNKNOWN)
