from __future__ import annotations

import pytest

from tenants.redirects import safe_next


@pytest.mark.parametrize("target", ["/clientes/", "/agendamentos/?dia=2026-11-25", "/a b/\x00"])
def test_a_path_of_this_site_is_followed(rf, target):
    assert safe_next(rf.post("/", {"next": target})) == target


@pytest.mark.parametrize(
    "target",
    [
        *("", "clientes", "home", "scheduling:appointments", "?q=1", "7100000001"),
        *("//mal.example/", "///mal.example", "/\\mal.example", "\\/mal.example", " /clientes/"),
        *("http://testserver/", "https://mal.example/", "javascript:alert(1)", "/\t/mal.example"),
    ],
)
def test_anything_else_is_not(rf, target):
    assert safe_next(rf.post("/", {"next": target})) == ""
