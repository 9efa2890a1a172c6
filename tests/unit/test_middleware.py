"""The way back from sign-in, which must lead to pages of ours only; and the security headers."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as some
from starlette.types import Message, Receive, Scope, Send

from dashboard.ui.middleware import CALLBACK, HEADERS, LOGIN, NEXT, ReturnTo, Secured

HOST = "dash.northwind.example"
PATHS = frozenset({"/", "/accounts", "/account", "/staff"})
SIGNED_IN = (b"set-cookie", b"_streamlit_user=abc; Path=/; HttpOnly")
Answer = list[tuple[bytes, bytes]]


def streamlit(headers: Answer):
    """A stand-in for what is wrapped: answers everything with a redirect to the first page."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": 302,
                "headers": [(b"location", b"/"), *headers],
            }
        )
        await send({"type": "http.response.body", "body": b""})

    return app


def ask(app, path: str, **headers: str) -> Answer:
    """The headers of the answer to a request."""
    sent: list[Message] = []
    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": b"",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
    }  # fmt: skip

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    # Nothing here waits for anything, so no event loop is needed.
    with pytest.raises(StopIteration):
        app(scope, receive, send).send(None)
    return sent[0]["headers"]


def back(*headers: tuple[bytes, bytes]) -> ReturnTo:
    return ReturnTo(streamlit(list(headers)), host=HOST, paths=PATHS)


def values(answer: Answer, name: bytes) -> list[str]:
    return [value.decode() for each, value in answer if each == name]


def test_the_page_asked_for_is_kept_while_signing_in_and_taken_after_it() -> None:
    started = ask(back(), LOGIN, referer=f"https://{HOST}/accounts?headline=Stuck&region=EU")
    (cookie,) = values(started, b"set-cookie")
    assert all(each in cookie for each in ("HttpOnly", "SameSite=Lax", f"Path={CALLBACK}"))

    ended = ask(back(SIGNED_IN), CALLBACK, cookie=cookie.partition(";")[0])

    assert values(ended, b"location") == ["/accounts?headline=Stuck&region=EU"]
    assert f"{NEXT}=; Path={CALLBACK}; Max-Age=0" in values(ended, b"set-cookie")[1]


def test_a_sign_in_that_fails_leads_to_the_first_page() -> None:
    ended = ask(back(), CALLBACK, cookie=f"{NEXT}=%2Faccounts")
    assert values(ended, b"location") == ["/"]


def test_a_sign_in_from_nowhere_forgets_an_older_wish() -> None:
    (cookie,) = values(ask(back(), LOGIN), b"set-cookie")
    assert cookie.startswith(f"{NEXT}=; ")
    assert "Max-Age=0" in cookie


HOSTILE = [
    "//evil.example", "///evil.example", "/\\evil.example", "https://evil.example/accounts",
    "javascript:alert(1)", "/accounts\r\nset-cookie: a=b", "/accounts#x", "/../accounts",
    "/%2f%2fevil.example", "/auth/logout", "/oauth2callback", "/accounts/", "accounts", "",
    "/accounts?" + "x" * 3000, "/accounts?ä", "/accounts?a b",
]  # fmt: skip


@pytest.mark.parametrize("target", HOSTILE)
def test_a_planted_cookie_leads_nowhere(target: str) -> None:
    ended = ask(back(SIGNED_IN), CALLBACK, cookie=f"{NEXT}={quote(target, safe='')}")
    assert values(ended, b"location") == ["/"]


@pytest.mark.parametrize(
    "referrer",
    ["https://evil.example/accounts", f"https://{HOST}.evil.example/accounts",
     f"https://evil.example@{HOST}.evil/accounts", f"https://{HOST}//evil.example",
     "https://[::1/accounts", "/accounts", "", f"https://{HOST}/_stcore/health"],
)  # fmt: skip
def test_a_referrer_that_is_no_page_of_ours_is_not_kept(referrer: str) -> None:
    (cookie,) = values(ask(back(), LOGIN, referer=referrer), b"set-cookie")
    assert "Max-Age=0" in cookie


@given(some.text())
def test_whatever_is_kept_stays_on_this_site(target: str) -> None:
    safe = back().safe(target)
    assert safe is None or (safe == target and safe.partition("?")[0] in PATHS)


@given(some.binary(max_size=200))
def test_no_cookie_breaks_the_way_back(cookie: bytes) -> None:
    text = cookie.decode("latin-1").replace("\r", "").replace("\n", "")
    ended = ask(back(SIGNED_IN), CALLBACK, cookie=text)
    assert values(ended, b"location")[0].partition("?")[0] in PATHS


def test_every_answer_carries_the_security_headers_and_forbids_framing() -> None:
    answer = dict(ask(Secured(streamlit([]), https=False), "/"))
    for name, value in HEADERS.items():
        assert answer[name.lower().encode()].decode() == value
    assert b"frame-ancestors 'none'" in answer[b"content-security-policy"]
    assert b"strict-transport-security" not in answer


def test_behind_https_every_cookie_travels_by_https_only() -> None:
    other = (b"set-cookie", b"_streamlit_xsrf=1; Path=/; Secure")
    answer = ask(Secured(streamlit([SIGNED_IN, other]), https=True), "/")
    assert all(each.endswith("; Secure") for each in values(answer, b"set-cookie"))
    assert all(each.count("Secure") == 1 for each in values(answer, b"set-cookie"))
    assert values(answer, b"strict-transport-security")
