"""People who look at many pages: each logs in once, and then looks at every page."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Page

from atendo.tests.browser.people import Desk
from atendo.tests.browser.screens import PHONE, Watch, new_context


@dataclass
class Visitors:
    browser: Browser
    site: str
    watch: Watch = field(default_factory=Watch)
    contexts: dict[str, BrowserContext] = field(default_factory=dict)

    def page(self, email: str) -> Page:
        """An empty page of the person, on a phone; of a stranger if the e-mail is empty."""
        context = self.contexts.get(email) or self._arrive(email)
        for page in context.pages[1:]:
            page.close()
        page = context.pages[0] if context.pages else context.new_page()
        page.goto("about:blank")
        page.set_viewport_size(PHONE.size)
        self.watch.complaints.clear()
        return page

    def _arrive(self, email: str) -> BrowserContext:
        context = self.contexts[email] = new_context(self.browser, PHONE)
        self.watch.of(context)
        if email:
            Desk(context.new_page(), self.site).log_in(email)
        return context

    def close(self) -> None:
        for context in self.contexts.values():
            context.close()
