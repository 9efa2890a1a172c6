"""Where alerts may go: known services only, never into the company's network, no secret shown."""

import ast
import inspect
import logging
import socket
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from dashboard import targets
from dashboard.errors import BadInput, TargetFailed
from dashboard.settings import settings
from dashboard.targets import known, outbound
from dashboard.targets.outbound import is_inside
from dashboard.targets.sending import Note
from tests.hooks import Hooks, listening

NOTE = Note("Acme EU: Stuck", "Since 3 h.")
SLACK = "https://hooks.slack.com/services/T0HUSH000/B0HUSH000/HUSHHUSHHUSHHUSHHUSHHUSH"
INSIDE = [
    "0.0.0.1", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.8.9.1",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "192.0.0.192", "224.0.0.1", "255.255.255.255", "::", "::1", "::ffff:10.0.0.1",
    "::ffff:127.0.0.1", "::ffff:168.63.129.16", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
    "2002:7f00:1::", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    "hello", "",
]  # fmt: skip
OUTSIDE = ["1.1.1.1", "172.32.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"]
PRIVATE = [ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
           "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "100.64.0.0/10")]  # fmt: skip


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with listening() as served:
        yield served


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Alerts as they go in production."""
    monkeypatch.setenv("DASHBOARD_MODE", "production")
    settings.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def inside(production: pytest.MonkeyPatch) -> None:
    """Alerts may go into the company's network."""
    production.setenv("DASHBOARD_ALERTS_INTERNAL", "true")
    settings.cache_clear()


def refusal(address: str, patience: float = 5) -> TargetFailed:
    with pytest.raises(TargetFailed) as failure:
        targets.send(SecretStr(address), NOTE, patience)
    return failure.value


class TestAddresses:
    @pytest.mark.parametrize(
        ("address", "service", "shown"),
        [
            (SLACK, "Slack", "slack://…"),
            ("slack://T0HUSH000/B0HUSH000/HUSHHUSHHUSHHUSHHUSHHUSH", "Slack", "slack://…"),
            ("https://discord.com/api/webhooks/123/hush", "Discord", "discord://…"),
            ("https://prod-1.westus.logic.azure.com/workflows/ab12/triggers/manual/paths/invoke"
             "?sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=hush", "Microsoft Teams",
             "workflow://prod-1.westus.logic.azure.com/…"),
            ("jsons://name:hush@hooks.example.com/hush?+X=hush", "Webhook (JSON)",
             "jsons://hooks.example.com/…"),
            ("json://[::1]:80/x", "Webhook (JSON)", "json://[::1]/…"),
            ("ntfy://topic-hush", "ntfy", "ntfy://…"),
            ("tgram://123456789:hush_hush_hush_hush_hush_hush_hush/12", "Telegram", "tgram://…"),
            ("mmosts://chat.example.com/hush", "Mattermost", "mmosts://chat.example.com/…"),
        ],
    )  # fmt: skip
    def test_a_known_one_shows_its_service_and_host_only(
        self, address: str, service: str, shown: str
    ) -> None:
        target = targets.read(SecretStr(f" {address}\n"))
        assert (target.service, target.shown) == (service, shown)
        assert "hush" not in repr(target).lower()

    @pytest.mark.parametrize(
        "address",
        ["", "hello", "file:///etc/passwd", "syslog://", "dbus://", "windows://", "gnome://",
         "mailto://a:b@example.com", "apprise://example.com/token", "exec://ls", "smpp://x",
         "https://example.com/hook", "http://example.com", "json://", "json://a b/", "slack://no",
         "form://x\r\ny", "jsons://example.com/" + "a" * 3000, "rsyslog://localhost"],
    )  # fmt: skip
    def test_everything_else_is_refused_in_words(self, address: str) -> None:
        with pytest.raises(BadInput) as refused:
            targets.read(SecretStr(address))
        assert refused.value.__cause__ is None

    @pytest.mark.parametrize("name", sorted(known.REFUSED | {"Template", "REDIRECT"}))
    def test_an_address_does_not_say_how_it_is_called_or_which_file_is_read(
        self, name: str
    ) -> None:
        with pytest.raises(BadInput, match=name.lower()):
            targets.read(SecretStr(f"jsons://example.com/x?{name}=file:///etc/passwd"))

    def test_all_that_apprise_decides_by_address_is_refused_but_what_is_only_form(self) -> None:
        ours = {name for each in known.SERVICES for name in each.plugin.template_args}
        risky = {name for name in ours if "template" in name} | set(known.NotifyBase.template_args)
        assert risky - known.REFUSED == {"format", "overflow"}

    @given(st.text(max_size=60))
    def test_any_text_is_an_address_or_refused(self, text: str) -> None:
        for address in (text, f"json://{text}", f"slack://{text}"):
            with suppress(BadInput):
                assert targets.read(SecretStr(address)).shown


class TestTheNetwork:
    @pytest.mark.parametrize("address", INSIDE)
    def test_an_address_inside_is_told(self, address: str) -> None:
        assert is_inside(address)

    @pytest.mark.parametrize("address", OUTSIDE)
    def test_an_address_outside_is_not(self, address: str) -> None:
        assert not is_inside(address)

    @given(
        st.sampled_from(PRIVATE).flatmap(
            lambda net: st.integers(int(net.network_address), int(net.broadcast_address))
        )
    )
    def test_private_numbers_are_inside_in_each_way_they_are_written(self, number: int) -> None:
        plain = IPv4Address(number)
        mapped = IPv6Address((0xFFFF << 32) | number)
        translated = IPv6Address((0x64FF9B << 96) | number)
        assert all(is_inside(str(each)) for each in (plain, mapped, translated))

    @pytest.mark.parametrize(
        "host",
        ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:7f00:1]",
         "169.254.169.254", "10.0.0.8"],
    )  # fmt: skip
    def test_a_host_inside_is_refused_when_saved_and_when_called(
        self, host: str, production: pytest.MonkeyPatch
    ) -> None:
        try:
            target = targets.read(SecretStr(f"json://{host}/x"))
        except BadInput:
            return
        with pytest.raises(BadInput, match="DASHBOARD_ALERTS_INTERNAL"):
            known.refuse_inside(target)
        failure = refusal(f"json://{host}/x")
        assert failure.for_good
        assert "inside" in str(failure)

    def test_the_hosts_that_are_read_are_some(self) -> None:
        """Else the test before would hold of nothing."""
        assert targets.read(SecretStr("json://127.0.0.1/x"))
        assert targets.read(SecretStr("json://[::ffff:7f00:1]/x"))

    def test_a_host_nobody_knows_is_refused_when_saved(
        self, production: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(BadInput, match=r"nobody\.invalid"):
            known.refuse_inside(targets.read(SecretStr("jsons://nobody.invalid/x")))

    def test_a_name_that_comes_to_stand_for_something_inside_is_not_called(
        self, production: pytest.MonkeyPatch, hooks: Hooks
    ) -> None:
        """What was public when it was saved: the one look-up that counts is the call's own."""
        real = socket.getaddrinfo

        def moved(host: str, *rest: object, **more: object) -> object:
            return real("127.0.0.1" if host == "moved.example" else host, *rest, **more)  # type: ignore[arg-type]

        production.setattr(socket, "getaddrinfo", moved)
        assert "inside" in str(refusal(f"json://moved.example:{hooks.port}/x"))
        assert not hooks.paths

    def test_a_redirect_is_not_followed(self, inside: None, hooks: Hooks) -> None:
        hooks.status, hooks.location = 307, f"http://127.0.0.1:{hooks.port}/elsewhere"
        failure = refusal(hooks.address)
        assert "307" in str(failure)
        assert failure.for_good
        assert hooks.paths == ["/alerts/hush-hush"]

    def test_a_proxy_of_the_environment_is_not_used(
        self, production: pytest.MonkeyPatch, hooks: Hooks
    ) -> None:
        production.setenv("HTTP_PROXY", f"http://127.0.0.1:{hooks.port}")
        production.setenv("http_proxy", f"http://127.0.0.1:{hooks.port}")
        refusal("json://169.254.169.254/latest")
        assert not hooks.paths

    @pytest.mark.parametrize("service", known.SERVICES, ids=lambda each: each.name)
    def test_a_service_reaches_the_network_through_us_only(self, service: known.Service) -> None:
        module = sys.modules[service.plugin.__module__]
        assert isinstance(vars(module)["requests"], outbound.Outbound)
        tree = ast.parse(inspect.getsource(module))
        brought = {
            name.name.split(".")[0]
            for each in ast.walk(tree)
            if isinstance(each, ast.Import)
            for name in each.names
        }
        assert not brought & {"socket", "http", "urllib", "urllib3", "subprocess", "httpx"}
        used = {
            each.attr
            for each in ast.walk(tree)
            if isinstance(each, ast.Attribute)
            and isinstance(each.value, ast.Name)
            and each.value.id == "requests"
        }
        assert used <= {"RequestException", "codes", "request", "get", "post", "delete"}

    def test_outside_of_a_message_nothing_is_called(self, inside: None, hooks: Hooks) -> None:
        with pytest.raises(OSError, match="Nothing may be called"):
            outbound.Outbound().post(f"http://127.0.0.1:{hooks.port}")
        assert not hooks.paths


class TestSending:
    def test_a_message_arrives(self, inside: None, hooks: Hooks) -> None:
        targets.send(SecretStr(hooks.address), NOTE)
        assert hooks.received[0]["title"] == "Acme EU: Stuck"
        assert hooks.received[0]["message"] == "Since 3 h."
        assert hooks.received[0]["type"] == "warning"

    @pytest.mark.parametrize(
        ("status", "final"), [(500, False), (503, False), (429, False), (404, True), (410, True)]
    )
    def test_what_a_server_refuses_is_tried_again_if_that_may_help(
        self, status: int, final: object, inside: None, hooks: Hooks
    ) -> None:
        hooks.status = status
        failure = refusal(hooks.address)
        assert str(status) in str(failure)
        assert failure.for_good is final

    def test_a_server_that_hangs_is_left(self, inside: None, hooks: Hooks) -> None:
        hooks.hang = True
        failure = refusal(hooks.address, patience=0.2)
        assert "in time" in str(failure)
        assert not failure.for_good

    def test_nobody_listening_can_be_tried_again(self, inside: None) -> None:
        assert not refusal("json://127.0.0.1:9/x").for_good

    def test_in_a_demo_nothing_leaves_the_machine(self) -> None:
        settings.cache_clear()
        assert "demo" in str(refusal(SLACK))

    @pytest.mark.parametrize("status", [200, 302, 404, 500])
    def test_no_secret_is_seen(
        self, status: int, inside: None, hooks: Hooks, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        hooks.status, hooks.location = status, "http://127.0.0.1/hush-hush"
        shown = ""
        try:
            targets.send(SecretStr(hooks.address), NOTE)
        except TargetFailed as error:
            shown = "".join(traceback.format_exception(error))
        assert hooks.paths == ["/alerts/hush-hush"]
        assert "hush" not in shown + caplog.text
