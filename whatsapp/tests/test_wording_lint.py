from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whatsapp import replies
from whatsapp.messages import KINDS, VARIABLES, WITH_TEXT
from whatsapp.replies import Intent
from whatsapp.wording_lint import ANSWERS, LONGEST, Draft, findings, options
from whatsapp.words import DEFAULTS

OPTIONS = "1 Confirmo\n2 Preciso remarcar\n3 Não vou conseguir"
REQUEST = f"Oi! {{quando}} às {{hora}}?\n{OPTIONS}"


def found(text, kind="confirmation_request", **draft):
    return [(str(each), each.blocks) for each in findings(Draft(text, KINDS[kind], **draft))]


def errors(text, kind="confirmation_request", **draft):
    return [sentence for sentence, blocks in found(text, kind, **draft) if blocks]


def warnings(text, kind="confirmation_request", **draft):
    return [sentence for sentence, blocks in found(text, kind, **draft) if not blocks]


def test_a_good_request_has_nothing_against_it():
    assert found(REQUEST) == []


@pytest.mark.parametrize("text", ["", "  \n\t "])
def test_an_empty_text_is_that_and_nothing_more(text):
    sentence = "Escreva o texto da mensagem. Para voltar ao nosso, restaure o texto padrão."
    assert found(text) == [(sentence, True)]


def test_a_thousand_characters_and_no_more():
    text = REQUEST + "\n" + "a " * LONGEST
    fits = text[:LONGEST]
    assert errors(fits) == []
    assert errors(fits + "a") == ["O texto tem 1001 caracteres. O máximo é 1000."]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("{horario}", "{horario} não existe. Você quis dizer {hora}?"),
        ("{nome}", "{nome} não existe. Você quis dizer {primeiro_nome}?"),
        ("{Hora}", "{Hora} não existe. Você quis dizer {hora}?"),
        ("{endereço}", "{endereço} não existe. Você quis dizer {endereco_curto}?"),
        ("{xyz}", "{xyz} não existe. Existem: {primeiro_nome}, {empresa}"),
        ("{}", "{} não existe. Existem:"),
        ("{hora.hour}", "{hora.hour} não existe."),
        ("{hora!r}", "{hora!r} não existe."),
        ("{opcoes}", "{opcoes} não tem valor nesta mensagem. Aqui existem: {primeiro_nome}"),
        ("{hora", "Há um sinal { sem o seu par }."),
        ("hora}", "Há um sinal } sem o seu par {."),
        ("{{ hora }}", "não existe. Você quis dizer {hora}?"),
    ],
)
def test_a_variable_that_does_not_exist_is_refused_and_says_which_do(typed, says):
    sentences = errors(f"{REQUEST}\n{typed}")
    assert any(says in sentence for sentence in sentences)


def test_an_answer_to_parar_knows_no_appointment():
    (sentence,) = errors("Até {hora}, {primeiro_nome}", "answer_opted_out")
    expected = "{hora} não tem valor nesta mensagem. Aqui existem: {primeiro_nome}, {empresa}."
    assert sentence == expected


@pytest.mark.parametrize(
    "kind", ["confirmation_request", "second_request", "answer_not_understood"]
)
@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{{data}}\n{OPTIONS}", ["Falta a hora do horário: escreva {hora}."]),
        (f"{{hora}}\n{OPTIONS}", ["Falta o dia do horário: escreva {quando} ou {data}."]),
    ],
)
def test_a_request_names_day_and_hour(kind, text, says):
    assert errors(text, kind) == says


def test_a_notice_needs_neither_options_nor_hour():
    assert errors("Oi, {primeiro_nome}! Até logo.", "reminder") == []


def test_what_stands_in_a_line_that_may_be_left_out_is_not_surely_said():
    (sentence,) = errors(f"{{data}}\n{{hora}}, {{endereco_curto}}\n{OPTIONS}")
    assert sentence.startswith("Falta a hora do horário: escreva {hora}. Ela está numa linha com")


@pytest.mark.parametrize(
    "text",
    [
        OPTIONS,
        "1) Confirmo\n2) Remarcar\n3) Cancelar",
        "1️⃣ Sim\n2️⃣ Remarcar\n3️⃣ Cancelar",
        "*1* - Confirmo\n*2* - Preciso remarcar\n*3* - Cancelar",
        "Responda 1 (confirmo), 2 (remarcar) ou 3 (cancelar).",
        "1 sim, 2 remarcar, 3 cancelar",
        "1 para confirmar, 2 para remarcar e 3 para cancelar",
        "1, 2 ou 3",
    ],
)
def test_the_three_answers_in_any_usual_spelling(text):
    assert errors("{data} {hora}\n" + text) == []
    assert options(text).keys() == {1, 2, 3}


def test_a_time_a_date_and_a_price_are_no_answers():
    text = "{data} {hora}, das 1:30 às 3:30 do dia 2/3, R$ 1,50 ou 2.500, sala B3"
    assert options(text) == {}
    assert [sentence[:18] for sentence in errors(text)] == [
        f"Falta a resposta {number}" for number in (1, 2, 3)
    ]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_missing_answer_is_named_with_an_example(number):
    lines = [line for line in OPTIONS.splitlines() if not line.startswith(str(number))]
    (sentence,) = errors("{data} {hora}\n" + "\n".join(lines))
    assert sentence.startswith(f"Falta a resposta {number}, que ")


def test_an_answer_that_says_the_opposite_of_what_it_does_is_refused():
    text = "{data} {hora}\n1 Cancelar\n2 Preciso remarcar\n3 Confirmo"
    assert errors(text) == [
        "A resposta 1 confirma, mas o texto diz “Cancelar”.",
        "A resposta 3 cancela, mas o texto diz “Confirmo”.",
    ]


def test_an_answer_that_does_nothing_is_refused():
    assert errors(f"{REQUEST}\n4 Falar com alguém") == [
        "A resposta 4 não faz nada. Use só 1, 2 e 3."
    ]


def test_words_that_the_reader_of_answers_does_not_know_are_a_warning():
    (sentence,) = warnings("{data} {hora}\n1 Presença garantida\n2 Remarcar\n3 Cancelar")
    assert "“Presença garantida”" in sentence
    understood = replies.understand(text="Presença garantida", button_id=None, reaction=None)
    assert understood.intent is Intent.UNKNOWN


def test_the_list_to_choose_from_is_needed_where_it_is_asked_from():
    assert errors("Qual deles?", "answer_which_one") == [
        "Falta {opcoes}: é a lista de horários, cada um com o seu número."
    ]
    assert errors("Qual deles?\n{opcoes}", "answer_which_one") == []


def test_options_where_nothing_is_asked_are_a_warning():
    assert warnings(f"Até logo.\n{OPTIONS}", "reminder") == [
        "Esta mensagem não faz uma pergunta: as respostas numeradas não serão entendidas."
    ]


# --- warnings


def test_the_first_message_says_who_we_are_and_how_to_stop():
    who, stop = warnings("Oi, {primeiro_nome}!", "receipt", company="Salão Flor de Ipê")
    assert who.endswith("use {empresa}.")
    assert stop.endswith("responder PARAR.")
    for text in ("Aqui é {empresa}. Para parar, SAIR.", "SALÃO FLOR DE IPÊ. Responda PARAR"):
        assert warnings(text, "receipt", company="Salão Flor de Ipê") == []
    assert warnings("Até logo!", "reminder") == []


@pytest.mark.parametrize(
    ("text", "shouts"),
    [
        ("NÃO PERCA sua HORA MARCADA", True),
        ("Se não quiser, PARAR. Para voltar, VOLTAR. Nosso CNPJ é {hora}", False),
        ("ATENÇÃO: até logo", False),
    ],
)
def test_shouting(text, shouts):
    assert any("grito" in sentence for sentence in warnings(text, "reminder")) == shouts


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("www.a.com.br", ""),
        ("https://a.com www.b.com", "Mais de um link"),
        ("📅📍", ""),
        ("📅📍🙂", "São 3 emojis."),
        ("✅ ok ❤️", ""),
    ],
)
def test_links_and_emoji(text, says):
    assert [each[: len(says)] for each in warnings(text, "reminder")] == ([says] if says else [])


def test_a_clinic_is_told_what_gives_health_away():
    text = "O resultado do seu exame, {servico}"
    assert warnings(text, "reminder") == []
    service, words = warnings(text, "reminder", is_clinic=True)
    assert service.startswith("{servico} mostra o procedimento")
    assert words.startswith("Fala da saúde do cliente: resultado, exame.")


# --- any text


anything = st.lists(
    st.one_of(
        st.text(max_size=20),
        st.sampled_from([f"{{{name}}}" for name in VARIABLES]),
        st.sampled_from([*OPTIONS.splitlines(), "\n", "{", "}", "1", "2", "3", "ou", "(", ")"]),
    ),
    max_size=25,
).map("".join)


@given(anything, st.sampled_from(sorted(WITH_TEXT)), st.booleans())
def test_any_text_gets_sentences_and_errors_come_first(text, kind, is_clinic):
    blocks = [each.blocks for each in findings(Draft(text, KINDS[kind], "Salão", is_clinic))]

    assert blocks == sorted(blocks, reverse=True)
    for sentence, _blocks in found(text, kind):
        assert sentence.strip()
        assert "%(" not in sentence.replace(text, "")


@given(anything, st.sampled_from(["confirmation_request", "second_request"]))
def test_a_text_that_is_let_through_asks_for_answers_that_are_understood(text, kind):
    if errors(text, kind):
        return
    offered = options(text)
    assert offered.keys() == ANSWERS.keys()
    for number, label in offered.items():
        meant = replies.understand(text=label, button_id=None, reaction=None).intent
        assert meant is ANSWERS[number] or meant not in ANSWERS.values()


@given(st.sampled_from(sorted(WITH_TEXT)), anything)
def test_what_a_company_adds_to_our_words_is_not_refused_for_our_words(kind, text):
    added = "".join(character for character in text if character not in "{}0123456789")[:200]

    assert errors(f"{DEFAULTS[kind]}\n\n{added}", kind) == []


def test_of_a_text_beyond_all_measure_only_its_length_is_said():
    assert len(findings(Draft("{x} 1 cancelo " * LONGEST, KINDS["confirmation_request"]))) == 1


def test_blank_lines_cost_no_more_than_other_text():
    text, begun = "x" + "\n" * 30_000 + "x", perf_counter()

    options(text)

    assert perf_counter() - begun < 2
