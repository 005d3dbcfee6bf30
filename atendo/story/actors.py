"""Who takes part in the story: people in a browser's place, programs, and phones.  HTTP only."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

import requests

from atendo.demo_data import PASSWORD

Value = TypeVar("Value")

TIMEOUT = 20  # seconds
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class TimedOut(AssertionError):
    """What was waited for did not happen."""


def eventually(
    look: Callable[[], Value], wanted: Callable[[Value], bool], *, seconds: float = 45
) -> Value:
    """Look until what is seen is wanted, and return it.  Raises TimedOut with what was seen."""
    deadline = time.monotonic() + seconds
    while not wanted(seen := look()):
        if time.monotonic() > deadline:
            raise TimedOut(f"after {seconds:.0f} s: {seen!r}")
        time.sleep(0.2)
    return seen


def stays(look: Callable[[], Value], wanted: Value, *, seconds: float = 2) -> None:
    """Look for a while and raise when what is seen changes: how "nothing happens" is shown."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = look()
        assert seen == wanted, f"{seen!r} instead of {wanted!r}"
        time.sleep(0.2)


class Member:
    """A person of a company, logged in as in a browser."""

    def __init__(self, site: str, email: str) -> None:
        self.site = site
        self.session = requests.Session()
        self._log_in(email)

    def _log_in(self, email: str) -> None:
        page = self.session.get(f"{self.site}/entrar/", timeout=TIMEOUT)
        form = {"username": email, "password": PASSWORD, "csrfmiddlewaretoken": _csrf(page)}
        answer = self.session.post(f"{self.site}/entrar/", data=form, timeout=TIMEOUT)
        assert "/entrar/" not in answer.url, f"{email} was not let in"

    def page(self, path: str) -> str:
        answer = self.session.get(self.site + path, timeout=TIMEOUT)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def submit(self, path: str, form: dict[str, Any], *, on: str) -> requests.Response:
        """Post a form to `path`, with the token of the page `on` which it stands."""
        page = self.session.get(self.site + on, timeout=TIMEOUT)
        data = {**form, "csrfmiddlewaretoken": _csrf(page)}
        return self.session.post(self.site + path, data=data, timeout=TIMEOUT)

    def get(self, path: str) -> requests.Response:
        return self.session.get(f"{self.site}/api/v1/{path}", timeout=TIMEOUT)

    def post(self, path: str, body: dict[str, Any]) -> requests.Response:
        headers = {"X-CSRFToken": self.session.cookies["csrftoken"], "Referer": self.site}
        url = f"{self.site}/api/v1/{path}"
        return self.session.post(url, json=body, headers=headers, timeout=TIMEOUT)

    def first(self, path: str, name: str) -> int:
        """Return the id of the row with this name in a list of the API."""
        rows = self.get(path).json()["results"]
        return int(next(row["id"] for row in rows if row["name"].startswith(name)))

    def appointment(self, pk: int) -> dict[str, Any]:
        row: dict[str, Any] = self.get(f"appointments/{pk}/").json()
        return row

    def status(self) -> str:
        return str(self.get("company/whatsapp-status").json()["status"])


def _csrf(page: requests.Response) -> str:
    found = CSRF.search(page.text)
    assert found, f"no form at {page.url} ({page.status_code})"
    return found[1]


class Phones:
    """The simulator's phones: scan, read, answer, attack."""

    def __init__(self, url: str) -> None:
        self.url = url

    def call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        url = f"{self.url}/simulator/{path}"
        answer = (
            requests.get(url, timeout=TIMEOUT)
            if body is None
            else requests.post(url, json=body, timeout=TIMEOUT)
        )
        assert answer.ok, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def received(self, phone: str, company: str) -> list[str]:
        """Return the texts that came from the company to this phone, oldest first."""
        messages = self.call(f"phones/{_digits(phone)}/chats/{_digits(company)}")["messages"]
        return [message["text"] for message in messages if message["direction"] == "in"]

    def say(self, phone: str, company: str, text: str) -> None:
        self.call(f"phones/{_digits(phone)}/messages", {"to": _digits(company), "text": text})

    def press(self, phone: str, company: str, button: str) -> None:
        body = {"to": _digits(company), "button_id": button}
        self.call(f"phones/{_digits(phone)}/button", body)


def _digits(phone: str) -> str:
    return phone.lstrip("+")
