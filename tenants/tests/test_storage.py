"""Every file lives in its company's folder, and no name leads out of it."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from hypothesis import given
from hypothesis import strategies as st

from tenants import scope
from tenants.scope import NoCompanyScope
from tenants.storage import CompanyStorage

OURS, RIVALS = 12, 13
NO_COMPANY = {
    "no scope": nullcontext,
    "every company": lambda: scope.every_company("a test"),
}


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return Path(settings.MEDIA_ROOT)


@pytest.fixture
def theirs(media):
    """The rival's file, under the name that we use too."""
    with scope.company(RIVALS):
        assert default_storage.save("logo.png", ContentFile(b"theirs")) == "logo.png"
    return media / "company_13" / "logo.png"


def files_in(media):
    return {
        str(file.relative_to(media)): file.read_bytes()
        for file in media.rglob("*")
        if file.is_file()
    }


CALLS = {
    "open": (default_storage.open, FileNotFoundError),
    "open to write": (lambda name: default_storage.open(name, "wb"), FileNotFoundError),
    "save": (lambda name: default_storage.save(name, ContentFile(b"ours")), "logo.png"),
    "exists": (default_storage.exists, False),
    "delete": (default_storage.delete, None),
    "listdir": (lambda name: default_storage.listdir(name.rpartition("/")[0]), FileNotFoundError),
    "size": (default_storage.size, FileNotFoundError),
    "path": (lambda name: Path(default_storage.path(name)).parent.name, "company_12"),
    "is_name_available": (default_storage.is_name_available, True),
    "get_available_name": (default_storage.get_available_name, "logo.png"),
    "get_accessed_time": (default_storage.get_accessed_time, FileNotFoundError),
    "get_created_time": (default_storage.get_created_time, FileNotFoundError),
    "get_modified_time": (default_storage.get_modified_time, FileNotFoundError),
    "url": (default_storage.url, ValueError),
}


def result_of(call, name="logo.png"):
    try:
        return call(name)
    except (FileNotFoundError, ValueError) as error:
        return type(error)


@pytest.mark.parametrize("name", CALLS)
def test_no_way_in_returns_or_changes_the_rivals_file(name, theirs, media):
    call, nothing = CALLS[name]

    with scope.company(OURS):
        assert result_of(call) == nothing

    ours = {"company_12/logo.png": b"ours"} if name == "save" else {}
    assert files_in(media) == {"company_13/logo.png": b"theirs"} | ours


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("state", NO_COMPANY)
def test_no_way_in_works_without_a_company(name, state, theirs, media):
    call, _ = CALLS[name]

    with NO_COMPANY[state](), pytest.raises(ValueError if name == "url" else NoCompanyScope):
        call("logo.png")

    assert files_in(media) == {"company_13/logo.png": b"theirs"}


def test_the_table_knows_every_public_method():
    of_words_only = {"get_alternative_name", "get_valid_name", "generate_filename"}
    of_the_class = {"deconstruct"}
    public = {name for name in dir(CompanyStorage) if name[0] != "_"}
    methods = {name for name in public if callable(getattr(CompanyStorage, name))}
    assert methods - of_words_only - of_the_class == set(CALLS) - {"open to write"}


def test_two_companies_have_a_file_of_the_same_name(theirs, media):
    with scope.company(OURS):
        default_storage.save("logo.png", ContentFile(b"ours"))
        with default_storage.open("logo.png") as file:
            assert file.read() == b"ours"
        assert default_storage.size("logo.png") == 4
        default_storage.delete("logo.png")
        assert not default_storage.exists("logo.png")
    assert files_in(media) == {"company_13/logo.png": b"theirs"}


def test_a_name_that_the_company_has_already_is_changed(media):
    with scope.company(OURS):
        names = [default_storage.save("a/logo.png", ContentFile(b"x")) for _ in range(2)]
        assert names[0] == "a/logo.png"
        assert names[1].startswith("a/logo_")
        assert default_storage.listdir("") == (["a"], [])
        assert set(default_storage.listdir("a")[1]) == {name[2:] for name in names}
    assert set(files_in(media)) == {f"company_12/{name}" for name in names}


@pytest.mark.parametrize("state", NO_COMPANY)
def test_what_is_named_global_is_the_same_in_every_scope(state, theirs, media):
    with NO_COMPANY[state]():
        name = default_storage.save("global:help/terms.pdf", ContentFile(b"everybody's"))
    assert name == "global:help/terms.pdf"
    for company in (OURS, RIVALS):
        with scope.company(company), default_storage.open(name) as file:
            assert file.read() == b"everybody's"
            assert default_storage.listdir("global:help") == ([], ["terms.pdf"])
    with scope.company(OURS):
        assert default_storage.save(name, ContentFile(b"x")).startswith("global:help/terms_")
    assert len(files_in(media)) == 3


@pytest.mark.parametrize("name", [None, "global:logo.png"])
def test_an_upload_cannot_call_itself_global(name, media):
    upload = SimpleUploadedFile("global:logo.png", b"a person's")
    with scope.company(OURS), pytest.raises(SuspiciousFileOperation):
        default_storage.save(name, upload)
    assert files_in(media) == {}


def test_a_field_turns_such_an_upload_into_a_plain_name():
    field = models.FileField(upload_to="logos")
    name = field.generate_filename(None, "global:logo.png")
    assert name == "logos/globallogo.png"


def test_the_folder_is_found_when_the_name_is_used(theirs):
    default = storages["default"]
    with scope.company(RIVALS):
        file = File(default.open("logo.png"), "logo.png")
    with scope.company(OURS):
        assert Path(default.path("logo.png")).parts[-2:] == ("company_12", "logo.png")
        assert not default.exists(file.name)
    file.close()


# No name leads out of the folder ----------------------------------------------------------------

OUT = [
    "../company_13/logo.png",
    "a/../../company_13/logo.png",
    "global:../company_13/logo.png",
    "global:/company_13/logo.png",
    "/company_13/logo.png",
    "..",
]


@pytest.mark.parametrize("way", sorted(set(CALLS) - {"url"}))
@pytest.mark.parametrize("name", [*OUT, "{media}/company_13/logo.png"])
def test_a_path_that_leads_out_is_refused(name, way, theirs, media):
    name = name.format(media=media)
    with scope.company(OURS), pytest.raises(SuspiciousFileOperation):
        # listdir is asked for the folder of the name.
        CALLS[way][0](f"{name}/x" if way == "listdir" else name)
    assert files_in(media) == {"company_13/logo.png": b"theirs"}


@pytest.mark.parametrize("way", sorted(set(CALLS) - {"url", "save", "get_available_name"}))
def test_a_symbolic_link_that_leads_out_is_refused(way, theirs, media):
    (media / "company_12").mkdir()
    (media / "company_12" / "link.png").symlink_to(theirs)
    (media / "company_12" / "folder").symlink_to(theirs.parent)
    (media / "global").symlink_to(theirs.parent)
    for name in ("link.png", "folder/logo.png", "global:logo.png"):
        with scope.company(OURS), pytest.raises(SuspiciousFileOperation):
            CALLS[way][0](f"{name}/x" if way == "listdir" else name)
    assert theirs.read_bytes() == b"theirs"


def test_media_root_itself_may_be_a_symbolic_link(settings, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    settings.MEDIA_ROOT = str(tmp_path / "link")
    with scope.company(OURS):
        assert default_storage.save("a/logo.png", ContentFile(b"ours")) == "a/logo.png"
    assert (tmp_path / "disk" / "company_12" / "a" / "logo.png").read_bytes() == b"ours"


steps = st.sampled_from(["..", ".", "", "company_13", "global:", "/", "logo.png", "a"])


@given(st.lists(steps | st.text(max_size=3), max_size=6), st.sampled_from(["/", "//", ""]))
def test_whatever_the_name_its_path_is_in_the_companys_folder(steps, between):
    name = between.join(steps)
    storage = CompanyStorage(location="/media")
    folder = "/media/global" if name.startswith("global:") else "/media/company_12"
    with scope.company(OURS):
        try:
            path = storage.path(name)
        except (SuspiciousFileOperation, ValueError):
            return  # refused, ValueError for a zero byte
    assert f"{os.path.normpath(path)}/".startswith(f"{folder}/")
