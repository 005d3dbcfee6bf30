"""Real Chromium before real processes: simulator, web server and worker, on databases of their
own.  Where no Chromium can be had the tests are skipped, or fail if it is required."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from atendo.stack import Stack
from atendo.tests.browser.screens import Screen, Watch, new_context

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = "Chromium was not found, so no page was tried in it. Set CHROMIUM to its path."

# Two cores may be busy with other tests.
expect.set_options(timeout=12_000)


def chromium() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip from this one place, so that the summary has one line for all."""
    if chromium() is None:
        if os.environ.get("ATENDO_REQUIRE_CHROMIUM") == "1":
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One per module: while it runs, Playwright keeps an event loop that others trip over."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Call it with a screen: a page of a new profile.  No page may complain while it is used."""
    contexts, watch = [], Watch()

    def opened(screen: Screen, **options: Any) -> Page:
        context = new_context(browser, screen, **options)
        watch.of(context)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
    assert watch.complaints == []


@pytest.fixture(scope="module")
def new_stack(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Call it for a stack whose database is ready and whose processes are not started."""

    @contextmanager
    def made(name: str, *, with_demo: bool = True) -> Iterator[Stack]:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
        stack = Stack(f"atendo_fresh_{name}_{worker}", tmp_path_factory.mktemp(name))
        stack.processes.environment |= {
            "DJANGO_SETTINGS_MODULE": "atendo.settings",
            "LOG_LEVEL": "INFO",
        }
        stack.make_database(with_demo=with_demo)
        stack.processes.environment["DJANGO_SETTINGS_MODULE"] = "atendo.tests.browser.settings"
        try:
            yield stack
        finally:
            stack.stop()
        assert "Traceback" not in stack.log()

    return made
