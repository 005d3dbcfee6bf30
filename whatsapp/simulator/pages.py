"""What the pages show. Everything a person reads is Portuguese."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from whatsapp.simulator import forms, phones
from whatsapp.simulator.core import Core
from whatsapp.simulator.html import Html, el, icon, join
from whatsapp.simulator.numbers import pretty
from whatsapp.simulator.state import ChatMessage, Phone

_STATES = {"open": "conectado", "connecting": "conectando", "close": "desconectado"}
_TICKS = {
    "PENDING": ("check", "enviada"),
    "DELIVERY_ACK": ("checks", "entregue"),
    "READ": ("checks", "lida"),
}
_SHADES = ("at-who", "at-who at-who-a", "at-who at-who-b", "at-who at-who-c")


@dataclass(frozen=True)
class Shown:
    """What one page is about. `typed` keeps what a refused form held."""

    phone: Phone | None = None
    other: Phone | None = None
    quoted: ChatMessage | None = None
    notice: str = ""
    error: str = ""
    typed: dict[str, str] | None = None


def page(core: Core, shown: Shown) -> str:
    title = shown.phone.title if shown.phone else "Celulares simulados"
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", f"{title} · Simulador"),
        el("link", rel="stylesheet", href="/simulator/static/phone.css"),
        el("link", rel="icon", href="/simulator/static/favicon.svg"),
        el("script", src="/simulator/static/phone.js", defer=True),
    )
    body = el("body", _skip(), _banner(), _main(core, shown))
    return "<!doctype html>" + el("html", head, body, lang="pt-BR")


def _skip() -> Html:
    return el("a", "Ir para o conteúdo", class_="at-skip", href="#conteudo")


def _banner() -> Html:
    words = (
        "Simulador, só em desenvolvimento. Nada daqui chega a um telefone nem ao "
        "WhatsApp de verdade."
    )
    return el("header", icon("device"), el("p", words), class_="at-dev")


def _main(core: Core, shown: Shown) -> Html:
    columns = [_left(core, shown)]
    if shown.phone is not None:
        columns += [_phone(core, shown.phone, shown), _right(core, shown.phone, shown)]
    else:
        columns += [_welcome(core), forms.new_phone(shown.typed or {})]
    return el("main", *columns, id="conteudo", class_="at-sim")


def _left(core: Core, shown: Shown) -> Html:
    phone = shown.phone
    title = f"Celular de {phone.title}" if phone else "Celulares simulados"
    words = (
        pretty(phone.number) if phone else "Leia, responda e conecte como quem segura o celular."
    )
    heading = el("div", el("h1", title), el("p", words, class_="at-2nd"))
    holding = "at-stack at-holding" if phone else "at-stack"
    return el("div", heading, _notes(shown), _phone_list(core, phone), class_=holding)


def _notes(shown: Shown) -> Html | None:
    if shown.error:
        return el(
            "p", icon("alert"), el("span", shown.error), class_="at-note at-note-bad", role="alert"
        )
    if shown.notice:
        return el(
            "p",
            icon("check"),
            el("span", shown.notice),
            class_="at-note at-note-good",
            role="status",
        )
    return None


def _phone_list(core: Core, current: Phone | None) -> Html:
    rows = [_phone_row(core, phone, current) for phone in sorted_phones(core)]
    body = (
        el("ul", *rows, class_="at-rows")
        if rows
        else el("p", "Nenhum celular ainda. Crie o primeiro ao lado.", class_="at-pad at-2nd")
    )
    add = el(
        "p",
        el("a", icon("plus"), "Novo celular", href="/celulares/", class_="at-link"),
        class_="at-pad",
    )
    return el(
        "nav",
        el("h2", "Aparelhos", class_="at-card-head", id="aparelhos"),
        el("div", body, add if current else None, class_="at-devices"),
        class_="card",
        aria_labelledby="aparelhos",
        data_live="aparelhos",
    )


def sorted_phones(core: Core) -> list[Phone]:
    """Companies' phones first, then by name."""
    return sorted(
        core.world.phones.values(),
        key=lambda phone: (not core.world.linked_to(phone), phone.title.casefold()),
    )


def _phone_row(core: Core, phone: Phone, current: Phone | None) -> Html:
    lines = [pretty(phone.number)] if phone.name else []
    lines += [f"{_STATES[i.live.state]}: {i.name}" for i in core.world.linked_to(phone)]
    unread = _unread(core, phone)
    words = el(
        "span",
        el("span", phone.title, class_="at-strong at-block"),
        *[el("span", line, class_="at-2nd at-xs at-block") for line in lines],
        class_="at-grow",
    )
    badge = el(
        "span", str(unread), el("span", " não lidas", class_="at-hidden"), class_="at-count"
    )
    link = el(
        "a",
        avatar(phone),
        words,
        badge if unread else None,
        class_="at-row",
        href=f"/celulares/{phone.number}/",
        aria_current="page" if phone is current else None,
    )
    return el("li", link)


def _unread(core: Core, phone: Phone) -> int:
    return sum(
        message.recipient == phone.number
        and message.status != "READ"
        and message.kind != "reaction"
        and phones.is_visible(message, phone)
        for message in core.world.messages.values()
    )


def avatar(phone: Phone) -> Html:
    words = phone.name.split()
    letters = "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
    shade = _SHADES[sum(map(ord, phone.number)) % len(_SHADES)]
    return el("span", letters or phone.number[-2:], class_=shade, aria_hidden="true")


def _welcome(core: Core) -> Html:
    steps = (
        "No Atendo, abra WhatsApp e comece a conexão até o código aparecer.",
        "Aqui, abra o celular da empresa e leia o código.",
        "Abra o celular de um cliente para ler e responder as mensagens.",
    )
    return el(
        "section",
        el("h2", "Como usar"),
        el("ol", *[el("li", el("span", step)) for step in steps], class_="at-steps"),
        forms.waiting_summary(core),
        class_="card at-pad at-stack",
    )


def _phone(core: Core, phone: Phone, shown: Shown) -> Html:
    """The phone in the middle: who, tabs of chats, bubbles, quick answers, field."""
    parts: list[Html | None] = [_top(shown.other, phone), _tabs(core, phone, shown.other)]
    if shown.other is None:
        parts.append(_no_chat(phone))
    else:
        parts += [_chat(core, phone, shown.other), forms.quote(phone, shown.other, shown.quoted)]
        parts += [forms.quick_answers(phone, shown.other, shown.quoted)]
        parts += [forms.write(phone, shown.other, shown.quoted, shown.typed or {})]
    return el("section", *parts, class_="at-phone-body", aria_label=f"Celular de {phone.title}")


def _top(other: Phone | None, phone: Phone) -> Html:
    shown = other or phone
    words = el(
        "div",
        el("p", shown.title, class_="at-strong at-clip"),
        el("p", pretty(shown.number), class_="at-2nd at-xs") if shown.name else None,
        class_="at-grow",
    )
    now = el("span", hour_of(time.time()), class_="at-2nd at-xs at-still")
    return el("div", avatar(shown), words, now, class_="at-phone-top")


def _tabs(core: Core, phone: Phone, current: Phone | None) -> Html | None:
    """One link per chat, when there are several."""
    rows = phones.chats(core, phone)
    if len(rows) < 2 and current is not None and rows:
        return None
    links = [
        el(
            "a",
            phones.get(core, row["number"]).title,
            class_="at-chip",
            href=f"/celulares/{phone.number}/?conversa={row['number']}",
            aria_current="page" if current and row["number"] == current.number else None,
        )
        for row in rows
    ]
    return el("nav", *links, class_="at-chips at-tabs", aria_label="Conversas") if links else None


def _no_chat(phone: Phone) -> Html:
    words = "Nenhuma conversa ainda. Ela aparece quando chegar a primeira mensagem."
    return el("div", el("p", words, class_="at-when"), class_="at-chat")


def _chat(core: Core, phone: Phone, other: Phone) -> Html:
    bubbles: list[Html] = []
    day = ""
    for message in core.world.chat(phone, other):
        if message.sender != phone.number and message.status == "PENDING":
            continue  # still on its way
        today = day_of(message.at)
        if today != day:
            day = today
            bubbles.append(el("p", day, class_="at-when"))
        bubbles.append(_bubble(core, phone, other, message))
    return el(
        "div",
        *bubbles,
        class_="at-chat",
        id="conversa",
        tabindex="0",
        role="log",
        aria_label=f"Conversa com {other.title}",
        data_live="conversa",
    )


def hour_of(at: float) -> str:
    return time.strftime("%H:%M", time.localtime(at))


def day_of(at: float) -> str:
    """Return hoje, ontem, or the date, on this machine's calendar."""
    now = time.time()
    words = {time.localtime(now)[:3]: "hoje", time.localtime(now - 86400)[:3]: "ontem"}
    day = time.localtime(at)
    return words.get(day[:3]) or time.strftime("%d/%m/%Y", day)


def _bubble(core: Core, phone: Phone, other: Phone, message: ChatMessage) -> Html:
    mine = message.sender == phone.number
    if not phones.is_visible(message, phone):
        words = "Chegou uma mensagem com botões, que o WhatsApp não mostra."
        return el("p", words, class_="at-bubble at-bubble-next at-small")
    quoted = core.world.messages.get(message.quote or "")
    parts = [_quoted(quoted) if quoted else None, *_body(message)]
    if message.buttons and not mine:
        parts.append(forms.message_buttons(phone, other, message))
    parts.append(_meta(phone, other, message))
    return el("div", *parts, class_="at-bubble at-bubble-out" if mine else "at-bubble")


def _quoted(message: ChatMessage) -> Html:
    return el("blockquote", message.text[:120], class_="at-quoted")


def _body(message: ChatMessage) -> list[Html]:
    if message.kind == "reaction":
        words = f"Reagiu com {message.text}" if message.text else "Retirou a reação"
        return [el("em", words)]
    if message.kind == "button_reply":
        label = f"Botão {message.button_id}"
        return [bold(message.text), el("span", label, class_="at-block at-2nd at-xs")]
    return [bold(message.text)]


def bold(text: str) -> Html:
    """Show WhatsApp's `*bold*`; everything else stays as it was typed."""
    pieces = re.split(r"\*([^*\n]+)\*", text)
    return join(*[el("b", p) if index % 2 else p for index, p in enumerate(pieces)])


def _meta(phone: Phone, other: Phone, message: ChatMessage) -> Html:
    at = hour_of(message.at)
    parts: list[Html | str] = [el("span", at)]
    if message.sender == phone.number:
        name, label = _TICKS[message.status]
        read = message.status == "READ"
        parts.append(icon(name, label, "icon at-read" if read else "icon"))
    if message.kind != "reaction":
        link = f"/celulares/{phone.number}/?conversa={other.number}&citar={message.id}#escrever"
        words = el("span", f" a mensagem das {at}", class_="at-hidden")
        parts.insert(0, el("a", "Citar", words, class_="at-cite", href=link))
    return el("span", *parts, class_="at-meta")


def _right(core: Core, phone: Phone, shown: Shown) -> Html:
    return el(
        "div",
        forms.link_device(core, phone, shown.typed or {}),
        forms.linked_devices(core, phone),
        forms.answer_button(phone, shown.other, shown.quoted, shown.typed or {}),
        forms.new_chat(core, phone, shown.typed or {}),
        forms.switches(phone),
        class_="at-stack",
    )
