"""A customer at a browser without JavaScript, who reads pages and fills in their forms."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx2
from pydantic import SecretStr
from starlette.testclient import TestClient

from dashboard.connect.app import create_app
from dashboard.settings import settings
from tests.sandboxes import Sandbox


@dataclass
class FilledForm:
    """A form as it stands on a page: what would be sent, and the names of its buttons."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """Reads of a page what a person or a screen reader would."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[FilledForm] = []
        self.links: dict[str, str] = {}
        self.headings: list[str] = []
        self.disabled: set[str] = set()
        self.words: list[str] = []
        self._open: list[str] = []
        self._text = ""
        self._href = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(FilledForm(given.get("action", ""), given.get("method", "get")))
        if tag == "input" and self.forms:
            self._input(given)
        if tag in {"h1", "h2", "a", "button"}:
            self._text, self._href = "", given.get("href", "")

    def handle_endtag(self, tag: str) -> None:
        text = " ".join(self._text.split())
        if tag in {"h1", "h2"}:
            self.headings.append(text)
        if tag == "a":
            self.links.setdefault(text, self._href)
        if tag == "button" and self.forms:
            self.forms[-1].buttons.append(text)

    def handle_data(self, data: str) -> None:
        self._text += data
        self.words.append(data)

    def _input(self, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if "disabled" in given:
            self.disabled.add(given.get("value", ""))
        elif kind not in {"radio", "checkbox"} or "checked" in given:
            self.forms[-1].fields.setdefault(name, []).append(given.get("value", ""))


class Customer:
    """Somebody at a browser of their own. ``page`` is the last answer that is no redirect."""

    def __init__(self, amazon: Sandbox | None = None) -> None:
        base = settings().connect_base
        self.amazon = amazon
        self.http = TestClient(
            create_app(), base_url=base, follow_redirects=False, raise_server_exceptions=True,
            client=("203.0.113.7", 40000), headers={"host": urlsplit(base).netloc},
        )  # fmt: skip
        self.page: httpx2.Response
        self.path = "/"

    @property
    def seen(self) -> Reader:
        return Reader(self.page.text)

    @property
    def heading(self) -> str:
        return self.seen.headings[0]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.seen.words).split())

    def open(self, link: SecretStr) -> Self:
        return self.get(urlsplit(link.get_secret_value()).path)

    def get(self, path: str, **more: Any) -> Self:
        return self._arrive(self.http.get(path, **more))

    def click(self, name: str) -> Self:
        """Click a link."""
        return self.get(self.seen.links[name])

    def form(self, button: str) -> FilledForm:
        found = [each for each in self.seen.forms if button in each.buttons]
        assert found, f"no button {button!r} on {self.path}: {self.text}"
        return found[0]

    def press(self, button: str, **fields: str | list[str]) -> Self:
        """Fill in the form of a button, and press it."""
        form = self.form(button)
        data: dict[str, str | list[str]] = {**form.fields, **fields}
        return self.post(urljoin(self.path, form.action), data)

    def post(self, path: str, data: dict[str, Any], **more: Any) -> Self:
        return self._arrive(self.http.post(path, data=data, **more))

    def at_amazon(self, member: str, decision: str = "allow", **more: str) -> Self:
        """Decide on Amazon's page, to which the last button led, and come back."""
        return self.get(self.decide(member, decision, **more))

    def decide(self, member: str, decision: str = "allow", **more: str) -> str:
        """Decide on Amazon's page; the address it sends the browser back to."""
        assert self.amazon is not None
        answer = self.amazon.decide(self.page.headers["location"], member, decision, **more)
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["location"])
        return f"{back.path}?{back.query}"

    def sign_in(self, member: str, **more: str) -> Self:
        """Connect Amazon Advertising as this member."""
        return self.press("Connect Amazon Advertising").at_amazon(member, **more)

    def confirm(self, member: str, **more: str) -> Self:
        """Tick the box, and confirm at Amazon as this member."""
        return self.press("Confirm", agree="yes").at_amazon(member, "confirm", **more)

    def choose(self, *countries: str) -> Self:
        """Choose marketplaces by country, of the first merchant that has them."""
        return self.press("Next", profile=[self.profile(each) for each in countries])

    def profile(self, country: str) -> str:
        """The value of the check box beside a country."""
        for label in self.page.text.split("<label")[1:]:
            if f"<strong>{country}</strong>" in label:
                return label.split('value="')[1].split('"')[0]
        raise AssertionError(f"{country} is not offered: {self.text}")

    def _arrive(self, answer: httpx2.Response) -> Self:
        """Follow our own redirects, as a browser does; stop where they lead to Amazon."""
        for _ in range(6):
            self.page = answer
            if answer.status_code not in {302, 303, 307}:
                self.path = answer.request.url.path
                return self
            target = urljoin(str(answer.request.url), answer.headers["location"])
            if not target.startswith(settings().connect_base + "/"):
                return self
            answer = self.http.get(target)
        raise AssertionError("a redirect that never ends")
