"""People who look at many pages: each logs in once, and then looks on every screen."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Page

from atendo.tests.browser.people import Desk
from atendo.tests.browser.screens import DESK, Screen, Watch, new_context


@dataclass
class Visitors:
    browser: Browser
    site: str
    watch: Watch = field(default_factory=Watch)
    sessions: dict[str, dict] = field(default_factory=dict)
    contexts: dict[tuple[str, Screen], BrowserContext] = field(default_factory=dict)

    def page(self, email: str, screen: Screen) -> Page:
        """A fresh page of the person on that screen; of a stranger if the e-mail is empty."""
        if (email, screen) not in self.contexts:
            context = new_context(self.browser, screen, storage_state=self._session(email))
            self.watch.of(context)
            self.contexts[email, screen] = context
        context = self.contexts[email, screen]
        for page in context.pages:
            page.close()
        self.watch.complaints.clear()
        return context.new_page()

    def _session(self, email: str) -> dict | None:
        if email and email not in self.sessions:
            context = new_context(self.browser, DESK)
            Desk(context.new_page(), self.site).log_in(email)
            self.sessions[email] = context.storage_state()
            context.close()
        return self.sessions.get(email)

    def close(self) -> None:
        for context in self.contexts.values():
            context.close()
