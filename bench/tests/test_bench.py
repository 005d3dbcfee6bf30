"""`make bench` with tiny sizes: what it prints, and that its database is gone afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from bench.pages import PAGES
from bench.rounds import alternate, ratio

pytestmark = pytest.mark.slow

TARGETS = {
    "scoped_get_vs_plain": "<= 1.06",
    "scoped_get_vs_filter": "< 0.90",
    "scoped_get_vs_django_scopes": None,
    "scoped_get_vs_django_multitenant": None,
    "rls_get": "<= 1.10",
    "rls_list": "<= 1.10",
    "rls_count": "<= 1.10",
    "rls_day": "<= 1.10",
    "rls_insert": "<= 1.10",
    "rls_bulk_insert": "<= 1.10",
    "free_times_vs_sql": "<= 0.6",
    **{f"page_{name}_ms": "<= 200" for name in PAGES},
    **{f"page_{name}_queries": "<= 12" for name in PAGES},
    "list_page_vs_sql": "<= 15",
}
TINY = ["--companies", "2", "--appointments", "60", "--rounds", "2", "--busy-rows", "60"]


def start(name, *arguments, **environment):
    own = {"DJANGO_SETTINGS_MODULE": "bench.settings", "DATABASE_NAME": name, "DEBUG": "true"}
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "manage.py", "bench", *TINY, *arguments],
        cwd=settings.BASE_DIR,
        env=os.environ | own | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def databases():
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        return {name for (name,) in cursor.fetchall()}


def check_ratio(value, detail):
    assert 0.01 < value < 100
    assert detail["rounds"] == 2
    assert all(microseconds > 1 for microseconds in detail["us"].values())


def check_milliseconds(value, detail):
    assert 1 < detail["fastest"] <= value + 0.05
    assert detail["rows"] == 60
    assert detail["kilobytes"] > 5


def check_queries(value, detail):
    assert value == int(value) > 3
    assert detail["rows"] == 60


CHECKS = {"ratio": check_ratio, "ms": check_milliseconds, "queries": check_queries}


@pytest.mark.django_db
def test_every_benchmark_prints_one_object_and_the_database_is_dropped():
    process = start("atendo_fresh_bench_test")
    output, progress = process.communicate()
    assert process.returncode == 0, progress
    lines = [json.loads(line) for line in output.splitlines()]
    assert {line["name"]: line["target"] for line in lines} == TARGETS
    assert len(lines) == len(TARGETS)
    for line in lines:
        assert list(line) == ["name", "value", "unit", "target", "detail"]
        assert (line["detail"]["met"] is None) == (line["target"] is None)
        CHECKS[line["unit"]](line["value"], line["detail"])
    assert "atendo_fresh_bench_test" not in databases()
    assert not {"django_scopes", "django_multitenant"} & set(sys.modules)


@pytest.mark.django_db
def test_an_interrupted_run_drops_its_database():
    process = start("atendo_fresh_bench_interrupted", "scoped_get")
    assert "a new database" in process.stderr.readline()
    while "atendo_fresh_bench_interrupted" not in databases():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate()
    assert (process.returncode, output) == (130, "")
    assert "atendo_fresh_bench_interrupted" not in databases()


@pytest.mark.django_db
def test_a_database_with_another_name_is_left_alone():
    name = connection.settings_dict["NAME"]
    process = start(name)
    output, progress = process.communicate()
    assert (process.returncode, output) == (1, "")
    assert "atendo_fresh_" in progress
    assert name in databases()


def test_an_unknown_name_is_refused_before_anything_is_made():
    process = start("atendo_fresh_bench_test", "no_such_benchmark")
    output, progress = process.communicate()
    assert (process.returncode, output) == (2, "")
    assert "no_such_benchmark" in progress


def test_the_ratio_is_that_of_one_round_whatever_the_next_one_costs():
    slow = [1, 50, 2, 100, 9]
    turns = {"ours": lambda n: 0.003 * slow[n], "theirs": lambda n: 0.002 * slow[n]}
    times = alternate(turns, rounds=4, seconds=60)
    measured = ratio(times, "ours", "theirs", "by hand")
    assert measured.value == pytest.approx(1.5)
    assert measured.detail["rounds"] == 4
    assert measured.detail["ratio_quartiles"] == [1.5, 1.5]


def test_a_round_goes_forth_and_back_and_begins_with_another_variant_each_time():
    played = []
    turns = {name: lambda n, name=name: played.append((n, name)) or 1.0 for name in "ab"}
    alternate(turns, rounds=1, seconds=0)
    assert "".join(name for _, name in played) == "abba" + "baab"
    assert [n for n, _ in played] == [0] * 4 + [1] * 4
