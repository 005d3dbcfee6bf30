"""What a client meant. To teach a new word: one row in PHRASES."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import Final


class Intent(Enum):
    CONFIRM = "confirm"
    RESCHEDULE = "reschedule"
    CANCEL = "cancel"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    ASK_AGAIN = "ask_again"  # about our question, yet not one answer: "não", "1 2", "sim?"
    UNKNOWN = "unknown"  # nothing that we know: a person reads it


@dataclass(frozen=True, slots=True)
class Reply:
    intent: Intent
    appointment_id: int | None = None
    """Only from a button. Whoever pressed it may have made it up: check client and company."""


# Whole phrases as people write them; `_folded` makes both sides alike.
PHRASES: Final[dict[str, Intent]] = {
    "1": Intent.CONFIRM,
    "sim": Intent.CONFIRM,
    "sim sim": Intent.CONFIRM,
    "sim confirmo": Intent.CONFIRM,
    "confirmo sim": Intent.CONFIRM,
    "sim confirmado": Intent.CONFIRM,
    "sim pode confirmar": Intent.CONFIRM,
    "pode confirmar sim": Intent.CONFIRM,
    "sim vou": Intent.CONFIRM,
    "vou sim": Intent.CONFIRM,
    "s": Intent.CONFIRM,
    "ok": Intent.CONFIRM,
    "okay": Intent.CONFIRM,
    "certo": Intent.CONFIRM,
    "tudo certo": Intent.CONFIRM,
    "tá certo": Intent.CONFIRM,
    "tudo ok": Intent.CONFIRM,
    "combinado": Intent.CONFIRM,
    "fechado": Intent.CONFIRM,
    "beleza": Intent.CONFIRM,
    "blz": Intent.CONFIRM,
    "claro": Intent.CONFIRM,
    "com certeza": Intent.CONFIRM,
    "confirmo": Intent.CONFIRM,
    "confirma": Intent.CONFIRM,
    "confirmar": Intent.CONFIRM,
    "confirmado": Intent.CONFIRM,
    "confirmada": Intent.CONFIRM,
    "está confirmado": Intent.CONFIRM,
    "tá confirmado": Intent.CONFIRM,
    "pode confirmar": Intent.CONFIRM,
    "quero confirmar": Intent.CONFIRM,
    "eu confirmo": Intent.CONFIRM,
    "vou": Intent.CONFIRM,
    "eu vou": Intent.CONFIRM,
    "irei": Intent.CONFIRM,
    "estarei lá": Intent.CONFIRM,
    "estarei aí": Intent.CONFIRM,
    "👍": Intent.CONFIRM,
    "👌": Intent.CONFIRM,
    "✅": Intent.CONFIRM,
    "✔": Intent.CONFIRM,
    "☑": Intent.CONFIRM,
    "2": Intent.RESCHEDULE,
    "remarcar": Intent.RESCHEDULE,
    "remarca": Intent.RESCHEDULE,
    "reagendar": Intent.RESCHEDULE,
    "reagenda": Intent.RESCHEDULE,
    "adiar": Intent.RESCHEDULE,
    "quero remarcar": Intent.RESCHEDULE,
    "quero reagendar": Intent.RESCHEDULE,
    "preciso remarcar": Intent.RESCHEDULE,
    "preciso reagendar": Intent.RESCHEDULE,
    "gostaria de remarcar": Intent.RESCHEDULE,
    "vou remarcar": Intent.RESCHEDULE,
    "vou precisar remarcar": Intent.RESCHEDULE,
    "vou ter que remarcar": Intent.RESCHEDULE,
    "posso remarcar": Intent.RESCHEDULE,
    "pode remarcar": Intent.RESCHEDULE,
    "posso mudar": Intent.RESCHEDULE,
    "quero mudar": Intent.RESCHEDULE,
    "preciso mudar": Intent.RESCHEDULE,
    "mudar horário": Intent.RESCHEDULE,
    "mudar o horário": Intent.RESCHEDULE,
    "mudar de horário": Intent.RESCHEDULE,
    "posso mudar o horário": Intent.RESCHEDULE,
    "trocar horário": Intent.RESCHEDULE,
    "trocar o horário": Intent.RESCHEDULE,
    "outro horário": Intent.RESCHEDULE,
    "outro dia": Intent.RESCHEDULE,
    "3": Intent.CANCEL,
    "cancelar": Intent.CANCEL,
    "cancela": Intent.CANCEL,
    "cancele": Intent.CANCEL,
    "quero cancelar": Intent.CANCEL,
    "preciso cancelar": Intent.CANCEL,
    "gostaria de cancelar": Intent.CANCEL,
    "pode cancelar": Intent.CANCEL,
    "desmarcar": Intent.CANCEL,
    "desmarca": Intent.CANCEL,
    "quero desmarcar": Intent.CANCEL,
    "preciso desmarcar": Intent.CANCEL,
    "gostaria de desmarcar": Intent.CANCEL,
    "vou cancelar": Intent.CANCEL,
    "vou precisar cancelar": Intent.CANCEL,
    "vou ter que cancelar": Intent.CANCEL,
    "vou precisar desmarcar": Intent.CANCEL,
    "vou ter que desmarcar": Intent.CANCEL,
    "pode desmarcar": Intent.CANCEL,
    "não vou": Intent.CANCEL,
    "não vou ir": Intent.CANCEL,
    "não vou mais": Intent.CANCEL,
    "não vou poder": Intent.CANCEL,
    "não vou poder ir": Intent.CANCEL,
    "não vou conseguir": Intent.CANCEL,
    "não vou conseguir ir": Intent.CANCEL,
    "não posso ir": Intent.CANCEL,
    "não consigo ir": Intent.CANCEL,
    "não irei": Intent.CANCEL,
    "não poderei": Intent.CANCEL,
    "não poderei ir": Intent.CANCEL,
    "parar": Intent.OPT_OUT,
    "pare": Intent.OPT_OUT,
    "sair": Intent.OPT_OUT,
    "stop": Intent.OPT_OUT,
    "descadastrar": Intent.OPT_OUT,
    "remover": Intent.OPT_OUT,
    "não quero receber": Intent.OPT_OUT,
    "não quero mais receber": Intent.OPT_OUT,
    "não quero receber avisos": Intent.OPT_OUT,
    "não quero receber mensagens": Intent.OPT_OUT,
    "não quero mais receber avisos": Intent.OPT_OUT,
    "não quero mais receber mensagens": Intent.OPT_OUT,
    "voltar": Intent.OPT_IN,
    "quero voltar a receber": Intent.OPT_IN,
    "voltar a receber": Intent.OPT_IN,
    "não": Intent.ASK_AGAIN,
    "n": Intent.ASK_AGAIN,
    "não confirmo": Intent.ASK_AGAIN,
    "não posso": Intent.ASK_AGAIN,
    "não sei": Intent.ASK_AGAIN,
    "talvez": Intent.ASK_AGAIN,
    "👎": Intent.ASK_AGAIN,
}

# Said beside an answer without changing it. Alone they mean nothing to us.
COURTESIES: Final = (
    *("oi", "olá", "bom dia", "boa tarde", "boa noite", "por favor", "pfv", "pf", "opção"),
    *("muito obrigado", "muito obrigada", "obrigado", "obrigada", "obg", "valeu", "vlw"),
)
FRIENDLY_EMOJI: Final = frozenset("🙏🙌😊🙂😀😃😄😁🥰😘❤💕")

# A reaction to our question is a probable yes and never cancels: fingers slip on phones.
CONFIRMING_REACTIONS: Final = frozenset("👍👌✅✔☑🙏")

BUTTON: Final = re.compile(r"(confirm|reschedule|cancel)_([1-9][0-9]{0,17})")
BUTTON_INTENTS: Final = {
    "confirm": Intent.CONFIRM,
    "reschedule": Intent.RESCHEDULE,
    "cancel": Intent.CANCEL,
}

# Longer than any row, its courtesies and its emoji: not a short answer, and cheap to refuse.
LONGEST_ANSWER: Final = 120
# "1,5", "10:30", "3/3" and "1-2" are one token, and no row: a date is not two answers.
TOKEN: Final = re.compile(r"[0-9]+(?:[.,:/-][0-9]+)+|[^\W_]+|[^\w\s]")
SEPARATORS: Final = frozenset(".,;:!?()[]·•-‐‑‒–—")
# Bold, quotes: they stand around words and part nothing ("*não vou* cancelar").
AROUND_WORDS: Final = re.compile(r"""[*_~`´"'“”‘’«»]""")
REPEATED_LETTER: Final = re.compile(r"([^\W\d_])\1+")
SKIN_TONES: Final = frozenset("🏻🏼🏽🏾🏿")


def understand(*, text: str | None, button_id: str | None, reaction: str | None) -> Reply:
    """Return the one thing that a message means.

    A button outweighs a reaction, a reaction the text. Phrases parted by punctuation, a number
    or an emoji count together when they say the same ("1 - confirmo", "sim, confirmo 👍"); two
    meanings make none (ASK_AGAIN), one unknown phrase makes the whole unknown ("não vou
    cancelar" is no row, so it neither goes nor cancels). Stopping counts only by itself.

    UNKNOWN from a reaction (also "", a reaction taken back) deserves no answer.
    Which appointment a word is about, and whether anything was asked, is for the caller.
    """
    if button_id is not None:
        return _pressed(button_id)
    if reaction is not None:
        confirms = _without_marks(reaction) in CONFIRMING_REACTIONS
        return Reply(Intent.CONFIRM if confirms else Intent.UNKNOWN)
    return Reply(_written(text or ""))


def chosen_number(text: str | None) -> int | None:
    """Return the number of "2", "2️⃣", "2)" or "opção 2", 1 to 99; None for anything else.

    For the answer to a list of our own (`answer_which_one`), where 2 is the second line.
    """
    phrases = list(_phrases(_tokens(text or "")))
    if len(phrases) == 1 and re.fullmatch(r"[1-9][0-9]?", phrases[0]):
        return int(phrases[0])
    return None


def _pressed(button_id: str) -> Reply:
    button = BUTTON.fullmatch(button_id)
    if button is None:
        return Reply(Intent.UNKNOWN)
    return Reply(BUTTON_INTENTS[button[1]], int(button[2]))


def _written(text: str) -> Intent:
    tokens = _tokens(text)
    meanings = {MEANINGS.get(phrase, Intent.UNKNOWN) for phrase in _phrases(tokens)}
    if not meanings or Intent.UNKNOWN in meanings:
        return Intent.UNKNOWN
    if len(meanings) > 1:
        return Intent.ASK_AGAIN
    meaning = meanings.pop()
    # A question changes nothing: "confirmado?" wants to know. "Posso mudar?" says enough.
    asks = "?" in tokens and meaning is not Intent.RESCHEDULE
    return Intent.ASK_AGAIN if asks else meaning


def _phrases(tokens: list[str]) -> Iterator[str]:
    """Yield each run of words without its courtesies, and each number and symbol by itself."""
    for words, run in groupby(tokens, key=lambda token: token[0].isalpha()):
        if not words:
            yield from (t for t in run if t not in SEPARATORS and t not in FRIENDLY_EMOJI)
        elif phrase := " ".join(COURTESY.sub("", " ".join(run)).split()):
            yield phrase


def _tokens(text: str) -> list[str]:
    """Split into words, numbers, symbols and the punctuation that parts phrases."""
    if len(text) > LONGEST_ANSWER:
        return []
    lines = AROUND_WORDS.sub(" ", _folded(text)).strip().splitlines()
    return TOKEN.findall(" . ".join(lines))


def _folded(text: str) -> str:
    """Fold case, accents, repeated letters, width, keycaps: "SIIIM" and "1️⃣" -> "sim", "1"."""
    return REPEATED_LETTER.sub(r"\1", _without_marks(text).casefold())


def _without_marks(text: str) -> str:
    """Drop accents, variation selectors, keycaps, zero-width characters and skin tones."""
    return "".join(
        char
        for char in unicodedata.normalize("NFKD", text)
        if char not in SKIN_TONES and unicodedata.category(char) not in {"Mn", "Me", "Cf"}
    )


MEANINGS: Final = {" ".join(_tokens(phrase)): intent for phrase, intent in PHRASES.items()}
COURTESY: Final = re.compile(rf"\b(?:{'|'.join(map(_folded, COURTESIES))})\b")
