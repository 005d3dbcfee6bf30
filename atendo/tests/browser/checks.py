"""What every page must be: readable by everybody, on every screen."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from atendo.tests.browser.screens import DESK, PHONE, Screen

# 200 % of a window of 1280, and the 400 % at which nothing may scroll sideways (WCAG 1.4.10).
ZOOMED = (Screen("640", 640, 400), Screen("320", 320, 640))
TOUCH = 44

AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"
STANDARDS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
# The rules whose answer is another one in the dark.
OF_COLOURS = ("color-contrast", "link-in-text-block")

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

# What people tap all day; a link in a text may be smaller, down to the 24 px that axe asks for.
SMALL_TARGETS = """touch => {
  const main = ".btn, .form-control, .form-select, .at-chip, .at-pick, nav a, summary";
  return [...document.querySelectorAll(main)].filter(element => {
    if (!element.checkVisibility({visibilityProperty: true})) return false;
    const {width, height} = element.getBoundingClientRect();
    // What is read but not seen is one pixel high, and its label is what people tap.
    return width > 1 && height > 1 && (height < touch - .5 || width < touch - .5);
  }).map(element => {
    const {width, height} = element.getBoundingClientRect();
    return `${Math.round(width)} x ${Math.round(height)}: ${element.outerHTML.slice(0, 160)}`;
  });
}"""
# Called after a key was pressed, so that the browser shows the focus as it does for a keyboard.
# The ring may be drawn around the thing itself, its label, or what stands beside a hidden input.
UNSEEN_FOCUS = """() => {
  const things = "a[href], button, input:not([type=hidden]), select, textarea, summary,"
    + "[tabindex='0']";
  const look = element => [element, element.closest("label, .at-pick, .at-chip"),
    element.nextElementSibling].filter(Boolean).map(near => {
      const style = getComputedStyle(near);
      const outline = style.outlineStyle === "none" ? "" : style.outlineWidth + style.outlineColor;
      return outline + style.boxShadow + style.borderColor + style.backgroundColor;
    }).join();
  const last = document.activeElement;
  const unseen = [...document.querySelectorAll(things)].filter(element => {
    if (element.disabled || !element.checkVisibility({visibilityProperty: true})) return false;
    element.blur();
    const before = look(element);
    element.focus({preventScroll: true});
    return document.activeElement === element && look(element) === before;
  }).map(element => element.outerHTML.slice(0, 160));
  last?.focus?.({preventScroll: true});
  return unseen;
}"""
MOTION = """() => [...document.querySelectorAll("*")].filter(element => {
  const style = getComputedStyle(element);
  const moves = [...style.transitionDuration.split(","), ...style.animationDuration.split(",")];
  return moves.some(duration => parseFloat(duration) > .01);
}).map(element => element.outerHTML.slice(0, 160))"""


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
    found = _anatomy(page)
    for screen in on:
        found += [f"{screen}: {problem}" for problem in _on(page, screen)]
    if PHONE in on:
        found += [f"{PHONE}: {problem}" for problem in _by_hand(page)]
    return found + [f"{screen}: {words}" for screen in ZOOMED for words in _zoomed(page, screen)]


def staff_problems(page: Page) -> list[str]:
    """What axe says of a page of Django's admin, whose frame is not ours, and whether it is too
    wide."""
    settle(page)
    page.emulate_media(reduced_motion="reduce")  # no colour on its way into another
    page.evaluate(axe_source())
    return [f"{screen}: {problem}" for screen in (PHONE, DESK) for problem in _on(page, screen)]


def _on(page: Page, screen: Screen) -> list[str]:
    page.set_viewport_size(screen.size)
    page.emulate_media(color_scheme="light")
    found = [*_sideways(page), *_axe(page, STANDARDS)]
    page.emulate_media(color_scheme="dark")
    dark = [f"dark: {problem}" for problem in _axe(page, OF_COLOURS)]
    page.emulate_media(color_scheme="light")
    return found + dark


def _by_hand(page: Page) -> list[str]:
    """What fingers, keyboards and people who get dizzy need."""
    page.set_viewport_size(PHONE.size)
    page.emulate_media(reduced_motion="reduce")
    small = [f"smaller than {TOUCH} px, {found}" for found in page.evaluate(SMALL_TARGETS, TOUCH)]
    moving = [f"moves all the same: {found}" for found in page.evaluate(MOTION)]
    page.keyboard.press("Shift")
    unseen = [f"does not show its focus: {found}" for found in page.evaluate(UNSEEN_FOCUS)]
    return small + moving + unseen


def _zoomed(page: Page, screen: Screen) -> list[str]:
    page.set_viewport_size(screen.size)
    return _sideways(page)


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
