"""The connection in words: one row a status, one a problem.  Each has a cause and one button."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from tenants.models import User
from whatsapp.models import Instance, InstanceStatus, Problem, Wanted

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# A code lives 45 s on the server (contract section 4); its successor needs a moment to arrive.
CODE_LASTS = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Action:
    """A button.  Without `posts` it is a link.  `only_who_connects` hides it from the others."""

    label: _StrPromise
    url_name: str
    icon: str
    style: str = "btn-primary"
    posts: bool = True
    only_who_connects: bool = True


CONNECT = Action(_("Conectar WhatsApp"), "whatsapp:connect", "qrcode")
AGAIN = Action(_("Conectar de novo"), "whatsapp:reconnect", "qrcode")
NEW_CODE = Action(_("Gerar novo código"), "whatsapp:reconnect", "qrcode")
GIVE_UP = Action(_("Parar de conectar"), "whatsapp:disconnect", "x", "btn-quiet")
DISCONNECT = Action(
    _("Desconectar"), "whatsapp:disconnect", "plug-connected-x", "btn-danger-quiet", posts=False
)
LOOK_AGAIN = Action(
    _("Ver como está agora"),
    "whatsapp:connection",
    "refresh",
    "btn-quiet",
    posts=False,
    only_who_connects=False,
)


@dataclass(frozen=True, slots=True)
class Words:
    """What is, why, and the way out.  `mark` ends the CSS class `at-mark-<mark>`."""

    title: _StrPromise | str
    happened: _StrPromise
    todo: _StrPromise
    action: Action
    icon: str
    mark: str


STATUSES: dict[str, Words] = {
    InstanceStatus.NOT_CONFIGURED: Words(
        _("Nunca conectado"),
        _("Nenhum número da empresa está ligado ao Atendo, e por isso nenhum aviso sai."),
        _("Deixe o celular da empresa à mão e conecte: leva menos de um minuto."),
        CONNECT,
        "brand-whatsapp",
        "plum",
    ),
    InstanceStatus.CREATING: Words(
        _("Gerando o código"),
        _("Pedimos um código ao servidor do WhatsApp."),
        _("Ele aparece aqui sozinho, em poucos segundos. Pegue o celular da empresa."),
        GIVE_UP,
        "hourglass",
        "waiting",
    ),
    InstanceStatus.READY_TO_SCAN: Words(
        _("Esperando a leitura"),
        _("O código está pronto e vale por pouco tempo. O próximo aparece sozinho."),
        _("Leia o código com o celular da empresa. Depois da leitura, espere até 30 segundos."),
        GIVE_UP,
        "qrcode",
        "waiting",
    ),
    InstanceStatus.CONNECTING: Words(
        _("Conectando"),
        _("O WhatsApp perdeu a conexão por um instante e está voltando."),
        _("Costuma voltar sozinho. Se demorar, veja se o celular tem internet e conecte de novo."),
        replace(AGAIN, style="btn-quiet"),
        "refresh",
        "waiting",
    ),
    InstanceStatus.CONNECTED: Words(
        _("Conectado"),
        _("Os avisos saem deste número, e as respostas dos clientes chegam aqui."),
        _("É este o número da empresa? Se não for, desconecte e use o celular certo."),
        DISCONNECT,
        "device-mobile",
        "good",
    ),
    InstanceStatus.DISCONNECTED: Words(
        _("A conexão caiu"),
        _("O WhatsApp parou de responder e não voltou sozinho."),
        _("Veja se o celular da empresa está ligado e com internet. Depois leia um código novo."),
        AGAIN,
        "wifi-off",
        "bad",
    ),
    InstanceStatus.RESTRICTED: Words(
        _("Restrito pelo WhatsApp"),
        _("O WhatsApp não aceita mais a conexão deste número."),
        _("Abra o WhatsApp no celular da empresa e siga o que ele pede. Depois conecte de novo."),
        AGAIN,
        "ban",
        "bad",
    ),
}

# Two situations that the status alone does not tell.
DISCONNECTING = Words(
    _("Desconectando"),
    _("Pedimos ao servidor do WhatsApp para soltar o número. Nada mais sai por ele."),
    _("Leva alguns segundos. Se quiser voltar atrás, conecte de novo."),
    replace(AGAIN, style="btn-quiet"),
    "plug-connected-x",
    "waiting",
)
BY_SOMEBODY = Words(
    _("Desconectado por %(who)s"),
    _("O número foi solto por aqui. Nenhum aviso sai até alguém conectar de novo."),
    _("Para voltar, leia um código novo: leva menos de um minuto."),
    AGAIN,
    "plug-connected-x",
    "bad",
)

PROBLEMS: dict[str, Words] = {
    Problem.SERVER_AWAY: Words(
        _("O servidor do WhatsApp não responde"),
        _("O Atendo está bem, mas não consegue falar com o servidor que cuida do WhatsApp."),
        _(
            "Tentamos de novo sozinhos a cada poucos segundos. Se passar de alguns minutos, "
            "fale com quem cuida do servidor."
        ),
        LOOK_AGAIN,
        "wifi-off",
        "bad",
    ),
    Problem.SERVER_REFUSES: Words(
        _("O servidor do WhatsApp recusou o pedido"),
        _("Ele respondeu, mas não fez o que pedimos. A chave dele pode estar errada."),
        _("Fale com quem cuida do servidor. Quando estiver certo, continuamos sozinhos."),
        LOOK_AGAIN,
        "shield-x",
        "bad",
    ),
    Problem.SERVER_TOO_OLD: Words(
        _("A versão do servidor do WhatsApp é antiga demais"),
        _("O Atendo não sabe falar com esta versão, e por isso não tenta."),
        _("Peça a quem cuida do servidor para atualizar a Evolution API. O resto é conosco."),
        LOOK_AGAIN,
        "alert-triangle",
        "bad",
    ),
    Problem.WEBHOOK_SILENT: Words(
        _("O servidor do WhatsApp não nos alcança"),
        _("Ele deveria nos avisar do que acontece, e nada chegou. Ele tenta neste endereço:"),
        _(
            "Peça a quem cuida do servidor para abrir este endereço. Sem isso as respostas "
            "dos clientes não chegam."
        ),
        LOOK_AGAIN,
        "plug-connected-x",
        "bad",
    ),
    Problem.CODE_LIMIT: Words(
        _("Os códigos acabaram"),
        _("Ninguém leu um código a tempo, e o WhatsApp parou de mandar outros."),
        _("Pegue o celular da empresa e gere um código novo."),
        NEW_CODE,
        "qrcode-off",
        "waiting",
    ),
    Problem.UNPAIRED: Words(
        _("Desconectado pelo celular"),
        _("Alguém saiu em Dispositivos conectados, ou o WhatsApp encerrou a conexão."),
        _("Basta ler um código novo: leva menos de um minuto."),
        AGAIN,
        "plug-connected-x",
        "bad",
    ),
    Problem.REFUSED_BY_WHATSAPP: Words(
        _("O WhatsApp recusou este número"),
        _("O número pode estar bloqueado ou em análise, por muitos envios ou por denúncias."),
        _("Abra o WhatsApp no celular da empresa e siga o que ele pede. Depois conecte de novo."),
        AGAIN,
        "ban",
        "bad",
    ),
}
# These are why it is disconnected; the others stand beside the last known status.
CAUSES = frozenset({Problem.CODE_LIMIT, Problem.UNPAIRED, Problem.REFUSED_BY_WHATSAPP})

WAITING = frozenset(
    {InstanceStatus.CREATING, InstanceStatus.READY_TO_SCAN, InstanceStatus.CONNECTING}
)
DOWN = frozenset({InstanceStatus.DISCONNECTED, InstanceStatus.RESTRICTED})


@dataclass(frozen=True)
class Situation:
    """A company's connection as a page shows it at `now`; `instance` is None before the first."""

    instance: Instance | None
    now: datetime

    @property
    def status(self) -> str:
        return self.instance.status if self.instance else InstanceStatus.NOT_CONFIGURED.value

    @property
    def is_down(self) -> bool:
        return self.status in DOWN

    @property
    def pairing(self) -> bool:
        """Whether a code is shown or awaited."""
        return self.status in {InstanceStatus.CREATING, InstanceStatus.READY_TO_SCAN}

    @property
    def needs_tick(self) -> bool:
        """Whether nobody has accepted the risk and there is something to connect."""
        if self.instance is None:
            return True
        return self.instance.risk_accepted_at is None and not self.instance.is_open

    @property
    def live(self) -> bool:
        """Whether the page must ask again: something is about to change by itself."""
        wanted = self.instance is not None and bool(self.instance.wanted)
        return wanted or self.status in WAITING

    @property
    def code_expired(self) -> bool:
        issued_at = self.instance.code_issued_at if self.instance else None
        return issued_at is not None and self.now - issued_at > CODE_LASTS

    @cached_property
    def words(self) -> Words:
        if self.instance is None:
            return STATUSES[InstanceStatus.NOT_CONFIGURED]
        if self.instance.wanted == Wanted.DISCONNECT:
            return DISCONNECTING
        if self.is_down and self.instance.problem in CAUSES:
            return PROBLEMS[self.instance.problem]
        return STATUSES[self.instance.status]

    @property
    def trouble(self) -> Words | None:
        """What is wrong beside the status."""
        if self.instance is None or self.instance.problem in CAUSES:
            return None
        return PROBLEMS.get(self.instance.problem)

    def ended_by(self, person: User | None) -> Words:
        """Return the words, naming the person who disconnected if it was one."""
        fell = self.words is STATUSES[InstanceStatus.DISCONNECTED]
        if person is None or not fell:
            return self.words
        return replace(BY_SOMEBODY, title=BY_SOMEBODY.title % {"who": person.get_short_name()})

    @property
    def version(self) -> str:
        """Return a text that changes whenever the page about a live connection would."""
        shown = self.instance and (
            self.instance.status,
            self.instance.problem,
            self.instance.wanted,
            self.instance.wanted_number,
            self.instance.qr_code or self.instance.qr_image,
            self.instance.pairing_code,
            self.code_expired,
        )
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Light:
    """The light in the header: `name` ends the CSS class `at-light-<name>`."""

    name: str
    short: _StrPromise
    long: _StrPromise


_OPEN = Light("open", _("Conectado"), _("WhatsApp conectado"))
_CONNECTING = Light("connecting", _("Conectando"), _("WhatsApp conectando"))
_CLOSED = Light("closed", _("Desconectado"), _("WhatsApp desconectado"))
_NEVER = Light("never", _("Nunca conectado"), _("WhatsApp nunca conectado"))
LIGHTS: dict[str, Light] = {
    InstanceStatus.NOT_CONFIGURED: _NEVER,
    InstanceStatus.CREATING: _CONNECTING,
    InstanceStatus.READY_TO_SCAN: _CONNECTING,
    InstanceStatus.CONNECTING: _CONNECTING,
    InstanceStatus.CONNECTED: _OPEN,
    InstanceStatus.DISCONNECTED: _CLOSED,
    InstanceStatus.RESTRICTED: _CLOSED,
}
