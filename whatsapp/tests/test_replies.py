from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whatsapp.replies import (
    COURTESIES,
    FRIENDLY_EMOJI,
    LONGEST_ANSWER,
    MEANINGS,
    PHRASES,
    Intent,
    Reply,
    chosen_number,
    understand,
)

words_alone = st.sampled_from(sorted(phrase for phrase in PHRASES if phrase.isalpha()))


def written(text):
    return understand(text=text, button_id=None, reaction=None).intent


def pressed(button_id):
    return understand(text="sim", button_id=button_id, reaction=None)


def reacted(reaction):
    return understand(text=None, button_id=None, reaction=reaction).intent


# The table of the product research, section 3.5, and how people really type it.
@pytest.mark.parametrize(
    "text",
    [
        *("1", "1️⃣", "sim", "s", "ok", "okay", "confirmo", "confirmado", "confirmar"),
        *("confirmada", "pode confirmar", "vou sim", "estarei la", "combinado", "certo"),
        *("👍", "✅", "👍🏽", "👍🏿👍🏿", "✔️", "☑️", "tudo certo"),
        *("1.", "1)", "(1)", "1!", " 1 ", "1 .", "-1", "１", "①", "1\u200b", "\ufeff1", "1\ufe0f"),
        *("1 - confirmo", "1- Confirmo", "1 confirmo", "1. Confirmo", "1: confirmo", "Opção 1"),
        *("1️⃣ Confirmo", "1 👍", "1\nconfirmo", "1\n\nobrigada", "Confirmado\r\nok"),
        *(
            "SIM",
            "Sim.",
            "sim!!!",
            "siiim",
            "Siiimmm",
            "SIMMMM",
            "ss",
            "sím",
            "s\u200bim",
            "*sim*",
        ),
        *("_sim_", '"sim"', "“Sim”", "sim...", "sim…", "sim👍", "sim 😊", "Sim, sim", "okkk"),
        *(
            "sim, confirmo",
            "Sim confirmo",
            "Bom dia! Confirmo.",
            "ok, confirmado 👍",
            "Ok obrigada",
        ),
        *("Oi, bom dia, confirmo sim, obrigado 🙏", "estarei lá", "Estarei aí!", "com certeza"),
        *("ＳＩＭ", "s\u00adim", "Confirmado ✅", "sim ❤️"),
    ],
)
def test_a_yes(text):
    assert written(text) is Intent.CONFIRM


@pytest.mark.parametrize(
    "text",
    [
        *("2", "2️⃣", "2)", "opção 2", "remarcar", "reagendar", "quero remarcar", "mudar horario"),
        *("posso mudar", "Posso mudar?", "Remarcar!", "2 - Preciso remarcar", "2 remarcar"),
        *("Preciso remarcar, por favor", "mudar o horário", "Posso mudar o horário?", "2?"),
        *("Outro dia", "vou ter que remarcar", "remarcarrr"),
    ],
)
def test_another_time(text):
    assert written(text) is Intent.RESCHEDULE


@pytest.mark.parametrize(
    "text",
    [
        *("3", "3️⃣", "3.", "cancelar", "cancela", "nao vou", "nao vou poder", "desmarcar"),
        *("nao poderei ir", "Não vou poder.", "NÃO VOU", "3 - Não vou conseguir", "Cancelar!"),
        *("não poderei ir, obrigada", "Oi, quero cancelar", "Não vou conseguir 😊"),
        *("Bom dia, preciso desmarcar", "na\u0303o vou", "vou cancelar"),
    ],
)
def test_not_coming(text):
    assert written(text) is Intent.CANCEL


@pytest.mark.parametrize(
    "text",
    [
        *("parar", "PARAR", "Parar.", "pare", "sair", "stop", "descadastrar", "remover"),
        *("não quero receber", "Não quero mais receber mensagens.", "pararrr", "Parar, por favor"),
    ],
)
def test_stop(text):
    assert written(text) is Intent.OPT_OUT


@pytest.mark.parametrize("text", ["voltar", "VOLTAR", "Voltar!", "quero voltar a receber"])
def test_start_again(text):
    assert written(text) is Intent.OPT_IN


@pytest.mark.parametrize(
    "text",
    [
        *("não", "nao", "NÃO!", "n", "não, obrigado", "nãããooo", "talvez", "👎"),
        # Two meanings make none.
        *("1 2", "1, 2", "1 3", "sim, não", "sim. não.", "1 cancelar", "ok, cancela"),
        *("1\n2\n3", "👍 cancelar", "não, confirmo", "confirmo, não vou", "1 👎"),
        *("1 Confirmo\n2 Preciso remarcar\n3 Não vou conseguir", "sim, parar", "parar, voltar"),
        # A question wants an answer, it gives none.
        *("sim?", "confirmado?", "cancelar?", "ok？", "1?", "parar?"),
    ],
)
def test_an_answer_that_is_no_single_answer_is_asked_again(text):
    assert written(text) is Intent.ASK_AGAIN


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "\n", "...", "?", "🙏", "😊", "obrigada", "bom dia", "opção", "❤️"),
        *("simples assim", "sim ou não?", "assim", "não sim", "sim vou cancelar"),
        *("não vou cancelar", "*não vou* cancelar", "não vou, por favor, cancelar não"),
        *("não vou obrigada cancelar", "não quero cancelar", "não vou mais cancelar"),
        *(
            "11",
            "12",
            "01",
            "1a",
            "1o",
            "1º",
            "+1",
            "10",
            "1,5",
            "3,3",
            "1.2",
            "10:30",
            "1/2",
            "3/3",
        ),
        *("1-2", "3-3", "13h", "às 3", "3 horas", "1 pessoa", "R$ 1", "#1", "1%", "٣", "三"),
        *("quero sair mais cedo", "posso sair", "vou parar aí na frente", "confirmo amanhã às 3"),
        *("confirm_1", "quanto custa?", "okzinho", "k", "kkk", "🤷‍♀️", "❌", "\x00", "sim\x00"),
        "sim " * 100,
    ],
)
def test_anything_else_is_for_a_person_to_read(text):
    assert written(text) is Intent.UNKNOWN


@pytest.mark.parametrize(
    ("button_id", "reply"),
    [
        ("confirm_17", Reply(Intent.CONFIRM, 17)),
        ("cancel_17", Reply(Intent.CANCEL, 17)),
        ("reschedule_17", Reply(Intent.RESCHEDULE, 17)),
        ("confirm_" + "9" * 18, Reply(Intent.CONFIRM, 999_999_999_999_999_999)),
    ],
)
def test_a_button_names_its_appointment(button_id, reply):
    assert pressed(button_id) == reply


@pytest.mark.parametrize(
    "button_id",
    [
        *("", "confirm", "confirm_", "confirm_0", "confirm_017", "confirm_+17", "confirm_-17"),
        *(
            "confirm_1.0",
            "confirm_1e3",
            "confirm_17 ",
            " confirm_17",
            "confirm_17\n",
            "CONFIRM_17",
        ),
        *(
            "confirm_١٧",
            "confirm_１７",
            "confirm_1_7",
            "confirm__17",
            "confirm_17_",
            "xconfirm_17",
        ),
        *("confirm-17", "delete_17", "confirm_17;cancel_18", "confirm_" + "9" * 19, "sim", "1"),
    ],
)
def test_a_malformed_button_means_nothing_even_beside_a_yes(button_id):
    assert pressed(button_id) == Reply(Intent.UNKNOWN, None)


@pytest.mark.parametrize("reaction", ["👍", "👍🏽", "✅", "🙏", "🙏🏿", "✔️", "👌"])
def test_a_friendly_reaction_is_a_yes(reaction):
    assert reacted(reaction) is Intent.CONFIRM


@pytest.mark.parametrize(
    "reaction", ["", "👎", "❌", "😢", "❤️", "sim", "3", "cancelar", "👍👍", " "]
)
def test_no_other_reaction_means_anything(reaction):
    assert reacted(reaction) is Intent.UNKNOWN


def test_a_reaction_outweighs_the_text_it_came_with():
    assert understand(text="cancelar", button_id=None, reaction="👍") == Reply(Intent.CONFIRM)


def test_a_message_without_text_means_nothing():
    assert understand(text=None, button_id=None, reaction=None) == Reply(Intent.UNKNOWN)


def test_no_two_rows_are_the_same_words():
    assert len(MEANINGS) == len(PHRASES)


@pytest.mark.parametrize(("phrase", "intent"), PHRASES.items())
def test_every_row_is_understood_as_written_and_in_capitals(phrase, intent):
    assert written(phrase) is intent
    assert written(f"{phrase.upper()}!") is intent


@pytest.mark.parametrize("courtesy", [*COURTESIES, *sorted(FRIENDLY_EMOJI)])
def test_a_courtesy_means_nothing_by_itself_and_changes_nothing(courtesy):
    assert written(courtesy) is Intent.UNKNOWN
    assert written(f"{courtesy}, remarcar") is Intent.RESCHEDULE
    assert written(f"remarcar {courtesy}") is Intent.RESCHEDULE


def test_every_intent_but_unknown_has_words():
    assert set(PHRASES.values()) == set(Intent) - {Intent.UNKNOWN}


@given(st.text(max_size=LONGEST_ANSWER * 2))
def test_any_text_has_an_intent_and_never_an_appointment(text):
    reply = understand(text=text, button_id=None, reaction=None)

    assert reply == Reply(reply.intent, None)


@given(st.text())
def test_any_reaction_confirms_or_means_nothing(reaction):
    assert reacted(reaction) in {Intent.CONFIRM, Intent.UNKNOWN}


@given(st.text(alphabet="confirmcancel_0123456789 -+٣"))
def test_any_button_id_names_a_possible_row_or_nothing(button_id):
    reply = pressed(button_id)

    if reply.intent is Intent.UNKNOWN:
        assert reply.appointment_id is None
    else:
        assert f"{reply.intent.value}_{reply.appointment_id}" == button_id


@given(phrase=words_alone, form=st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]), data=st.data())
def test_spelling_does_not_change_the_meaning(phrase, form, data):
    typed = unicodedata.normalize(form, phrase)
    stretched = "".join(char * data.draw(st.integers(1, 3)) for char in typed)
    invisible = data.draw(st.sampled_from(["", "\u200b", "\u200d", "\ufeff", "\ufe0f", "\u200e"]))

    assert written(f"  {invisible}{stretched}{invisible} . ") is PHRASES[phrase]


@given(
    phrase=st.sampled_from(sorted(PHRASES)),
    word=st.from_regex(r"[bcdfghjklm]{5,8}", fullmatch=True),
)
def test_one_unknown_word_makes_the_whole_unknown(phrase, word):
    assert written(f"{phrase} {word}") is Intent.UNKNOWN
    assert written(f"{word}, {phrase}") is Intent.UNKNOWN


@given(st.permutations(sorted(PHRASES)))
def test_two_meanings_make_none(phrases):
    first, second = phrases[:2]
    same = PHRASES[first] is PHRASES[second]

    assert written(f"{first}, {second}") is (PHRASES[first] if same else Intent.ASK_AGAIN)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *[
            ("2", 2),
            ("2️⃣", 2),
            ("2)", 2),
            ("opção 2", 2),
            ("2, por favor", 2),
            ("12", 12),
            ("99", 99),
        ],
        *[("0", None), ("02", None), ("100", None), ("1 2", None), ("1,2", None), ("dois", None)],
        *[("-", None), ("", None), (None, None), ("2 sim", None), ("٣", None), ("²", 2)],
    ],
)
def test_the_number_chosen_from_a_list(text, number):
    assert chosen_number(text) == number
