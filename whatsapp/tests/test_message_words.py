from __future__ import annotations

import re
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whatsapp.messages import KINDS, VARIABLES, WITH_TEXT, Sending, variables
from whatsapp.wording_lint import Draft, findings
from whatsapp.words import DEFAULTS, VARIABLE, fill, names_in

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
    "opcoes": "1 terça, 25/11 às 14:00, Corte\n2 quinta, 27/11 às 9:00, Escova & Cia",
}
MINIMAL = FULL | {"endereco_curto": "", "opcoes": "1 terça\n2 quinta"}
EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")

every_kind = pytest.mark.parametrize("kind", WITH_TEXT.values(), ids=WITH_TEXT)
every_filling = pytest.mark.parametrize("values", [FULL, MINIMAL], ids=["full", "minimal"])


def rendered(kind, values):
    return fill(DEFAULTS[kind.name], values)


def options(text):
    return [line[:1] for line in text.splitlines() if re.match(r"[0-9] ", line)]


def test_every_kind_has_its_template_and_every_template_its_kind():
    files = {path.stem for path in TEMPLATES.glob("whatsapp/messages/*.txt")}

    assert files == set(WITH_TEXT) == set(DEFAULTS)
    assert {kind.text_name for kind in KINDS.values() if not kind.typed} == files


@every_filling
@every_kind
def test_the_words_are_tidy(kind, values):
    text = rendered(kind, values)

    assert not re.search(r"[{}<]|&amp;|&#", text.replace("<feminino>", ""))
    assert not re.search(r"\n\s*\n\s*\n|  |[ \t]\n|\.\.|,,| [,.]", text)
    assert len(EMOJI.findall(text)) <= 2
    assert text.count("*") in {0, 2}
    assert len(text) < 500
    assert not re.search(r"https?:|www\.", text)


@every_kind
def test_the_words_use_no_variable_but_those_of_their_kind(kind):
    assert set(names_in(DEFAULTS[kind.name])) <= set(kind.variables) <= set(VARIABLES)


@every_kind
def test_nothing_is_to_be_said_against_our_own_words(kind):
    assert findings(Draft(DEFAULTS[kind.name], kind)) == []


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


# --- filling in


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Oi, {primeiro_nome}!", "Oi, Maria!"),
        ("{hora}{hora}", "14:0014:00"),
        ("a\n📍 {endereco_curto}\nb", "a\n📍 R. Augusta, 10 & fundos\nb"),
        ("{nada} {} {primeiro_nome.__class__} {hora!r} {hora:>9}", None),
        ("{{ hora }} {% now %} $hora %(hora)s", None),
        ("{Hora} { hora } {hora", None),
    ],
)
def test_a_variable_is_replaced_and_nothing_else_is_understood(text, told):
    assert fill(text, FULL) == (text if told is None else told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\n📍 {endereco_curto}\nb", "a\nb"),
        ("a\n\n{endereco_curto}\n\nb", "a\n\nb"),
        ("{hora} em {endereco_curto}\nb", "b"),
        ("{endereco_curto}", ""),
    ],
)
def test_a_line_whose_variable_is_empty_is_left_out(text, told):
    assert fill(text, MINIMAL) == told


def test_a_client_without_a_name_does_not_lose_us_a_line():
    assert fill("Oi, {primeiro_nome}! Aqui é {empresa}.", words(client="***")) == (
        "Oi, ! Aqui é Salão."
    )


texts = st.lists(
    st.one_of(st.text(), st.sampled_from([f"{{{name}}}" for name in VARIABLES]), st.just("\n"))
).map("".join)


@given(texts, st.dictionaries(st.sampled_from(VARIABLES), st.text()))
def test_any_text_can_be_filled_in_and_what_a_value_holds_is_not_read_again(text, values):
    told = fill(text, values)

    assert "\n\n\n" not in told or any("\n" in value for value in values.values())
    hidden = fill(text, dict.fromkeys(values, "{hora}"))
    assert hidden.count("{hora}") <= len(VARIABLE.findall(text))


@given(texts)
def test_with_every_value_no_variable_is_left(text):
    told = fill(text, dict.fromkeys(VARIABLES, "x"))

    assert set(VARIABLES).isdisjoint(names_in(told))
