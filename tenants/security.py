"""What counts as a security event: one row a kind, and the function that writes the line."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from tenants.models import SecurityEvent, User

logger = logging.getLogger("atendo.security")


class Origin(models.TextChoices):
    WEB = "web", _("Site")
    API = "api", _("API")
    WEBHOOK = "webhook", _("WhatsApp")
    ADMIN = "admin", _("Administração")
    JOB = "job", _("Atendo")


@dataclass(frozen=True, slots=True)
class Kind:
    """`sentence` may use %(who)s and every key that the writer gives in `data`; `label` is the
    kind's name where one is chosen."""

    label: _StrPromise
    sentence: _StrPromise
    refused: bool = False


KINDS: dict[str, Kind] = {
    "button_refused": Kind(
        _("Botão recusado"),
        _(
            "Uma resposta do celular %(phone)s foi recusada:"
            " o botão %(button)s não é de um horário dele."
        ),
        refused=True,
    ),
    "button_from_stranger": Kind(
        _("Botão de quem não é cliente"),
        _(
            "Uma resposta do celular %(phone)s foi recusada:"
            " não é de um cliente, e tinha o botão %(button)s."
        ),
        refused=True,
    ),
    "write_stopped": Kind(
        _("Gravação impedida"),
        _("Uma gravação que não era desta empresa foi impedida em %(path)s."),
        refused=True,
    ),
    "logged_in": Kind(_("Entrada"), _("%(who)s entrou.")),
    "password_changed": Kind(_("Troca de senha"), _("%(who)s trocou a senha.")),
    "password_renewed": Kind(
        _("Senha nova por e-mail"), _("%(who)s criou uma senha nova pelo link do e-mail.")
    ),
    "password_set": Kind(
        _("Senha trocada pela equipe do Atendo"),
        _("%(who)s, da equipe do Atendo, trocou a senha de %(person)s."),
    ),
    "risk_accepted": Kind(
        _("Risco aceito"), _("%(who)s aceitou o risco de conectar o número ao Atendo.")
    ),
    "whatsapp_requested": Kind(
        _("Pedido de conexão do WhatsApp"), _("%(who)s pediu para conectar o WhatsApp.")
    ),
    "whatsapp_connected": Kind(
        _("WhatsApp conectado"), _("O WhatsApp foi conectado ao número %(phone)s.")
    ),
    "whatsapp_disconnect_requested": Kind(
        _("Pedido de desconexão do WhatsApp"), _("%(who)s desconectou o WhatsApp.")
    ),
    "whatsapp_disconnected": Kind(
        _("WhatsApp desconectado"), _("O WhatsApp foi desconectado: %(reason)s.")
    ),
    "token_made": Kind(_("Token da API criado"), _("%(who)s criou o token da API “%(name)s”.")),
    "token_removed": Kind(
        _("Token da API apagado"), _("%(who)s apagou o token da API “%(name)s”.")
    ),
    "log_downloaded": Kind(
        _("Log de segurança baixado"),
        _("%(who)s baixou o log de segurança (linhas: %(rows)s)."),
    ),
    "clients_exported": Kind(
        _("Clientes exportados"),
        _("%(who)s baixou a lista de clientes (linhas: %(rows)s)."),
    ),
    "clients_imported": Kind(
        _("Clientes importados"),
        _("%(who)s importou clientes de uma planilha (linhas: %(rows)s)."),
    ),
    "staff_entered": Kind(
        _("Entrada da equipe do Atendo"),
        _(
            "%(who)s, da equipe do Atendo, entrou na empresa %(access)s,"
            " até %(until)s. Motivo: %(reason)s"
        ),
    ),
    "staff_left": Kind(
        _("Saída da equipe do Atendo"), _("%(who)s, da equipe do Atendo, saiu da empresa.")
    ),
    "staff_refused_to_change": Kind(
        _("Alteração da equipe do Atendo recusada"),
        _(
            "%(who)s, da equipe do Atendo, tentou alterar algo em %(path)s"
            " durante uma visita só para ver. Nada mudou."
        ),
        refused=True,
    ),
    "message_text_changed": Kind(
        _("Texto de mensagem alterado"),
        _("%(who)s mudou o texto da mensagem “%(message)s”."),
    ),
    "message_text_restored": Kind(
        _("Texto de mensagem restaurado"),
        _("%(who)s voltou ao texto padrão da mensagem “%(message)s”."),
    ),
    "message_tested": Kind(
        _("Teste de mensagem"),
        _("%(who)s mandou um teste da mensagem “%(message)s” para o celular %(phone)s."),
    ),
    "notices_changed": Kind(_("Avisos alterados"), _("%(who)s mudou os avisos: %(changes)s.")),
    "event_repeated": Kind(
        _("Evento do WhatsApp tratado de novo"),
        _(
            "%(who)s, da equipe do Atendo, mandou tratar de novo o evento %(number)s"
            " do WhatsApp (%(name)s)."
        ),
    ),
    "membership_changed": Kind(
        _("Mudança de acesso"), _("%(who)s mudou o acesso de %(person)s: %(role)s.")
    ),
    "role_changed": Kind(
        _("Mudança de papel"),
        _("%(who)s mudou o papel de %(person)s de %(before)s para %(after)s."),
    ),
    "member_removed": Kind(
        _("Saída da equipe"), _("%(who)s tirou %(person)s da equipe (%(role)s).")
    ),
    "member_left": Kind(_("Saída por conta própria"), _("%(who)s saiu da equipe (%(role)s).")),
    "invitation_made": Kind(
        _("Convite"), _("%(who)s convidou %(email)s para a equipe (%(role)s).")
    ),
    "invitation_renewed": Kind(
        _("Convite enviado de novo"), _("%(who)s enviou de novo o convite de %(email)s.")
    ),
    "invitation_revoked": Kind(
        _("Convite cancelado"), _("%(who)s cancelou o convite de %(email)s.")
    ),
    "invitation_accepted": Kind(
        _("Convite aceito"),
        _("%(who)s aceitou o convite de %(inviter)s e entrou na equipe (%(role)s)."),
    ),
    "company_changed": Kind(
        _("Mudança nos dados da empresa"), _("%(who)s mudou os dados da empresa: %(changes)s.")
    ),
}


def record(kind: str, *, origin: str, actor: User | None = None, **data: Any) -> SecurityEvent:
    """Write one line in the security log of the company in scope.

    `data` names what the sentence needs; whole phone numbers do not belong in it.
    """
    from tenants.models import SecurityEvent  # noqa: PLC0415 -- the model reads KINDS

    if kind not in KINDS:
        raise KeyError(kind)
    event = SecurityEvent(kind=kind, origin=origin, actor=actor, data=data)
    event.save()
    logger.info("security event %s", kind, extra={"security_event_id": event.pk})
    return event


def masked(phone: str) -> str:
    """Return the last four digits of a phone, as much as a log may keep."""
    digits = "".join(character for character in phone if character.isdigit())
    return f"•••• {digits[-4:]}" if digits else gettext("sem número")
