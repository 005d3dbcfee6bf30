from __future__ import annotations

import pytest
from atendo.tests.two_companies import *
from atendo.tests.walker import METHODS, Walker, addresses, names_read

ADDRESSES = [a for a in addresses()]

VALUES = {
    **dict.fromkeys(("client", "cliente", "professional", "profissional", "service", "membership", "company"), OURS),
}

@pytest.fixture
def clock(monkeypatch, now):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    return now

@pytest.fixture
def ours(db, clock):
    return open_house("Araucaria", "70522", OURS)

def test_x(ours, monkeypatch):
    import time
    walker = Walker(ours=OURS, rival=RIVALS, new_ids=r"52\d{8}")
    who = actors(ours)
    for role in ("owner", "token of owner"):
        for a in ADDRESSES:
            if a.startswith("/admin/"): continue
            for m in METHODS:
                with names_read(monkeypatch) as names:
                    t=time.time()
                    r = walker.call(who[role], m, a.format(id=OURS), query={"x":1}, fields={"x": 1})
                print(role, m, a, r.status, r.statements, len(r.shown), r.stopped, r.mixed, sorted(names), round(time.time()-t,3))
    assert 0
