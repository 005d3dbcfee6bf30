"""Modelos de mensagem: the list, a text with its preview, the way back to ours, a test."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenants.http import CompanyRequest
from tenants.permissions import Right, requires
from whatsapp import by_hand, chat, preferences, wording_pages
from whatsapp.connection.requests import current_instance
from whatsapp.forms import KindForm, TestForm, TextForm
from whatsapp.messages import MessageKind


@require_safe
@requires(Right.MANAGE)
def texts(request: CompanyRequest) -> HttpResponse:
    groups = wording_pages.groups(preferences.of(request.company))
    return render(request, "whatsapp/texts.html", {"groups": groups})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE)
def text(request: CompanyRequest, kind: MessageKind) -> HttpResponse:
    """The editor; a text that the lint refuses stays in it."""
    form = _form(request, kind)
    if form.is_valid():
        now, own = timezone.now(), form.cleaned_data["text"]
        changed = preferences.save_text(kind, own, by=request.user, now=now)
        said = _("Texto salvo. As próximas mensagens saem com ele.")
        messages.success(request, said if changed else _("O texto já era este."))
        return redirect("whatsapp:text", kind)
    return _editor(request, form, refused=form.is_bound)


@never_cache
@require_POST
@requires(Right.MANAGE)
def preview(request: CompanyRequest) -> HttpResponse:
    """How the text in the box looks; nothing is saved.  For htmx the part alone."""
    form = _form(request, _kind(request))
    if not request.htmx:
        return _editor(request, form)
    return render(request, "whatsapp/parts/text_preview.html", _shown(request, form))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE)
def restore(request: CompanyRequest) -> HttpResponse:
    """Ask first, and show what comes back; works without a script."""
    kind, now = _kind(request), timezone.now()
    default = wording_pages.default_text(kind)
    if request.method == "POST":
        preferences.save_text(kind, default, by=request.user, now=now)
        messages.success(request, _("Texto padrão de volta."))
        return redirect("whatsapp:text", kind)
    own = preferences.of(request.company).texts.get(kind.name)
    shown = wording_pages.preview(kind, default, request.company, now)
    context = {"kind": kind, "own": own, "preview": shown}
    return render(request, "whatsapp/text_restore.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE)
def test(request: CompanyRequest) -> HttpResponse:
    """Send the text in the box to a number that was typed; a GET of htmx: how that went."""
    kind = _kind(request)
    if request.method != "POST":
        return _state_of_test(request, kind)
    # Without a script the box is not sent along: the text is the one that is kept.
    form, number = _form(request, kind, typed="text" in request.POST), TestForm(request.POST)
    sent = number.is_valid() and not form.blocks and _sent(request, form, number)
    if request.htmx:
        context = _shown(request, form, None if sent else number)
        return render(request, "whatsapp/parts/text_test.html", context)
    return redirect("whatsapp:text", kind) if sent else _editor(request, form, number)


def _sent(request: CompanyRequest, form: TextForm, number: TestForm) -> bool:
    now, to = timezone.now(), number.cleaned_data["number"]
    words = wording_pages.preview(form.kind, form.typed, request.company, now).text
    try:
        by_hand.send_test(form.kind, words, number=to, by=request.user, now=now)
    except by_hand.Refused as refused:
        number.add_error(None, refused.reason)
        return False
    return True


def _state_of_test(request: CompanyRequest, kind: MessageKind) -> HttpResponse:
    if not request.htmx:
        return redirect("whatsapp:text", kind)
    return render(request, "whatsapp/parts/text_test.html", _shown(request, _form(request, kind)))


def _kind(request: CompanyRequest) -> MessageKind:
    """The message that the field `modelo` names."""
    kind = KindForm(request.POST if "modelo" in request.POST else request.GET).kind
    if kind is None:
        raise Http404
    return kind


def _form(request: CompanyRequest, kind: MessageKind, *, typed: bool | None = None) -> TextForm:
    """The text in the box: as it was sent, else as it is kept."""
    data = request.POST if (request.method == "POST" if typed is None else typed) else None
    chosen = preferences.of(request.company)
    return TextForm(data, kind=kind, company=request.company, chosen=chosen)


def _editor(
    request: CompanyRequest,
    form: TextForm,
    number: TestForm | None = None,
    *,
    refused: bool = False,
) -> HttpResponse:
    context = _shown(request, form, number)
    context |= {"row": preferences.row_of(form.kind), "refused": refused}
    return render(request, "whatsapp/text.html", context)


def _shown(
    request: CompanyRequest, form: TextForm, number: TestForm | None = None
) -> dict[str, Any]:
    kind, now, instance = form.kind, timezone.now(), current_instance()
    connected = instance is not None and instance.is_open
    reader = chat.Reader(request.company, connected, now, form.chosen)
    phone = instance.phone if instance is not None else ""
    last = by_hand.last_test(kind, now)
    return {
        "form": form,
        "kind": kind,
        "goes": wording_pages.goes(kind, form.chosen.rules),
        "is_on": wording_pages.is_on(kind, form.chosen.rules),
        "preview": wording_pages.preview(kind, form.typed, request.company, now),
        "test_form": number or TestForm(initial={"number": phone}),
        "connected": connected,
        "test": chat.state_of(last, reader) if last is not None else None,
        "now": now,
    }
