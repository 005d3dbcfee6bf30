"""What a company chose about its messages: its own words, which notices it sends, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from scheduling import wording
from tenants import security
from tenants.models import Company, User
from tenants.security import Origin
from whatsapp.messages import KINDS, MessageKind
from whatsapp.models import MessageSetting
from whatsapp.timing import SWITCHES, Rules, SendingHours
from whatsapp.words import DEFAULTS, plain

# The kinds that have a lead of their own, and the field of Rules that it is.
LEADS = {
    "confirmation_request": "request_lead",
    "second_request": "second_after",
    "reminder": "reminder_lead",
}


@dataclass(frozen=True, slots=True)
class Preferences:
    rules: Rules
    texts: Mapping[str, str]
    """The company's own, by kind."""

    def text_of(self, kind: MessageKind) -> str:
        return self.texts.get(kind.text_name) or DEFAULTS[kind.text_name]


def of(company: Company) -> Preferences:
    """One query."""
    rows = list(MessageSetting.objects.all())
    leads = {
        LEADS[row.kind]: timedelta(minutes=row.lead_minutes)
        for row in rows
        if row.kind in LEADS and row.lead_minutes is not None
    }
    off = frozenset(row.kind for row in rows if not row.is_on and row.kind in SWITCHES)
    return Preferences(
        rules=Rules(hours=hours_of(company), off=off, **leads),
        texts={row.kind: row.text for row in rows if row.text},
    )


def hours_of(company: Company) -> SendingHours:
    return SendingHours(opens=company.message_hours_start, closes=company.message_hours_end)


@transaction.atomic
def save_text(kind: MessageKind, text: str, *, by: User, now: datetime) -> bool:
    """Keep the company's own words; those of the default are kept as none.

    Returns whether anything changed.  What was sent keeps the words it was sent with, and what
    waits takes these: see `sender.words`.
    """
    own = plain(text)
    own = "" if own == DEFAULTS[kind.name] else own
    row = _locked(kind.name)
    if row.text == own:
        return False
    row.text = own
    _save(row, by=by, now=now, fields=["text"])
    event = "message_text_changed" if own else "message_text_restored"
    security.record(event, origin=Origin.WEB, actor=by, message=KINDS[kind.name].label)
    return True


# Notices ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Notices:
    """What the page of the notices sets, all of it."""

    off: frozenset[str]
    leads: Mapping[str, timedelta]
    starts: time
    ends: time
    pace: int

    @property
    def rules(self) -> Rules:
        leads = {LEADS[name]: lead for name, lead in self.leads.items()}
        return Rules(hours=SendingHours(self.starts, self.ends), off=self.off, **leads)


def notices_of(company: Company, chosen: Preferences) -> Notices:
    return Notices(
        off=chosen.rules.off,
        leads={name: getattr(chosen.rules, field) for name, field in LEADS.items()},
        starts=company.message_hours_start,
        ends=company.message_hours_end,
        pace=company.pace_seconds,
    )


@transaction.atomic
def save_notices(company: Company, wanted: Notices, *, by: User, now: datetime) -> bool:
    """Keep which notices are sent and when; what waits in the queue is then dated anew by
    `planner.replan`.  Returns whether anything changed."""
    current: Company = Company.objects.select_for_update().get(pk=company.pk)
    kept = notices_of(current, of(current))
    changes = [*_changes(kept, wanted)]
    if not changes:
        return False
    for name in SWITCHES:
        row = _locked(name)
        row.is_on, row.replan = name not in wanted.off, row.replan or kept.rules != wanted.rules
        lead = wanted.leads.get(name)
        row.lead_minutes = None if lead is None else int(lead / timedelta(minutes=1))
        _save(row, by=by, now=now, fields=["is_on", "lead_minutes", "replan"])
    current.message_hours_start, current.message_hours_end = wanted.starts, wanted.ends
    current.pace_seconds = wanted.pace
    current.save(update_fields=["message_hours_start", "message_hours_end", "pace_seconds"])
    security.record("notices_changed", origin=Origin.WEB, actor=by, changes="; ".join(changes))
    return True


def _changes(kept: Notices, wanted: Notices) -> Iterator[str]:
    """Say what is different, each in a few words."""
    for name in SWITCHES:
        label = gettext(KINDS[name].label)
        if (name in kept.off) != (name in wanted.off):
            word = gettext("desligado") if name in wanted.off else gettext("ligado")
            yield f"{label}: {word}"
        if name in LEADS and kept.leads[name] != wanted.leads[name]:
            yield f"{label}: {wording.length(wanted.leads[name])}"
    if (kept.starts, kept.ends) != (wanted.starts, wanted.ends):
        times = {"start": f"{wanted.starts:%H:%M}", "end": f"{wanted.ends:%H:%M}"}
        yield gettext("mensagens das %(start)s às %(end)s") % times
    if kept.pace != wanted.pace:
        yield gettext("pausa de %(seconds)s segundos") % {"seconds": wanted.pace}


# Rows ------------------------------------------------------------------------------------------


def _locked(kind: str) -> MessageSetting:
    """The row of a kind, made if need be; two who change it at once go one after the other."""
    MessageSetting.objects.get_or_create(kind=kind)
    row: MessageSetting = MessageSetting.objects.select_for_update().get(kind=kind)
    return row


def _save(row: MessageSetting, *, by: User, now: datetime, fields: list[str]) -> None:
    row.updated_by, row.updated_at = by, now
    row.save(update_fields=[*fields, "updated_by", "updated_at"])


def row_of(kind: MessageKind) -> Any:
    """Return what the company chose about a kind, with who did; None for nothing.  One query."""
    return MessageSetting.objects.filter(kind=kind.name).select_related("updated_by").first()
