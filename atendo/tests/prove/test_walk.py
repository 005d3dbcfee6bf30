"""Every address of the product, asked by everybody for the rival's rows: nobody sees, changes or
notices them.

`addresses` finds what there is to ask, `reading` what is read, `walk` asks, `two_companies` has
the rows.
"""

from __future__ import annotations

import re

import pytest

from atendo.tests.prove.two_companies import CANARY, NOBODYS, OURS, RIVALS, Marks, open_house
from atendo.tests.prove.walk import API, EARLY, PAGES, difference, everything, with_fields
from tenants import scope
from tenants.models import Membership, Role, User
from whatsapp.messages import WITH_TEXT
from whatsapp.models import Instance, InstanceStatus

CHANGING = ("POST", "PUT", "PATCH", "DELETE")
CONNECTING = ("/whatsapp/conectar/", "/whatsapp/reconectar/", "/whatsapp/celular/")
NEW_PASSWORD = "/entrar/nova-senha/{id}/{token}/"

# Changes that our own company is refused; every other one must succeed, or it would mean nothing
# that the same is refused for the rival's rows.
REFUSED = {
    ("DELETE", "/api/v1/clients/{id}/"): "has appointments",
    ("DELETE", "/api/v1/professionals/{id}/"): "has appointments",
    ("DELETE", "/api/v1/services/{id}/"): "has appointments",
    ("POST", "/seguranca/baixar/"): "no refusal: answers with a file",
    ("POST", "/clientes/exportar/"): "no refusal: answers with a file",
    ("POST", "/clientes/importar/"): "wants a file, which the walk does not send",
    ("POST", "/modelos/previa/"): "no refusal: shows how a text would look",
    ("POST", "/configuracoes/avisos/exemplo/"): "no refusal: shows what a client would get",
    **{
        ("POST", f"/modelos/{name.replace('_', '-')}/"): "the text must name the answers"
        for name, kind in WITH_TEXT.items()
        if kind.answers_expected
    },
    ("POST", "/conversas/numero/{id}/"): "the message is a client's, and leads there",
    **{(method, "/entrar/"): "has logged in already" for method in CHANGING},
    **{("POST", address): "is connected already: the next test" for address in CONNECTING},
    ("POST", "/conta/sair-da-empresa/"): "is the last owner",
    ("POST", "/conta/tema/"): "keeps it in a cookie, and no row",
    ("POST", "/convite/{invitation}/"): "is somebody else's invitation",
    **{(method, NEW_PASSWORD): "is no link of a letter" for method in CHANGING},
    ("PUT", "/conta/senha/"): "Django takes it for a POST, and reads no form from it",
}

# A token counts under /api/ alone.
ROLES = list(Role.values)
ASKING = [
    *((who, PAGES) for who in ("stranger", "of no company", "staff without rights", *ROLES)),
    *((who, API) for who in ("stranger", "of no company", "staff without rights", *ROLES)),
    *((f"token of {role}", API) for role in ROLES),
    ("stranger", EARLY),
]
# Where a field is read: who belongs to no company comes no further than a stranger, and in the API
# a role's session no further than its token.
WITH_FIELDS = [
    *((who, PAGES) for who in ("stranger", *ROLES)),
    *((who, API) for who in ("stranger", "owner", *(f"token of {role}" for role in ROLES))),
    ("stranger", EARLY),
]


def named(asking):
    kinds = {id(PAGES): "pages", id(API): "API", id(EARLY): "before the middleware"}
    return [f"{who}, {kinds[id(where)]}" for who, where in asking]


@pytest.mark.parametrize(("who", "where"), ASKING, ids=named(ASKING))
def test_nobody_sees_changes_or_notices_the_rivals_rows(who, where, walk, rival, verdict):
    actor = walk.everybody[who]

    problems = []
    for method, address in everything(where):
        problems += walk.at(actor, method, address)
        if method == "GET":
            asking = {"HX-Request": "true", "If-None-Match": "*"}
            problems += walk.at(actor.asking(**asking), method, address)

    verdict(problems)


@pytest.mark.parametrize(("who", "where"), WITH_FIELDS, ids=named(WITH_FIELDS))
def test_no_parameter_and_no_field_reaches_the_rival(who, where, walk, rival, verdict):
    problems = []
    for method, address in with_fields(where):
        problems += walk.fields_at(walk.everybody[who], method, address, by=who)

    verdict(problems)


@pytest.mark.parametrize(
    ("who", "where"), [("owner", PAGES), ("token of owner", API)], ids=["pages", "API"]
)
def test_everything_is_as_if_there_were_no_rival(who, where, walk, verdict):
    def answers():
        return {
            (method, address): walk.answer(
                walk.everybody[who], method, address, OURS, walk.learnt(method, address)[0]
            )
            for method, address in everything(where)
        }

    alone = answers()
    open_house(RIVALS)
    beside = answers()

    verdict(
        f"{request} {what}"
        for request, answer in beside.items()
        for what in difference(answer, alone[request])
    )
    assert {request for request, answer in alone.items() if is_refusal(request, answer)} == {
        request for request in REFUSED if request[1] in where
    }


def is_refusal(request, answer):
    """Whether nothing was done: another status than that of a success, or no row changed."""
    method, address = request
    if method in {"GET", "HEAD", "OPTIONS"} or answer.status in {404, 405}:
        return False
    success = {200, 201, 202, 204} if address in API else {302}
    return answer.status not in success or not answer.rows


def test_to_connect_again_reaches_no_other_company(walk, rival, verdict):
    owner = walk.everybody["owner"]
    for marks in (OURS, RIVALS):
        with scope.company(marks.id):
            Instance.objects.update(status=InstanceStatus.DISCONNECTED)
    walk.start()

    answers = [
        walk.answer(owner, "POST", address, OURS, walk.learnt("POST", address)[0])
        for address in CONNECTING
    ]

    assert not any(is_refusal(("POST", ""), answer) for answer in answers)
    verdict(problem for answer in answers for problem in walk.faults(answer))


def test_who_works_in_two_companies_sees_the_other_only_in_the_choice(walk, rival, verdict):
    owner = walk.everybody["owner"]
    with scope.company(rival.company.pk):
        Membership.objects.create(user=User.objects.get(email=OURS.name), role=Role.OWNER)
    walk.start()

    problems = []
    for method, address in everything(PAGES):
        if address != "/empresas/":
            problems += walk.at(owner, method, address)

    verdict(problems)
    assert CANARY.search(walk.answer(owner, "GET", "/empresas/", OURS, {}).shown)


# Inside one company ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "where"),
    [("professional", PAGES), ("token of professional", API)],
    ids=["pages", "API"],
)
def test_a_professional_sees_nothing_of_a_colleagues_day(who, where, walk, verdict):
    actor, colleague, visit = walk.everybody[who], OURS.id + 1, OURS.id + 2
    day = dict.fromkeys(("dia", "date"), "2026-11-27")
    asked = {**day, **dict.fromkeys(("profissional", "professional"), colleague)}
    colleagues = Marks(visit, OURS.name, OURS.phone)

    problems = []
    for method, address in everything(where):
        answer = walk.answer(actor, method, address, colleagues, asked)
        if "{" in address:
            unknown = walk.answer(actor, method, address, NOBODYS, asked)
            problems += [f"{method} {address} {what}" for what in difference(answer, unknown)]
        elif re.search(f"Outra|{visit}", answer.shown):
            problems.append(f"{method} {address} shows it")

    verdict(problems)


def test_without_the_csrf_token_no_session_changes_anything(walk, verdict):
    owner = walk.everybody["owner"]
    walk.check_csrf()

    verdict(
        f"{method} {address} is done"
        for method, address in everything(PAGES + API, CHANGING)
        if walk.answer(owner, method, address, OURS, walk.learnt(method, address)[0]).status
        not in {403, 404, 405}
    )
