"""How the pages show the connection and the messages."""

from __future__ import annotations

import re
from datetime import datetime

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from scheduling import phone, wording
from whatsapp import chat, overview, threads
from whatsapp.messages import MessageKind
from whatsapp.models import Message

register = template.Library()
register.filter(chat.who)
register.filter(chat.said)
register.filter(chat.kind_label)
register.filter(chat.moment_of)
register.filter(chat.why_read)
register.filter("names", overview.names)
register.filter("thread_url", threads.url_of)


@register.filter
def short_label(kind: MessageKind) -> str:
    """Return what a list under a heading calls it: without "Resposta:" in front."""
    return wording.capital(gettext(kind.label).removeprefix(gettext("Resposta: ")))


# As WhatsApp reads it: asterisks that hug the words, on one line.
BOLD = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*])")


@register.filter
def bold(text: str) -> SafeString:
    """Return the text with what stands between asterisks in bold, everything else escaped."""
    return mark_safe(BOLD.sub(r"<b>\1</b>", escape(text)))  # noqa: S308 -- escaped just before


@register.filter
def number(digits: str) -> str:
    """Return E.164, with or without its plus sign, for people."""
    return phone.display(f"+{digits.removeprefix('+')}") if digits else ""


@register.filter
def spelled(code: str) -> str:
    """Return "K 7 Q F, 2 M 9 X": a pairing code for a screen reader."""
    return ", ".join(" ".join(code[start : start + 4]) for start in range(0, len(code), 4))


@register.simple_tag
def day_time(at: datetime, now: datetime) -> str:
    """ "hoje, 16:30" inside a sentence"""
    return wording.day_and_time(at, now=now)


@register.simple_tag
def wants_a_call(message: Message, now: datetime) -> bool:
    return overview.wants_a_call(message, now)
