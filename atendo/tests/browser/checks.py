"""What every page must be: readable by everybody, on every screen."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from atendo.tests.browser.screens import DESK, PHONE, Screen

AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"
STANDARDS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")

SIDEWAYS = """() => {
  const root = document.documentElement, seen = root.clientWidth;
  if (root.scrollWidth <= seen) return [];
  const wide = [...document.body.querySelectorAll("*")].filter(
    element => element.getBoundingClientRect().right > seen + 1);
  return wide.slice(-3).map(element => element.outerHTML.slice(0, 160));
}"""
ANATOMY = """() => {
  const skip = document.querySelector("a.at-skip");
  return {
    headings: document.querySelectorAll("h1").length,
    language: document.documentElement.lang,
    title: document.title.split("·")[0].trim(),
    // Where there is a menu there is a way past it.
    skips: !document.querySelector("nav") || Boolean(skip && document.querySelector(skip.hash)),
  };
}"""


@cache
def axe_source() -> str:
    return AXE.read_text()


def settle(page: Page) -> None:
    """Wait for the parts that load after the page."""
    page.wait_for_load_state("load")
    page.wait_for_function("() => !document.querySelector('.htmx-request')")
    page.wait_for_function("() => document.fonts.status === 'loaded'")


def problems(page: Page, on: tuple[Screen, ...] = (PHONE, DESK)) -> list[str]:
    """Everything wrong with the page that is open, on a phone and at a desk, light and dark, in
    words that lead to it."""
    settle(page)
    page.evaluate(axe_source())
    return _anatomy(page) + [
        f"{screen}: {problem}" for screen in on for problem in _on(page, screen)
    ]


def _on(page: Page, screen: Screen) -> list[str]:
    page.set_viewport_size(screen.size)
    page.emulate_media(color_scheme="light")
    found = [*_sideways(page), *_axe(page, STANDARDS)]
    page.emulate_media(color_scheme="dark")
    dark = [f"dark: {problem}" for problem in _axe(page, ("color-contrast",))]
    page.emulate_media(color_scheme="light")
    return found + dark


def _anatomy(page: Page) -> list[str]:
    found = page.evaluate(ANATOMY)
    wrong = {
        f"{found['headings']} headings of level 1": found["headings"] != 1,
        f"language {found['language']!r}": found["language"] != "pt-BR",
        "no title of its own": not found["title"],
        "no skip link": not found["skips"],
    }
    return [words for words, is_wrong in wrong.items() if is_wrong]


def _sideways(page: Page) -> list[str]:
    return [f"wider than the screen: {element}" for element in page.evaluate(SIDEWAYS)]


def _axe(page: Page, rules: tuple[str, ...]) -> list[str]:
    """What axe says.  Without `preload` it does not fetch the style sheets a second time."""
    asked = {"runOnly": list(rules), "resultTypes": ["violations"], "preload": False}
    violations = page.evaluate("asked => axe.run(document, asked).then(r => r.violations)", asked)
    return [_words(rule, node) for rule in violations for node in rule["nodes"]]


def _words(rule: dict[str, Any], node: dict[str, Any]) -> str:
    return f"{rule['id']}: {node['html'][:160]} ({node['failureSummary']})"
