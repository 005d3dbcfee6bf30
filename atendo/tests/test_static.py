"""What pages load: pinned files of others, icons that exist, nothing from elsewhere."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.template import engines

from atendo import menu
from atendo.templatetags.ui import SPRITE, icon
from scheduling import history, situations, steps
from tenants.middleware import SESSION_KEY
from whatsapp import chat, overview, situation

STATIC = settings.BASE_DIR / "static"
TEMPLATES = settings.BASE_DIR / "templates"
PAGES = sorted(TEMPLATES.rglob("*.html"))
VENDORED = (STATIC / "vendor", settings.BASE_DIR / "atendo" / "tests" / "vendor")

FORBIDDEN = {
    "an inline style": re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE),
    "an inline script": re.compile(r"<script\b(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE),
    "an event handler": re.compile(r"\s(?:on[a-z]+|hx-on[:\w-]*)\s*=", re.IGNORECASE),
    "an asset from elsewhere": re.compile(
        r"""<(?:script|link|img|source|iframe|use)\b[^>]*(?:src|href)\s*=\s*["']?(?:https?:)?//""",
        re.IGNORECASE,
    ),
}


def sources(folder: Path) -> list[list[str]]:
    lines = (folder / "SOURCES").read_text().splitlines()
    return [line.split() for line in lines if not line.startswith("#")]


def sprite_names() -> set[str]:
    return set(re.findall(r'<symbol id="([^"]+)"', (STATIC / SPRITE).read_text()))


def icons_of(value: object) -> Iterator[str]:
    """Every icon that the tables of a module, or what they hold, name."""
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple):
        for each in value:
            yield from icons_of(each)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            inner = getattr(value, field.name)
            yield from [inner] if field.name == "icon" else icons_of(inner)


@pytest.mark.parametrize("folder", VENDORED, ids=["served", "of the tests"])
def test_every_vendored_file_is_the_one_that_sources_pins(folder):
    pinned = {row[3]: row[4] for row in sources(folder)}
    found = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "SOURCES"
    }
    assert found == pinned


@pytest.mark.parametrize("folder", VENDORED, ids=["served", "of the tests"])
def test_every_vendored_package_brings_its_licence(folder):
    rows = sources(folder)
    packages = {row[0] for row in rows}
    assert packages == {row[0] for row in rows if Path(row[3]).name == "LICENSE"}
    assert packages


def test_hashed_names_resolve_in_every_stylesheet_and_script(tmp_path):
    shutil.copytree(STATIC, tmp_path, dirs_exist_ok=True)
    storage = ManifestStaticFilesStorage(location=tmp_path)
    names = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()]
    processed = list(storage.post_process({name: (storage, name) for name in names}))
    assert [result for _name, _hashed, result in processed if isinstance(result, Exception)] == []
    assert storage.hashed_files["css/tokens.css"] != "css/tokens.css"
    css = (tmp_path / storage.hashed_files["css/tokens.css"]).read_text()
    assert re.search(r'url\("\.\./vendor/figtree/figtree-latin-wght-normal\.\w{12}\.woff2"\)', css)


def test_stylesheets_and_scripts_load_nothing_from_elsewhere():
    for path in [*STATIC.rglob("*.css"), *STATIC.rglob("*.js")]:
        text = path.read_text()
        assert "sourceMappingURL" not in text, path
        assert re.findall(r"(?:url\(|@import\s)[\"']?(?:https?:)?//", text) == [], path


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_template_holds_nothing_that_the_policy_forbids(path):
    text = path.read_text()
    assert [name for name, pattern in FORBIDDEN.items() if pattern.search(text)] == []


@pytest.mark.parametrize(
    "markup",
    [
        '<p style="color: red">',
        "<style>p {}</style>",
        "<script>alert(1)</script>",
        '<button onclick="go()">',
        '<div hx-on:click="go()">',
        '<img src="https://elsewhere.example/a.png">',
        '<script src="//elsewhere.example/a.js"></script>',
    ],
)
def test_the_check_of_templates_sees(markup):
    assert [name for name, pattern in FORBIDDEN.items() if pattern.search(markup)] != []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_template_loads_the_tags_that_it_uses(path):
    template = engines["django"].get_template(str(path.relative_to(TEMPLATES)))
    assert template.origin.name == str(path)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_template_names_parts_and_files_that_exist(path):
    text = path.read_text()
    for name in re.findall(r"""{%\s*(?:include|extends)\s+["']([^"']+)["']""", text):
        assert engines["django"].get_template(name), name
    for name in re.findall(r"""{%\s*static\s+["']([^"']+)["']""", text):
        assert finders.find(name), name


def test_every_icon_of_a_template_is_in_the_sprite():
    used = {
        name
        for path in PAGES
        for name in re.findall(r"""{%\s*icon\s+["']([^"']+)["']""", path.read_text())
    }
    assert "eye" in used
    assert used - sprite_names() == set()


@pytest.mark.parametrize(
    "module",
    [menu, situations, steps, history, chat, situation],
    ids=lambda module: module.__name__,
)
def test_every_icon_of_a_table_is_in_the_sprite(module):
    used = set(icons_of(tuple(vars(module).values())))
    assert used
    assert used - sprite_names() == set()


def test_every_icon_of_the_connection_story_is_in_the_sprite():
    assert set(overview.STORY_ICONS.values()) - sprite_names() == set()


def test_an_icon_is_decoration_unless_it_says_what_it_means():
    assert icon("eye", "icon-sm") == (
        '<svg class="icon icon-sm" aria-hidden="true">'
        f'<use href="/static/{SPRITE}#eye"></use></svg>'
    )
    assert icon("checks", label='lida "agora"') == (
        '<svg class="icon" role="img" aria-label="lida &quot;agora&quot;">'
        f'<use href="/static/{SPRITE}#checks"></use></svg>'
    )


def test_the_error_page_of_the_server_needs_no_context():
    page = engines["django"].get_template("500.html").render()
    assert "<h1>Algo deu errado do nosso lado</h1>" in page
    assert "{{" not in page


def test_the_page_of_what_is_not_found_is_the_same_for_everybody(rf):
    template = engines["django"].get_template("404.html")
    pages = set()
    for path, session in (("/clientes/1/", {}), ("/agendamentos/999/?q=x", {SESSION_KEY: 7})):
        request = rf.get(path)
        request.session = session
        pages.add(template.render({"request_path": path}, request))
    assert len(pages) == 1
