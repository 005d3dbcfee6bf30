"""What clients of the demo wrote, and what was written to them, in the days before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from scheduling.models import Client
from whatsapp.models import Direction, Message, MessageStatus

STRANGER: Final = "+5531988770099"


@dataclass(frozen=True, slots=True)
class Line:
    """`hours` ago; a line of ours has a kind or who wrote it, one of theirs has neither."""

    hours: float
    text: str
    kind: str = ""
    by: str = ""
    intent: str = ""
    needs_attention: bool = False


# By the client's first name; "" is a number that is no client's.
LINES: Final = {
    "Camila": (
        Line(52, "Oi, Camila! Aqui é Salão Flor de Ipê. Tudo certo para amanhã?\n*Corte* com Bia"
             " Moura, às 16:30.\n\nResponda só com o número:\n1 Confirmo\n2 Preciso remarcar\n"
             "3 Não vou conseguir", kind="confirmation_request"),
        Line(51.5, "1", intent="confirm"),
        Line(51.4, "Combinado, Camila! Te esperamos amanhã às 16:30. Se algo mudar, responda 2.",
             kind="answer_confirmed"),
        Line(5, "Posso levar minha filha? Ela quer cortar a franja", needs_attention=True),
    ),
    "Juliana": (
        Line(30, "Boa tarde! Vocês fazem progressiva?"),
        Line(29, "Boa tarde, Juliana! Fazemos, sim. Quer marcar uma avaliação?", by="Lia Campos"),
        Line(28.5, "Quero 😊 sexta de manhã"),
        Line(28, "Marcado para sexta às 11:00. Até lá!", by="Lia Campos"),
    ),
    "Rafael": (
        Line(27, "Consegue me encaixar hoje?", needs_attention=True),
    ),
    "": (Line(3, "Oi, qual o valor do corte?"),),
}  # fmt: skip


def make(clients: list[Client], now: datetime) -> None:
    for client in clients:
        for line in LINES.get(client.first_name, ()):
            _write(line, client, client.phone, now)
    for line in LINES[""]:
        _write(line, None, STRANGER, now)


def _write(line: Line, client: Client | None, phone: str, now: datetime) -> None:
    ours, at = bool(line.kind or line.by), now - timedelta(hours=line.hours)
    Message.objects.create(
        direction=Direction.OUT if ours else Direction.IN,
        client=client,
        phone=phone,
        kind="written" if line.by else line.kind,
        status=MessageStatus.READ if ours else MessageStatus.RECEIVED,
        text=line.text,
        intent=line.intent,
        needs_attention=line.needs_attention,
        happened_at=at,
        delivered_at=at + timedelta(minutes=1) if ours else None,
        read_at=at + timedelta(minutes=4) if ours else None,
        data={"by": line.by} if line.by else {},
    )
