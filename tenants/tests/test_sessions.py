from __future__ import annotations

import pytest
from django.test import Client as Browser

from tenants.sessions import SessionStore


@pytest.mark.parametrize(
    "cookie", [r'"aaaaaaaaaaaaaaaa\000"', r'"\355\240\200aaaaaaaa"', "a" * 5000, "short", ""]
)
def test_a_cookie_that_no_session_of_ours_has_is_no_session(db, cookie):
    answer = Browser().get("/clientes/", headers={"cookie": f"sessionid={cookie}"})

    assert (answer.status_code, answer.url) == (302, "/entrar/?next=/clientes/")


def test_a_new_key_is_one_that_is_looked_for(db):
    session = SessionStore()
    session["x"] = 1
    session.save()

    assert SessionStore(session.session_key)["x"] == 1
