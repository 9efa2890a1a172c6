"""Settings: environment variables beginning with ``DASHBOARD_``, or a ``.env`` file beside them."""

import ipaddress
import re
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from dashboard import clock, mail_server
from dashboard.diagnosis import Channel, Reason
from dashboard.errors import ConfigurationError
from dashboard.status import Headline, Limits

ROOT = Path(__file__).parent.parent

# Strict, because Python's base64 takes a key for good that has another's text behind its end.
VAULT_KEY = re.compile("[A-Za-z0-9_-]{43}=")
VAULT_KEYS_WANTED = (
    "DASHBOARD_VAULT_KEYS must hold one key or several, separated by commas, the first of which "
    'seals. Make a key with: python -c "from cryptography.fernet import Fernet; '
    'print(Fernet.generate_key().decode())"'
)


class Mode(StrEnum):
    """``demo``: loopback only, a local operator. ``production``: staff sign in by OIDC."""

    DEMO = "demo"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """Everything that can be set, with its default; ``problems`` says what is wrong with it."""

    model_config = SettingsConfigDict(
        env_prefix="DASHBOARD_", env_file=".env", extra="ignore", frozen=True
    )

    mode: Mode = Mode.DEMO
    data_dir: Path = ROOT / "data"
    database_url: SecretStr = SecretStr("")
    queue_url: SecretStr = SecretStr("")
    web_host: str = "127.0.0.1"
    web_port: int = Field(default=8501, ge=1, le=65535)
    public_url: str = ""
    connect_host: str = "127.0.0.1"
    connect_port: int = Field(default=8502, ge=1, le=65535)
    connect_url: str = ""
    sandbox_port: int = Field(default=8503, ge=1, le=65535)

    company: str = "Northwind Growth"
    logo_file: Path | None = None
    support_contact: str = "your Switchboard admin"
    customer_support: str = "support@northwind.example"

    oidc_metadata_url: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    cookie_secret: SecretStr = SecretStr("")
    role_claim: str = ""
    first_admin: str = ""

    vault_keys: SecretStr = SecretStr("")
    aaa_client_id: str = ""
    aaa_client_secret: SecretStr = SecretStr("")
    aaa_client_secret_since: date | None = None
    aaa_scope: str = "advertising::campaign_management"
    sp_api_client_id: str = ""
    sp_api_client_secret: SecretStr = SecretStr("")
    sp_api_client_secret_since: date | None = None
    sp_api_application_id: str = ""
    sp_api_draft: bool = False

    smtp_url: SecretStr = SecretStr("")
    mail_from: str = "connections@northwind.example"
    get_started: bool = True
    weekly_mail: bool = True
    trusted_proxies: str = ""
    alerts_internal: bool = False
    digest_hour: int = Field(default=7, ge=0, le=23)
    time_zone: str = "UTC"
    link_days: int = Field(default=7, ge=1, le=90)
    attempt_minutes: int = Field(default=15, ge=1, le=60)

    promise_hours: int = Field(default=48, ge=1)
    risk_percent: int = Field(default=25, ge=1, le=99)
    freshness_hours: int = Field(default=24, ge=1)
    heartbeat_hours: int = Field(default=2, ge=1)
    expiring_days: int = Field(default=30, ge=1, le=364)
    telemetry_hours: int = Field(default=72, ge=1)
    check_hours: int = Field(default=6, ge=1)
    case_wait_days: dict[str, float] = {}
    case_deadline_hours: dict[str, float] = {}
    incident_customers: int = Field(default=3, ge=2)
    incident_percent: int = Field(default=10, ge=1, le=100)
    incident_minutes: int = Field(default=15, ge=5, le=120)
    silence_minutes: int = Field(default=5, ge=2)
    worker_threads: int = Field(default=8, ge=1, le=100)

    @property
    def database(self) -> str:
        """The database's SQLAlchemy URL; it may hold a password, so it is never shown."""
        given = self.database_url.get_secret_value()
        if not given:
            return f"sqlite:///{self.data_dir / 'switchboard.sqlite'}"
        # The plain schemes that hosting providers hand out mean psycopg 3 here.
        for scheme in ("postgres://", "postgresql://"):
            if given.startswith(scheme):
                return "postgresql+psycopg://" + given.removeprefix(scheme)
        return given

    @property
    def limits(self) -> Limits:
        """The windows and promises that decide the headline."""
        return Limits(
            promise=timedelta(hours=self.promise_hours),
            freshness=timedelta(hours=self.freshness_hours),
            heartbeat=timedelta(hours=self.heartbeat_hours),
            expiring=timedelta(days=self.expiring_days),
            telemetry=timedelta(hours=self.telemetry_hours),
        )

    @property
    def redirect_uri(self) -> str:
        """Where the sign-in provider sends staff back to."""
        return f"{self.web_base}/oauth2callback"

    @property
    def web_base(self) -> str:
        """Where staff reach the dashboard, without a slash at the end."""
        return self.public_url.rstrip("/") or f"http://{self.web_host}:{self.web_port}"

    @property
    def connect_base(self) -> str:
        """Where customers reach their pages, without a slash at the end."""
        return self.connect_url.rstrip("/") or f"http://{self.connect_host}:{self.connect_port}"

    @property
    def sandbox_base(self) -> str:
        """Where the stand-in Amazon listens: this machine only."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    def login_client(self, channel: Channel) -> tuple[str, SecretStr]:
        """The channel's Login with Amazon client: its id and secret; in demo mode made-up ones.

        Amazon wants a client of its own for the Ads API (Ads API, "Create an LWA application").
        """
        given = {
            Channel.AAA: (self.aaa_client_id, self.aaa_client_secret),
            Channel.SP_API: (self.sp_api_client_id, self.sp_api_client_secret),
        }[channel]
        if self.mode is Mode.DEMO:
            name = channel.lower().replace("-", "")
            return f"amzn1.application-oa2-client.demo-{name}", SecretStr(f"demo-{name}-client")
        return given

    def client_secrets_since(self, today: date) -> dict[Channel, date | None]:
        """Since when the channels' client secrets are in use, where that is known.

        Those of a demo are made up like the clients.
        """
        if self.mode is Mode.DEMO:
            return {Channel.AAA: today - timedelta(41), Channel.SP_API: today - timedelta(158)}
        return {
            Channel.AAA: self.aaa_client_secret_since,
            Channel.SP_API: self.sp_api_client_secret_since,
        }

    @property
    def application_id(self) -> str:
        """The Selling Partner app's id, which is not its client id (SP-API guide, step 1)."""
        demo = self.mode is Mode.DEMO
        return "amzn1.sp.solution.demo" if demo else self.sp_api_application_id

    def problems(self) -> list[str]:
        """Everything that is wrong or missing, one sentence each; empty when all is well."""
        found = (
            []
            if self.database.startswith(("sqlite:///", "postgresql+psycopg://"))
            else ["DASHBOARD_DATABASE_URL must begin with sqlite:/// or postgresql://."]
        )
        named = {"CASE_WAIT_DAYS": self.case_wait_days,
                 "CASE_DEADLINE_HOURS": self.case_deadline_hours}  # fmt: skip
        found += [
            f"DASHBOARD_{name} must give positive numbers by headline or reason: {each} is not one."
            for name, given in named.items()
            for each, number in given.items()
            if each not in (*Headline, *Reason) or number <= 0
        ]
        keys = self.vault_keys.get_secret_value()
        if keys and not all(VAULT_KEY.fullmatch(key.strip()) for key in keys.split(",")):
            found.append(VAULT_KEYS_WANTED)
        if (url := self.smtp_url.get_secret_value()) and mail_server.parsed(url) is None:
            found.append(mail_server.WANTED)
        if not clock.is_time_zone(self.time_zone):
            found.append("DASHBOARD_TIME_ZONE must be the name of a time zone: Europe/Berlin.")
        if self.mode is Mode.DEMO:
            hosts = {
                "DASHBOARD_WEB_HOST": self.web_host, "DASHBOARD_CONNECT_HOST": self.connect_host,
            }  # fmt: skip
            found += [
                "Demo mode has no sign-in, so it serves this machine only: set "
                f"{name} to 127.0.0.1, or DASHBOARD_MODE to production."
                for name, host in hosts.items()
                if not is_loopback(host)
            ]
            return found
        return found + self._problems_of_production()

    def _problems_of_production(self) -> list[str]:
        needed = {
            "DASHBOARD_OIDC_METADATA_URL": self.oidc_metadata_url,
            "DASHBOARD_OIDC_CLIENT_ID": self.oidc_client_id,
            "DASHBOARD_OIDC_CLIENT_SECRET": self.oidc_client_secret.get_secret_value(),
            "DASHBOARD_COOKIE_SECRET": self.cookie_secret.get_secret_value(),
            "DASHBOARD_PUBLIC_URL": self.public_url,
            "DASHBOARD_CONNECT_URL": self.connect_url,
            "DASHBOARD_VAULT_KEYS": self.vault_keys.get_secret_value(),
            "DASHBOARD_AAA_CLIENT_ID": self.aaa_client_id,
            "DASHBOARD_AAA_CLIENT_SECRET": self.aaa_client_secret.get_secret_value(),
            "DASHBOARD_SP_API_CLIENT_ID": self.sp_api_client_id,
            "DASHBOARD_SP_API_CLIENT_SECRET": self.sp_api_client_secret.get_secret_value(),
            "DASHBOARD_SP_API_APPLICATION_ID": self.sp_api_application_id,
        }
        found = [f"Production mode needs {name}." for name, value in needed.items() if not value]
        if 0 < len(self.cookie_secret.get_secret_value()) < 32:
            found.append("DASHBOARD_COOKIE_SECRET must have at least 32 characters.")
        addresses = {
            "DASHBOARD_PUBLIC_URL": self.public_url, "DASHBOARD_CONNECT_URL": self.connect_url,
        }  # fmt: skip
        found += [
            f"{name} must begin with https://."
            for name, url in addresses.items()
            if url and not _is_https_or_loopback(url)
        ]
        if not self.first_admin and not self.role_claim:
            found.append(
                "Production mode needs DASHBOARD_FIRST_ADMIN (an e-mail address) or "
                "DASHBOARD_ROLE_CLAIM, or nobody could get in."
            )
        return found


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_https_or_loopback(url: str) -> bool:
    """Loopback may be plain http: nothing leaves the machine, and tests need no certificate."""
    if url.startswith("https://"):
        return True
    host = url.removeprefix("http://").split("/")[0].rsplit(":", 1)[0].strip("[]")
    return url.startswith("http://") and is_loopback(host)


@cache
def settings() -> Settings:
    """The settings of this process, read once.

    Raises:
        ConfigurationError: a value cannot be read; the sentence names every such variable.
    """
    try:
        return Settings()
    except ValidationError as error:
        # Neither the value nor pydantic's own text is repeated: it may be a secret.
        wrong = ", ".join(
            "DASHBOARD_" + "_".join(str(part) for part in each["loc"]).upper()
            for each in error.errors()
        )
        raise ConfigurationError(f"These settings cannot be read: {wrong}.") from None
