"""The forms of the pages. Each one works without a script."""

from __future__ import annotations

import time

from whatsapp.simulator import instances
from whatsapp.simulator.core import Core
from whatsapp.simulator.html import Html, el, icon
from whatsapp.simulator.numbers import pretty
from whatsapp.simulator.state import ChatMessage, Instance, Phone

Typed = dict[str, str]
QUICK_ANSWERS = ("1", "2", "3", "PARAR")
_SWITCHES = (
    ("receipts", "Mostra que leu as mensagens"),
    ("offline", "Está sem internet"),
    ("no_whatsapp", "Não tem WhatsApp"),
    ("hides_number", "Esconde o número (@lid)"),
    ("shows_buttons", "Mostra botões (o WhatsApp de verdade não mostra)"),
)


def _form(action: str, *children: Html | None, class_: str = "at-stack-sm") -> Html:
    return el("form", *children, method="post", action=action, class_=class_)


def _hidden(name: str, value: str | None) -> Html | None:
    return el("input", type="hidden", name=name, value=value) if value else None


def _field(name: str, label: str, typed: Typed, *, hint: str = "", mode: str = "text") -> Html:
    """A labelled text field; its id is its name."""
    about = el("span", hint, class_="at-2nd at-small", id=f"{name}-dica") if hint else None
    field = el(
        "input",
        class_="form-control",
        id=name,
        name=name,
        value=typed.get(name, ""),
        inputmode=mode,
        autocomplete="off",
        aria_describedby=f"{name}-dica" if hint else None,
    )
    return el("div", el("label", label, for_=name, class_="form-label"), field, about)


def _button(words: str, *, icon_name: str = "", class_: str = "btn btn-quiet") -> Html:
    return el(
        "button", icon(icon_name) if icon_name else None, words, type="submit", class_=class_
    )


def _card(title: str, name: str, *children: Html | None, live: bool = False) -> Html:
    return el(
        "section",
        el("h2", title, id=name),
        *children,
        class_="card at-pad at-stack",
        aria_labelledby=name,
        data_live=name if live else None,
    )


def new_phone(typed: Typed) -> Html:
    form = _form(
        "/celulares/",
        _field("number", "Número com DDD", typed, hint="Por exemplo (31) 98888-7777", mode="tel"),
        _field("name", "Nome", typed),
        _button("Criar celular", icon_name="plus", class_="btn btn-primary"),
    )
    words = "Um celular também nasce sozinho quando uma empresa escreve para um número novo."
    return _card("Novo celular", "novo", form, el("p", words, class_="at-2nd at-small"))


def _waiting(core: Core) -> list[Instance]:
    return [i for i in core.world.instances.values() if instances.waiting_code(i)]


def _time_left(instance: Instance) -> str:
    return f"Vale por mais {max(0, round(instance.live.qr_expires_at - time.time()))} s."


def waiting_summary(core: Core) -> Html:
    rows = [
        el("li", f"{i.name} está mostrando um código. {_time_left(i)}") for i in _waiting(core)
    ]
    if not rows:
        rows = [el("li", "Nenhuma empresa está mostrando um código agora.")]
    return el("ul", *rows, class_="at-2nd", data_live="codigos", aria_label="Códigos à espera")


def link_device(core: Core, phone: Phone, typed: Typed) -> Html:
    """Scan what is on screen now, a code as text, or a pairing code."""
    waiting = [_scan_form(phone, instance) for instance in _waiting(core)]
    none = el("p", "Nenhuma empresa está mostrando um código agora.", class_="at-2nd")
    paste = _form(
        f"/celulares/{phone.number}/ler",
        _field("code", "Texto do código QR", typed, hint="Começa com 2@"),
        _button("Ler o texto colado", icon_name="qrcode"),
    )
    pair = _form(
        f"/celulares/{phone.number}/parear",
        _field("pairing", "Código de pareamento", typed, hint="8 letras e números"),
        _button("Conectar com o código"),
    )
    other = el("details", el("summary", "Outras formas de conectar"), paste, pair)
    if typed.get("code") or typed.get("pairing"):
        other = el("details", el("summary", "Outras formas de conectar"), paste, pair, open=True)
    shown = el("div", *(waiting or [none]), class_="at-stack-sm", data_live="ler-codigos")
    return _card("Ler um código", "ler", shown, other)


def _scan_form(phone: Phone, instance: Instance) -> Html:
    return _form(
        f"/celulares/{phone.number}/ler",
        _hidden("instance", instance.name),
        el("p", _time_left(instance), class_="at-2nd at-small"),
        _button(
            f"Ler o código de {instance.name}",
            icon_name="qrcode",
            class_="btn btn-primary at-wide",
        ),
    )


def linked_devices(core: Core, phone: Phone) -> Html | None:
    linked = core.world.linked_to(phone)
    rows = [
        _form(
            f"/celulares/{phone.number}/desconectar",
            _hidden("instance", instance.name),
            el("p", instance.name, class_="at-strong"),
            _button("Desconectar aparelho", icon_name="plug-x", class_="btn btn-danger at-wide"),
        )
        for instance in linked
    ]
    none = el("p", "Nenhum. Leia um código para conectar.", class_="at-2nd")
    return _card("Aparelhos conectados", "conectados", *(rows or [none]), live=True)


def quote(phone: Phone, other: Phone, quoted: ChatMessage | None) -> Html | None:
    """What is being quoted, a reaction to it, and the way out."""
    if quoted is None:
        return None
    react = _form(
        f"/celulares/{phone.number}/reacao",
        _hidden("to", other.number),
        _hidden("key_id", quoted.id),
        el(
            "div",
            *[
                el(
                    "button",
                    emoji,
                    name="emoji",
                    value=emoji,
                    class_="at-chip",
                    aria_label=f"Reagir com {emoji}",
                )
                for emoji in ("👍", "❤️", "👎")
            ],
            el(
                "a",
                "Não citar",
                class_="at-link",
                href=f"/celulares/{phone.number}/?conversa={other.number}",
            ),
            class_="at-chips",
        ),
    )
    text = el("blockquote", quoted.text[:120], class_="at-quoted")
    return el("div", el("p", "Citando", class_="at-2nd at-xs"), text, react, class_="at-citing")


def quick_answers(phone: Phone, other: Phone, quoted: ChatMessage | None) -> Html:
    buttons = [
        el("button", text, name="text", value=text, class_="at-chip") for text in QUICK_ANSWERS
    ]
    group = el("div", *buttons, class_="at-chips", role="group", aria_label="Respostas rápidas")
    return _form(
        f"/celulares/{phone.number}/mensagem",
        _hidden("to", other.number),
        _hidden("quote", quoted.id if quoted else None),
        group,
        class_="at-quick",
    )


def write(phone: Phone, other: Phone, quoted: ChatMessage | None, typed: Typed) -> Html:
    field = el(
        "input",
        class_="form-control",
        id="escrever",
        name="text",
        placeholder="Mensagem",
        autocomplete="off",
        value=typed.get("text", ""),
    )
    return _form(
        f"/celulares/{phone.number}/mensagem",
        _hidden("to", other.number),
        _hidden("quote", quoted.id if quoted else None),
        el("label", "Mensagem", for_="escrever", class_="at-hidden"),
        field,
        el("button", icon("send"), class_="btn btn-primary at-icon-btn", aria_label="Enviar"),
        class_="at-phone-foot",
    )


def message_buttons(phone: Phone, other: Phone, message: ChatMessage) -> Html:
    """The buttons under a bubble, on a phone that shows them."""
    buttons = [
        el(
            "button",
            button.get("displayText") or "",
            name="button_id",
            value=button["id"],
            class_="at-chip",
        )
        for button in message.buttons
        if button.get("type") == "reply" and button.get("id")
    ]
    return _form(
        f"/celulares/{phone.number}/botao",
        _hidden("to", other.number),
        _hidden("quote", message.id),
        el("div", *buttons, class_="at-chips"),
    )


def answer_button(
    phone: Phone, other: Phone | None, quoted: ChatMessage | None, typed: Typed
) -> Html | None:
    """Post a button answer with any id."""
    if other is None:
        return None
    form = _form(
        f"/celulares/{phone.number}/botao",
        _hidden("to", other.number),
        _hidden("quote", quoted.id if quoted else None),
        _field("button_id", "Id do botão", typed, hint="Por exemplo confirm_12"),
        _field("label", "Texto do botão", typed),
        _button("Enviar como botão"),
    )
    words = f"Vai para {other.title}, como se o botão tivesse sido tocado."
    return _card("Responder com um botão", "botao", el("p", words, class_="at-2nd"), form)


def new_chat(core: Core, phone: Phone, typed: Typed) -> Html:
    """Write to any number; those of companies are offered."""
    companies = [
        p for p in core.world.phones.values() if core.world.linked_to(p) and p is not phone
    ]
    options = [el("option", p.title, value=pretty(p.number)) for p in companies]
    to = el(
        "input",
        class_="form-control",
        id="para",
        name="to",
        list="empresas",
        inputmode="tel",
        autocomplete="off",
        value=typed.get("to", ""),
    )
    form = _form(
        f"/celulares/{phone.number}/mensagem",
        el("div", el("label", "Para o número", for_="para", class_="form-label"), to),
        el("datalist", *options, id="empresas"),
        el(
            "div",
            el("label", "Mensagem", for_="primeira", class_="form-label"),
            el("input", class_="form-control", id="primeira", name="text", autocomplete="off"),
        ),
        _button("Enviar", icon_name="send"),
    )
    return _card("Nova conversa", "nova", form)


def switches(phone: Phone) -> Html:
    state = {
        "receipts": phone.receipts,
        "offline": not phone.online,
        "no_whatsapp": not phone.on_whatsapp,
        "hides_number": phone.hides_number,
        "shows_buttons": phone.shows_buttons,
    }
    boxes = [
        el(
            "label",
            el("input", type="checkbox", name=name, value="1", checked=state[name]),
            el("span", words),
            class_="at-check",
        )
        for name, words in _SWITCHES
    ]
    form = _form(f"/celulares/{phone.number}/ajustes", *boxes, _button("Salvar"))
    return _card("O que este celular faz", "ajustes", form)
