"""One call to Amazon: what counts as which failure, and when it is tried again."""

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from dashboard.amazon.faults import LOGIN_CODES, LONGEST_WAIT, SENTENCES, fault
from dashboard.amazon.wire import LARGEST, LONGEST_PAUSE, PATIENCE, TRIES, Call, Wire
from dashboard.errors import (
    AccessRefused,
    AmazonDown,
    AmazonError,
    ClientRefused,
    GrantRefused,
    Malformed,
    Throttled,
)
from tests.amazon.wires import says

URL = "https://amazon.example/call"
READING = Call("GET", URL)
ONCE = Call("POST", URL, body=b"code=1", again=False)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (201, Malformed), (204, Malformed), (302, Malformed),
        (400, AmazonError), (401, AccessRefused), (403, AccessRefused), (404, AmazonError),
        (408, AmazonDown), (413, AmazonError), (415, AmazonError), (429, Throttled),
        (500, AmazonDown), (502, AmazonDown), (503, AmazonDown), (599, AmazonDown),
    ],
)  # fmt: skip
def test_every_status_but_200_is_exactly_one_error(status: int, kind: type[AmazonError]) -> None:
    amazon = says((status, {}, {"location": "https://elsewhere.example/"}))
    with pytest.raises(AmazonError) as failure:
        amazon.wire.ask(READING)
    assert type(failure.value) is kind
    assert failure.value.status == status
    assert str(failure.value) == SENTENCES[kind]
    assert {str(each.url) for each in amazon.asked} == {URL}


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("invalid_grant", 400, GrantRefused),
        ("invalid_client", 401, ClientRefused),
        ("invalid_client", 400, ClientRefused),
        ("unauthorized_client", 400, ClientRefused),
        ("server_error", 400, AmazonDown),
        ("temporarily_unavailable", 400, AmazonDown),
        ("invalid_request", 400, AmazonError),
        ("invalid_scope", 400, AmazonError),
        ("something_new", 400, AmazonError),
        ("invalid_grant", 500, AmazonDown),
        ("invalid_grant", 503, AmazonDown),
        ("invalid_grant", 429, Throttled),
    ],
)
def test_codes_of_the_token_endpoint_mean_something_only_where_amazon_is_well(
    code: str, status: int, kind: type[AmazonError]
) -> None:
    error = fault(status, {}, f'{{"error": "{code}"}}'.encode(), codes=LOGIN_CODES)
    assert type(error) is kind
    assert error.code == code


@pytest.mark.parametrize(
    ("body", "headers", "code", "details", "request_id"),
    [
        (
            {"error": "invalid_grant", "error_description": "It's over.", "request_id": "r-1"},
            {}, "invalid_grant", "It's over.", "r-1",
        ),
        (
            {"errors": [{"code": "Unauthorized", "message": "Denied.", "details": "Revoked."}]},
            {"x-amzn-RequestId": "r-2"}, "Unauthorized", "Revoked.", "r-2",
        ),
        (
            {"errors": [{"code": "Unauthorized", "message": "Denied.", "details": ""}]},
            {}, "Unauthorized", "Denied.", "",
        ),
        (
            {"code": "401", "details": "Not authorized to access scope", "requestId": "r-3"},
            {}, "401", "Not authorized to access scope", "r-3",
        ),
        (
            {"code": "ACCESS_DENIED", "message": "No."}, {"x-amz-request-id": "r-4"},
            "ACCESS_DENIED", "No.", "r-4",
        ),
        (
            {"code": "INVALID_ARGUMENT", "message": "Bad.", "errors": [{"errorType": "worse"}]},
            {}, "INVALID_ARGUMENT", "Bad.", "",
        ),
        ({"errors": []}, {}, "", "", ""),
        ({"errors": ["x"], "code": 7, "details": ["y"], "requestId": {}}, {}, "", "", ""),
        (["not", "an object"], {}, "", "", ""),
        ({"code": "<b>\x00\n" + "x" * 500}, {}, "b" + "x" * 59, "", ""),
    ],
)  # fmt: skip
def test_an_error_says_what_amazon_said_in_short_plain_text(
    body: object, headers: dict[str, str], code: str, details: str, request_id: str
) -> None:
    with pytest.raises(AmazonError) as failure:
        says((403, body, headers)).wire.ask(READING)
    assert (failure.value.code, failure.value.details) == (code, details)
    assert failure.value.request_id == request_id


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 100_000, b"9" * 5_000])
def test_an_error_page_that_is_no_json_is_still_the_error_of_its_status(body: bytes) -> None:
    with pytest.raises(AccessRefused):
        says((403, body)).wire.ask(READING)


def test_a_passing_failure_is_tried_again_a_bounded_number_of_times() -> None:
    assert says((500, {}), (429, {}), (200, [])).wire.ask(READING) == b"[]"
    for passing in ((500, {}), (429, {}), httpx2.ReadTimeout(""), httpx2.ConnectError("")):
        amazon = says(passing)
        with pytest.raises((AmazonDown, Throttled)):
            amazon.wire.ask(READING)
        assert len(amazon.asked) == TRIES


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404])
def test_a_lasting_failure_is_not_tried_again(status: int) -> None:
    amazon = says((status, {}))
    with pytest.raises(AmazonError):
        amazon.wire.ask(READING)
    assert len(amazon.asked) == 1


@pytest.mark.parametrize(
    ("trouble", "sent"),
    [
        ((500, {}), 1), ((429, {}, {"retry-after": "1"}), 1), ((503, {}), 1),
        (httpx2.ReadTimeout(""), 1), (httpx2.ReadError(""), 1), (httpx2.WriteTimeout(""), 1),
        (httpx2.RemoteProtocolError(""), 1), (httpx2.ProxyError(""), 1),
        (httpx2.ConnectError(""), TRIES), (httpx2.ConnectTimeout(""), TRIES),
        (httpx2.PoolTimeout(""), TRIES),
    ],
)  # fmt: skip
def test_what_may_be_done_once_only_is_sent_again_only_if_it_never_left(
    trouble: object, sent: int
) -> None:
    amazon = says(trouble)
    with pytest.raises(AmazonError):
        amazon.wire.ask(ONCE)
    assert len(amazon.asked) == sent


def test_pauses_grow_and_take_a_random_part_of_what_they_may() -> None:
    amazon = says((500, {}))
    with pytest.raises(AmazonDown):
        amazon.wire.ask(READING)
    assert amazon.slept == [2, 4]

    amazon = says((500, {}))
    amazon.chance = 0.25
    with pytest.raises(AmazonDown):
        amazon.wire.ask(READING)
    assert amazon.slept == [0.5, 1]


@pytest.mark.parametrize("status", [429, 503])
def test_amazons_own_wish_decides_the_pause(status: int) -> None:
    amazon = says((status, {}, {"Retry-After": "7"}), (200, []))
    amazon.wire.ask(READING)
    assert amazon.slept == [7]


def test_a_wish_for_a_long_pause_is_passed_on_instead_of_waited_for() -> None:
    amazon = says((429, {}, {"Retry-After": f"{LONGEST_PAUSE + 1:g}"}))
    with pytest.raises(Throttled) as failure:
        amazon.wire.ask(READING)
    assert failure.value.retry_after == LONGEST_PAUSE + 1
    assert (amazon.slept, len(amazon.asked)) == ([], 1)


def test_a_wish_may_be_a_date() -> None:
    amazon = says((429, {}, {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}))
    with pytest.raises(Throttled) as failure:
        amazon.wire.ask(READING)
    assert failure.value.retry_after == LONGEST_WAIT


@given(wish=st.text(st.characters(min_codepoint=32, max_codepoint=126)) | st.floats().map(str))
def test_no_wish_of_amazons_makes_us_wait_for_ever_or_backwards(wish: str) -> None:
    amazon = says((429, {}, {"Retry-After": wish}))
    with pytest.raises(Throttled) as failure:
        amazon.wire.ask(READING)
    assert 0 <= failure.value.retry_after <= LONGEST_WAIT
    assert all(0 <= each <= LONGEST_PAUSE for each in amazon.slept)


def test_a_call_ends_within_its_patience_however_slow_the_tries_are() -> None:
    def slow(request: httpx2.Request) -> httpx2.Response:
        amazon.clock += PATIENCE - 1
        return httpx2.Response(500)

    amazon = says(slow)
    with pytest.raises(AmazonDown):
        amazon.wire.ask(READING)
    assert len(amazon.asked) == 1


def test_an_answer_that_drips_in_for_ever_is_given_up() -> None:
    def dripping() -> Iterator[bytes]:
        while True:
            amazon.clock += 1
            yield b" "

    amazon = says(lambda _: httpx2.Response(200, content=dripping()))
    with pytest.raises(AmazonDown):
        amazon.wire.ask(READING)
    assert amazon.clock < PATIENCE + 5


@pytest.mark.parametrize(("status", "kind"), [(200, Malformed), (500, AmazonDown)])
def test_an_answer_without_end_is_not_read_to_its_end(status: int, kind: type) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 1024 * 1024
            yield b" " * 1024 * 1024

    with pytest.raises(kind):
        says(lambda _: httpx2.Response(status, content=endless())).wire.ask(READING)
    assert read <= TRIES * (LARGEST + 2 * 1024 * 1024)


def test_a_packed_answer_is_not_unpacked() -> None:
    packed = gzip.compress(b"[]")
    amazon = says((200, packed, {"content-encoding": "gzip"}))
    with pytest.raises(Malformed):
        amazon.wire.ask(READING)
    assert amazon.asked[0].headers["accept-encoding"] == "identity"


def test_one_answer_leaves_nothing_behind_for_the_next_call() -> None:
    amazon = says((200, [], {"set-cookie": "session=theirs; Path=/"}))
    wire = amazon.wire
    wire.ask(READING)
    wire.ask(READING)
    assert "cookie" not in amazon.asked[1].headers


@contextmanager
def server(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads a call, sends this, and hangs up; and the calls that it read."""
    heard: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                calling, _ = listening.accept()
            except OSError:
                return
            with calling:
                heard.append(calling.recv(65536))
                calling.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/", heard
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort"],
)
def test_a_connection_that_breaks_is_amazons_trouble(answer: bytes) -> None:
    with server(answer) as (url, heard):
        wire = Wire(sleep=lambda _: None)
        with pytest.raises(AmazonDown):
            wire.ask(Call("POST", url, body=b"code=1", again=False))
        assert len(heard) == 1
        with pytest.raises(AmazonDown):
            wire.ask(Call("POST", url, body=b"refresh_token=1"))
        assert len(heard) == 1 + TRIES
        wire.close()


class Patient(BaseHTTPRequestHandler):
    """Keeps the connection open, and answers with the caller's own port."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = str(self.client_address[1]).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def test_calls_share_a_connection() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Patient) as keeping:
        thread = threading.Thread(target=keeping.serve_forever)
        thread.start()
        wire = Wire()
        call = Call("GET", f"http://127.0.0.1:{keeping.server_port}/")
        assert len({wire.ask(call) for _ in range(5)}) == 1
        wire.close()
        keeping.shutdown()
        thread.join()


def test_nobody_listening_is_amazons_trouble() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        wire = Wire(sleep=lambda _: None)
        with pytest.raises(AmazonDown) as failure:
            wire.ask(Call("GET", f"http://127.0.0.1:{reserved.getsockname()[1]}/"))
        wire.close()
    assert failure.value.status == 0


SECRETS = st.text(st.characters(codec="utf-8"), min_size=8, max_size=60)


@given(secret=SECRETS, around=st.text(max_size=10))
def test_what_amazon_throws_back_at_us_is_in_no_error(secret: str, around: str) -> None:
    echo = f"{around}{secret}{around}"
    body = {
        "error": echo, "error_description": echo, "request_id": echo, "details": echo,
        "errors": [{"code": secret, "message": echo, "details": echo[: len(secret)]}],
    }  # fmt: skip
    kept = (SecretStr("another secret"), SecretStr(secret))
    call = Call("POST", URL, secrets=kept, headers={"authorization": "Bearer 1"}, body=b"2")
    with pytest.raises(AmazonError) as failure:
        says((400, body)).wire.ask(call)
    error = failure.value
    for shown in (str(error), repr(error), error.code, error.details, error.request_id, repr(call)):
        assert secret not in shown
    assert error.code == ""
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize("token", ["é\ud800", "to\nken", "ken\x00"])
def test_a_call_that_cannot_be_sent_is_our_fault_and_shows_nothing(token: str) -> None:
    with server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") as (url, heard):
        wire = Wire(sleep=lambda _: None)
        with pytest.raises(AmazonError) as failure:
            wire.ask(Call("GET", url, headers={"x-amz-access-token": token}))
        wire.close()
    assert type(failure.value) is AmazonError
    assert failure.value.code == "unsendable"
    assert failure.value.__context__ is None
    assert "ken" not in repr(failure.value)
    assert not any(b"ken" in each for each in heard)
