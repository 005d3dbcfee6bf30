"""What is wrong with a text that a company wrote, before any client gets it.

An error keeps the text from being saved; a warning is said and no more.  Whether an answer would
be understood is asked of the reader of answers itself, `replies`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import zip_longest
from typing import Final

from whatsapp import replies
from whatsapp.messages import MAY_BE_EMPTY, VARIABLES, MessageKind
from whatsapp.replies import Intent
from whatsapp.words import VARIABLE, names_in

LONGEST: Final = 1000
# Of a text beyond it nothing else is said: the box sends whatever was pasted into it.
READ_TO: Final = 4 * LONGEST
MOST_EMOJI: Final = 2
SHOUTED_WORDS: Final = 2

ANSWERS: Final = {1: Intent.CONFIRM, 2: Intent.RESCHEDULE, 3: Intent.CANCEL}
DOES: Final = {1: "confirma", 2: "pede para remarcar", 3: "cancela"}
DAYS: Final = frozenset({"quando", "data", "dia_semana"})
FIRST_MESSAGES: Final = frozenset({"receipt", "receipt_with_question"})

BRACED: Final = re.compile(r"\{([^{}\n]*)\}")
LINK: Final = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
EMOJI: Final = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55]")
WORD: Final = re.compile(r"[^\W\d_]+")
KEYCAP: Final = "\ufe0f?\u20e3?"
# "1 Confirmo", "1) Confirmo", "*1* - Confirmo", "1️⃣ Confirmo" at the start of a line.
OPTION_LINE: Final = re.compile(
    rf"^(?:[^\S\n]|[*_•-])*([1-9]){KEYCAP}[*_]*(?![\d/]|[:,.]\d)\s*(.*)$", re.MULTILINE
)
# "1 sim, 2 remarcar, 3 cancelar" and "1 (confirmo)" within a sentence.
OPTION_INSIDE: Final = re.compile(rf"(?<![\w/:,.])([123]){KEYCAP}(?![\w/]|[:,.]\d)")
CONNECTIVE: Final = re.compile(r"^\W*(?:para|se|=)\s+|[\s,;]+(?:ou|e)\W*$", re.IGNORECASE)

# What a clinic's message tells to whoever picks up the phone.
HEALTH: Final = re.compile(
    r"\b(?:exames?|resultados?|diagn[oó]stic\w*|tratament\w*|cirurgi\w*|proced\w*|bi[oó]psi\w*"
    r"|gravid\w*|gesta\w*|doen[cç]a\w*|sintoma\w*|rem[eé]di\w*|medica[cç]\w*|medicament\w*"
    r"|terapi\w*|psiqui\w*|psic[oó]log\w*|depress\w*|hiv|aids|c[aâ]ncer|oncol\w*|diabet\w*)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """`words` is a msgid in Portuguese for a page to translate; `values` go into it."""

    words: str
    values: Mapping[str, object] = field(default_factory=dict)
    blocks: bool = True

    def __str__(self) -> str:
        return self.words % self.values if self.values else self.words


@dataclass(frozen=True, slots=True)
class Draft:
    """A text as it is being written, and for which message of which company."""

    text: str
    kind: MessageKind
    company: str = ""
    is_clinic: bool = False

    @property
    def surely_sent(self) -> str:
        """The lines that leave whatever is empty: see `words.fill`."""
        lines = self.text.splitlines()
        return "\n".join(line for line in lines if MAY_BE_EMPTY.isdisjoint(names_in(line)))


def findings(draft: Draft) -> list[Finding]:
    """Return what is wrong, the errors first; of an empty text only that it is empty."""
    if not draft.text.strip():
        words = "Escreva o texto da mensagem. Para voltar ao nosso, restaure o texto padrão."
        return [Finding(words)]
    if len(draft.text) > READ_TO:
        return list(_length(draft))
    found = [finding for rule in RULES for finding in rule(draft)]
    return sorted(found, key=lambda finding: not finding.blocks)


def _length(draft: Draft) -> Iterator[Finding]:
    if len(draft.text) > LONGEST:
        words = "O texto tem %(length)s caracteres. O máximo é %(longest)s."
        yield Finding(words, {"length": len(draft.text), "longest": LONGEST})


# Variables -------------------------------------------------------------------------------------


def _braces(draft: Draft) -> Iterator[Finding]:
    rest = BRACED.sub("", draft.text)
    for brace, other in (("{", "}"), ("}", "{")):
        if brace in rest:
            words = (
                "Há um sinal %(brace)s sem o seu par %(other)s. Eles só servem para as variáveis,"
                " como {primeiro_nome}."
            )
            yield Finding(words, {"brace": brace, "other": other})
            return


def _unknown_variables(draft: Draft) -> Iterator[Finding]:
    for name in dict.fromkeys(BRACED.findall(draft.text)):
        if name in draft.kind.variables:
            continue
        values = {"name": name.strip(), "all": _braced_list(draft.kind.variables)}
        if name in VARIABLES:
            words = "{%(name)s} não tem valor nesta mensagem. Aqui existem: %(all)s."
        elif nearest := _nearest(name, draft.kind.variables):
            values["nearest"] = nearest
            words = "{%(name)s} não existe. Você quis dizer {%(nearest)s}? Existem: %(all)s."
        else:
            words = "{%(name)s} não existe. Existem: %(all)s."
        yield Finding(words, values)


def _nearest(name: str, known: tuple[str, ...]) -> str:
    typed = name.strip().lower().replace(" ", "_")
    inside = [each for each in known if typed and (typed in each or each in typed)]
    close = get_close_matches(typed, known, n=1, cutoff=0.6)
    return next(iter([*close, *inside]), "")


def _braced_list(names: tuple[str, ...]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


# What a request cannot do without ----------------------------------------------------------------


def _time(draft: Draft) -> Iterator[Finding]:
    if not draft.kind.asks_about_time:
        return
    names = set(names_in(draft.surely_sent))
    if "hora" not in names:
        yield _missing(draft, {"hora"}, "Falta a hora do horário: escreva {hora}.")
    if DAYS.isdisjoint(names):
        yield _missing(draft, DAYS, "Falta o dia do horário: escreva {quando} ou {data}.")


def _missing(draft: Draft, names: set[str] | frozenset[str], words: str) -> Finding:
    """Say so differently when it stands in a line that may be left out."""
    if names.isdisjoint(names_in(draft.text)):
        return Finding(words)
    return Finding(
        words + " Ela está numa linha com {endereco_curto}, que não sai quando a empresa não tem"
        " endereço: ponha em outra linha."
    )


def _options(draft: Draft) -> Iterator[Finding]:
    if not draft.kind.answers_expected:
        return
    if "opcoes" in draft.kind.variables:
        if "opcoes" not in names_in(draft.text):
            yield Finding("Falta {opcoes}: é a lista de horários, cada um com o seu número.")
        return
    found = options(draft.surely_sent)
    missing = [number for number in ANSWERS if number not in found]
    for number in missing:
        words = "Falta a resposta %(number)s, que %(does)s. Escreva uma linha como “%(example)s”."
        values = {"number": number, "does": DOES[number], "example": EXAMPLES[number]}
        yield Finding(words, values)
    for number, label in found.items():
        yield from _option(number, label)


EXAMPLES: Final = {1: "1 Confirmo", 2: "2 Preciso remarcar", 3: "3 Não vou conseguir"}


def _option(number: int, label: str) -> Iterator[Finding]:
    """What stands behind a number must not say something else than the number does."""
    if number not in ANSWERS:
        words = "A resposta %(number)s não faz nada. Use só 1, 2 e 3."
        yield Finding(words, {"number": number})
        return
    meant = replies.understand(text=label, button_id=None, reaction=None).intent
    values = {"number": number, "label": label, "does": DOES[number]}
    if meant in ANSWERS.values() and meant is not ANSWERS[number]:
        words = "A resposta %(number)s %(does)s, mas o texto diz “%(label)s”."
        yield Finding(words, values)
    elif label and meant is not ANSWERS[number]:
        words = (
            "Quem responder “%(label)s” com palavras, sem o número %(number)s, não será"
            " entendido. “%(example)s” funciona dos dois jeitos."
        )
        yield Finding(words, {**values, "example": EXAMPLES[number]}, blocks=False)


def options(text: str) -> dict[int, str]:
    """Return the numbers that a text offers as answers, with what it says of each.

    Lines that begin with a number; where those are not all three, numbers inside a sentence.
    """
    lines = {int(found[1]): _label(found[2]) for found in OPTION_LINE.finditer(text)}
    if lines.keys() >= ANSWERS.keys():
        return lines
    inside: dict[int, str] = {}
    for line in VARIABLE.sub(" ", text).splitlines():
        places = list(OPTION_INSIDE.finditer(line))
        for place, after in zip_longest(places, places[1:]):
            rest = line[place.end() : after.start() if after else len(line)]
            inside.setdefault(int(place[1]), _label(rest))
    return inside if inside.keys() >= ANSWERS.keys() else inside | lines


def _label(text: str) -> str:
    """Return "confirmo" of " - (confirmo) ou"."""
    return CONNECTIVE.sub("", CONNECTIVE.sub("", text)).strip(" .,;:!()[]*_-–—")


# What is better said otherwise -------------------------------------------------------------------


def _no_answer_expected(draft: Draft) -> Iterator[Finding]:
    if not draft.kind.answers_expected and len(OPTION_LINE.findall(draft.text)) > 1:
        words = "Esta mensagem não faz uma pergunta: as respostas numeradas não serão entendidas."
        yield Finding(words, blocks=False)


def _first_message(draft: Draft) -> Iterator[Finding]:
    if draft.kind.name not in FIRST_MESSAGES:
        return
    named = draft.company and draft.company.lower() in draft.text.lower()
    if "empresa" not in names_in(draft.text) and not named:
        words = "É a primeira mensagem que o cliente recebe, e não diz de quem é: use {empresa}."
        yield Finding(words, blocks=False)
    if not any(_stops(word) for word in WORD.findall(draft.text)):
        words = (
            "É a primeira mensagem que o cliente recebe, e não diz como parar: escreva que basta"
            " responder PARAR."
        )
        yield Finding(words, blocks=False)


def _stops(word: str) -> bool:
    meant = replies.understand(text=word, button_id=None, reaction=None).intent
    return meant is Intent.OPT_OUT


def _shouting(draft: Draft) -> Iterator[Finding]:
    company = draft.company.lower()
    written = WORD.findall(VARIABLE.sub(" ", draft.text))
    loud = [word for word in written if len(word) > 3 and word.isupper()]
    loud = [word for word in loud if not _command(word) and word.lower() not in company]
    if len(loud) >= SHOUTED_WORDS:
        words = "Palavras em maiúsculas parecem grito: %(words)s. O *negrito* chama mais atenção."
        yield Finding(words, {"words": ", ".join(dict.fromkeys(loud[:4]))}, blocks=False)


def _command(word: str) -> bool:
    """PARAR, VOLTAR: a word to answer with."""
    meant = replies.understand(text=word, button_id=None, reaction=None).intent
    return meant in {Intent.OPT_OUT, Intent.OPT_IN}


def _links(draft: Draft) -> Iterator[Finding]:
    if len(LINK.findall(draft.text)) > 1:
        words = "Mais de um link: o WhatsApp desconfia, e o cliente não sabe qual tocar."
        yield Finding(words, blocks=False)


def _emoji(draft: Draft) -> Iterator[Finding]:
    if (count := len(EMOJI.findall(draft.text))) > MOST_EMOJI:
        words = "São %(count)s emojis. Um ou dois bastam."
        yield Finding(words, {"count": count}, blocks=False)


def _health(draft: Draft) -> Iterator[Finding]:
    if not draft.is_clinic:
        return
    if "servico" in names_in(draft.text):
        words = (
            "{servico} mostra o procedimento a quem pegar o celular do cliente. Numa clínica,"
            " prefira só o profissional e a hora."
        )
        yield Finding(words, blocks=False)
    if found := HEALTH.findall(VARIABLE.sub(" ", draft.text)):
        words = "Fala da saúde do cliente: %(words)s. Quem pegar o celular dele também lê."
        yield Finding(words, {"words": ", ".join(dict.fromkeys(found))}, blocks=False)


RULES: Final[tuple[Callable[[Draft], Iterator[Finding]], ...]] = (
    *(_length, _braces, _unknown_variables, _time, _options),
    *(_no_answer_expected, _first_message, _shouting, _links, _emoji, _health),
)
