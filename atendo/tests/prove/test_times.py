"""How long an answer takes for an id of the rival, and for one that never was.

Without a verdict: this tells what a stopwatch could tell.
"""

from __future__ import annotations

import time
from statistics import median

from atendo.tests.prove.two_companies import NOBODYS, RIVALS

ROUNDS = 60
TIMED = {
    "the client's page": ("owner", "GET", "/clientes/{id}/"),
    "the appointment's page": ("owner", "GET", "/agendamentos/{id}/"),
    "cancel an appointment": ("owner", "POST", "/agendamentos/{id}/cancelar/"),
    "a client in the API": ("token of owner", "GET", "/api/v1/clients/{id}/"),
    "send a confirmation": ("token of owner", "POST", "/api/v1/whatsapp/send-confirmation/{id}"),
}


def test_the_times_of_five_routes_are_told(walk, rival, record_property):
    rows = []
    for what, (who, method, address) in TIMED.items():
        taken = {RIVALS: [], NOBODYS: []}
        for _round in range(ROUNDS):
            for marks, times in taken.items():
                times.append(seconds(walk, walk.everybody[who], method, address, marks))
        rows.append((what, *(round(median(times) * 1000, 2) for times in taken.values())))

    record_property("times", rows)
    assert len(rows) == len(TIMED)


def seconds(walk, actor, method, address, marks):
    start = time.perf_counter()
    answer = walk.answer(actor, method, address, marks, {})
    taken = time.perf_counter() - start
    assert answer.status == 404
    return taken
