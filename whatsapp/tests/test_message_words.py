from __future__ import annotations

import re
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Engine
from hypothesis import given
from hypothesis import strategies as st

from whatsapp.messages import KINDS, VARIABLES, MessageKind, Sending, variables

TEMPLATES = Path(__file__).parents[2] / "templates"
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def local(text):
    """A moment from "24/11 14:00" of 2025; 24/11 is a Monday."""
    return datetime.strptime(f"2025 {text}", "%Y %d/%m %H:%M").replace(tzinfo=SAO_PAULO)


FULL = {
    **variables(
        client="MARIA da Silva",
        company="Salão D'Ávila & Cia.",
        service="Corte <feminino>",
        professional='Bia "Cachos"',
        address="R. Augusta, 10 & fundos",
        starts_at=local("25/11 14:00"),
        now=local("24/11 14:00"),
        zone=SAO_PAULO,
    ),
    "opcoes": [(1, "terça, 25/11 às 14:00, Corte"), (2, "quinta, 27/11 às 9:00, Escova & Cia")],
}
MINIMAL = FULL | {"endereco_curto": "", "opcoes": [(1, "terça"), (2, "quinta")]}
EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
every_filling = pytest.mark.parametrize("values", [FULL, MINIMAL], ids=["full", "minimal"])


def rendered(kind: MessageKind, values):
    """As any renderer would, escaping included: the templates themselves switch it off."""
    engine = Engine(dirs=[TEMPLATES], autoescape=True, string_if_invalid="{{ MISSING }}")
    context = Context(values, autoescape=True, use_l10n=False)
    return engine.get_template(kind.template).render(context).strip()


def options(text):
    return [line[:1] for line in text.splitlines() if re.match(r"[0-9] ", line)]


def test_every_kind_has_its_template_and_every_template_its_kind():
    files = {f"whatsapp/messages/{path.name}" for path in TEMPLATES.glob("whatsapp/messages/*")}

    assert files == {kind.template for kind in KINDS.values()}


@every_filling
@every_kind
def test_the_words_are_tidy(kind, values):
    text = rendered(kind, values)

    assert not re.search(r"[{}<]|&amp;|&#|MISSING", text.replace("<feminino>", ""))
    assert not re.search(r"\n\s*\n\s*\n|  |[ \t]\n|\.\.|,,| [,.]", text)
    assert len(EMOJI.findall(text)) <= 2
    assert text.count("*") in {0, 2}
    assert len(text) < 500
    assert not re.search(r"https?:|www\.", text)


@every_kind
def test_the_words_use_no_variable_but_the_documented_ones(kind):
    source = (TEMPLATES / kind.template).read_text()

    used = set(re.findall(r"{{ (\w+) }}|{% if (\w+) %}", source))

    assert {name for pair in used for name in pair if name} <= {*VARIABLES, "numero", "texto"}


@every_kind
def test_what_we_begin_ourselves_says_first_who_we_are(kind):
    first_line = rendered(kind, FULL).splitlines()[0]

    assert ("Aqui é Salão D'Ávila & Cia." in first_line.replace("aqui", "Aqui")) == (
        kind.sending is not Sending.ANSWER
    )


@pytest.mark.parametrize("name", ["receipt", "receipt_with_question"])
@every_filling
def test_the_first_message_ends_with_how_to_stop(name, values):
    assert rendered(KINDS[name], values).endswith(
        "Se não quiser avisos por aqui, é só responder PARAR."
    )


@every_kind
def test_numbered_options_are_there_exactly_where_an_answer_is_expected(kind):
    expected = {True: ["1", "2", "3"], False: []}[kind.answers_expected]
    if kind.name == "answer_which_one":
        expected = ["1", "2"]

    assert options(rendered(kind, FULL)) == expected


@every_filling
def test_the_address_is_there_when_there_is_one(values):
    text = rendered(KINDS["receipt"], values)

    assert ("📍 R. Augusta, 10 & fundos" in text) == bool(values["endereco_curto"])


def test_the_whole_confirmation_request():
    assert rendered(KINDS["confirmation_request"], FULL) == (
        "Oi, Maria! Aqui é Salão D'Ávila & Cia. Tudo certo para amanhã?\n"
        '*Corte <feminino>* com Bia "Cachos", terça-feira, 25/11 às 14:00.\n'
        "\n"
        "Responda só com o número:\n"
        "1 Confirmo\n"
        "2 Preciso remarcar\n"
        "3 Não vou conseguir"
    )


def test_the_variables_are_the_documented_ones():
    assert FULL.keys() == set(VARIABLES)


@pytest.mark.parametrize(
    ("now", "quando"),
    [
        ("25/11 00:00", "hoje"),
        ("25/11 23:59", "hoje"),
        ("24/11 23:59", "amanhã"),
        ("24/11 00:00", "amanhã"),
        ("23/11 23:59", "terça, 25/11"),
        ("26/11 00:00", "terça, 25/11"),
    ],
)
def test_when_it_is_as_seen_from_the_day_of_sending(now, quando):
    assert words(now=local(now))["quando"] == quando


def words(**changes):
    facts = {
        "client": "Ana",
        "company": "Salão",
        "service": "Corte",
        "professional": "Bia",
        "address": "",
        "starts_at": local("25/11 14:05"),
        "now": local("24/11 14:00"),
        "zone": SAO_PAULO,
    }
    return variables(**facts | changes)


def test_times_are_told_in_the_zone_of_the_company():
    told = words(zone=ZoneInfo("America/Rio_Branco"), starts_at=local("26/11 01:30"))

    assert (told["dia_semana"], told["data"], told["hora"]) == ("terça-feira", "25/11", "23:30")


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Ana", "Ana"),
        ("ana clara", "Ana"),
        ("MARIA DAS DORES", "Maria"),
        ("João Pedro", "João"),
        ("Dra. Ana Lima", "Dra. Ana"),
        ("McKenzie Silva", "McKenzie"),
        ("  Ana\n1 Confirmo ", "Ana"),
        ("*Ana*", "Ana"),
    ],
)
def test_the_first_name(name, first):
    assert words(client=name)["primeiro_nome"] == first


@given(st.text(), st.sampled_from(["client", "company", "service", "professional", "address"]))
def test_no_name_can_add_a_line_or_bold_type_to_a_message(text, field):
    told = "".join(words(**{field: text}).values())

    assert "*" not in told
    assert len(told.splitlines()) <= 1


@given(day=st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_every_day_has_its_name(day):
    names = ("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo")
    noon = datetime.combine(day, time(12), SAO_PAULO)

    assert words(starts_at=noon)["dia_semana"].startswith(names[day.weekday()])
