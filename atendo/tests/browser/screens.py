"""The screens that people hold, and what no page may do on any of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Request, Response


@dataclass(frozen=True, slots=True)
class Screen:
    name: str
    width: int
    height: int

    @property
    def size(self) -> dict[str, int]:
        return {"width": self.width, "height": self.height}

    def __str__(self) -> str:
        return self.name


PHONE = Screen("390", 390, 844)
DESK = Screen("1280", 1280, 800)


@dataclass
class Watch:
    """Complaints about a context's pages: errors in the console (what the content security policy
    stopped is one), uncaught exceptions, missing files, and requests to other hosts."""

    complaints: list[str] = field(default_factory=list)

    def of(self, context: BrowserContext) -> Watch:
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"exception: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)
        return self

    def _console(self, message: ConsoleMessage) -> None:
        # Of a page that answers 404 the console says so; of a file that does, _response says more.
        answered = message.text.startswith("Failed to load resource: the server responded")
        # htmx says so of a request that was under way when the page was left, or more was typed.
        given_up = message.text.startswith(("htmx:sendAbort", "htmx:afterRequest"))
        if message.type in {"error", "warning"} and not answered and not given_up:
            self.complaints.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in {"data", "blob", "about"} and url.hostname != "127.0.0.1":
            self.complaints.append(f"request to another host: {request.url}")

    def _response(self, response: Response) -> None:
        request = response.request
        # A page's own worker asks for a page in its stead, so that this is no file either.
        is_page = request.resource_type == "document" or request.service_worker is not None
        if response.status >= 400 and not is_page:
            self.complaints.append(f"{response.status}: {response.url}")


def new_context(browser: Browser, screen: Screen, **options: Any) -> BrowserContext:
    """A browser profile of its own, in São Paulo, on this screen."""
    context = browser.new_context(
        viewport=screen.size,
        color_scheme="light",
        reduced_motion="reduce",
        locale="pt-BR",
        timezone_id="America/Sao_Paulo",
        **options,
    )
    context.set_default_timeout(12_000)
    return context
