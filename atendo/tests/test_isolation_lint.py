"""What steps around a lock stands on the list in `lint/allowed.py`, or fails here."""

from __future__ import annotations

import ast

import pytest

from atendo.tests.lint.allowed import ALLOWED, EVERYWHERE
from atendo.tests.lint.rules import RULES
from atendo.tests.lint.source import sources, walk


@pytest.fixture(scope="module")
def nodes():
    return [(path, outer, node) for path, tree in sources() for outer, node in walk(tree)]


@pytest.mark.parametrize("rule", RULES)
def test_only_the_places_on_the_list_step_around_a_lock(rule, nodes):
    found = {(path, outer) for path, outer, node in nodes if RULES[rule].sees(node)}
    whole = {path for path, function in ALLOWED[rule] if function == EVERYWHERE}
    found = {(path, EVERYWHERE if path in whole else outer) for path, outer in found}
    assert sorted(found) == sorted(ALLOWED[rule])


def seen(rule, code):
    return any(RULES[rule].sees(node) for _, node in walk(ast.parse(code)))


EXAMPLES = [(name, code) for name, rule in RULES.items() for code in rule.examples]
FINE = [(name, code) for name, rule in RULES.items() for code in rule.fine]


@pytest.mark.parametrize(("rule", "code"), EXAMPLES)
def test_the_rule_sees_its_example(rule, code):
    assert seen(rule, code)


@pytest.mark.parametrize(("rule", "code"), FINE)
def test_the_rule_lets_be_what_is_fine(rule, code):
    assert not seen(rule, code)


def test_a_place_is_named_by_the_functions_and_classes_around_it():
    code = "class A:\n    def b(self):\n        with every_company('why'): pass\nevery_company"
    sees = RULES["every_company"].sees
    assert [outer for outer, node in walk(ast.parse(code)) if sees(node)] == ["A.b", ""]


def test_every_rule_has_examples_and_every_place_on_the_list_says_why():
    assert set(ALLOWED) == set(RULES)
    assert all(rule.examples for rule in RULES.values())
    assert all(reason for places in ALLOWED.values() for reason in places.values())
