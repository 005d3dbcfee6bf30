"""Conversas: the list, a conversation with its answer box, and what needs attention."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduling.forms import SearchForm
from scheduling.models import Client
from tenants.http import CompanyRequest
from tenants.permissions import Right, requires
from tenants.redirects import safe_next
from whatsapp import by_hand, chat, overview, threads
from whatsapp.forms import AnswerForm
from whatsapp.models import Message
from whatsapp.threads import Thread
from whatsapp.views.messages import reader_for

PAGE_SIZE = 50


@never_cache
@require_safe
@requires(Right.SEND)
def conversations(request: CompanyRequest) -> HttpResponse:
    text, slug, now = SearchForm(request.GET).text, request.GET.get("so", ""), timezone.now()
    chip = next((each for each in threads.CHIPS if each.slug == slug), threads.CHIPS[0])
    pages = threads.Pages(chip.slug, text, now=now, size=PAGE_SIZE)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "rows": threads.rows(list(page.object_list)),
        "page": page,
        "chips": threads.CHIPS,
        "chip": chip,
        "text": text,
        "attention": threads.attention_count(),
        "now": now,
    }
    return render(request, "whatsapp/conversations.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.SEND)
def thread(request: CompanyRequest, pk: int) -> HttpResponse:
    client = get_object_or_404(Client, pk=pk)
    url = reverse("whatsapp:thread", args=[pk])
    return _thread(request, Thread(client, client.phone, url))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.SEND)
def unknown_thread(request: CompanyRequest, pk: int) -> HttpResponse:
    """With a number that is no client's, named by one of its messages: a number does not belong
    in an address."""
    message = get_object_or_404(Message.objects.in_conversation(), pk=pk)
    if message.client_id is not None:
        return redirect("whatsapp:thread", message.client_id)
    url = reverse("whatsapp:unknown-thread", args=[pk])
    return _thread(request, Thread(None, message.phone, url))


def _thread(request: CompanyRequest, talk: Thread) -> HttpResponse:
    """The page; for htmx its messages alone, and 204 while they would show `version`."""
    if request.method == "POST":
        return _answered(request, talk)
    if not request.htmx:
        return _page(request, talk, AnswerForm())
    context = _messages(request, talk)
    if request.GET.get("version") == context["version"]:
        return HttpResponse(status=204)
    return render(request, "whatsapp/parts/thread_messages.html", context)


def _answered(request: CompanyRequest, talk: Thread) -> HttpResponse:
    form = AnswerForm(request.POST)
    if form.is_valid() and talk.can_be_answered:
        by_hand.write(
            form.cleaned_data["text"],
            to=talk.client,
            phone=talk.phone,
            by=request.user,
            now=timezone.now(),
        )
        if not request.htmx:
            return redirect(talk.url)
        form = AnswerForm()
    if not request.htmx:
        return _page(request, talk, form)
    context = _messages(request, talk) | {"form": form}
    return render(request, "whatsapp/parts/thread_answered.html", context)


def _page(request: CompanyRequest, talk: Thread, form: AnswerForm) -> HttpResponse:
    context = _messages(request, talk) | {"form": form}
    context["appointment"] = talk.next_appointment(context["now"])
    return render(request, "whatsapp/thread.html", context)


def _messages(request: CompanyRequest, talk: Thread) -> dict[str, Any]:
    reader = reader_for(request)
    page = Paginator(talk.messages(), PAGE_SIZE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    return {
        "thread": talk,
        "page": page,
        "days": chat.days(shown, reader),
        "version": chat.version(shown, reader),
        "needs_attention": any(message.needs_attention for message in shown),
        "connected": reader.connected,
        "now": reader.now,
    }


@require_POST
@requires(Right.SEND)
def send_again(request: CompanyRequest, pk: int) -> HttpResponse:
    message = get_object_or_404(Message, pk=pk)
    if by_hand.send_again(message, now=timezone.now()):
        messages.success(request, _("A mensagem está na fila de novo."))
    else:
        messages.warning(request, _("Esta mensagem não pode ir de novo: talvez já tenha saído."))
    return redirect(safe_next(request) or "whatsapp:conversations")


@require_POST
@requires(Right.SEND)
def resolve(request: CompanyRequest, pk: int) -> HttpResponse:
    overview.resolve(get_object_or_404(Message, pk=pk))
    messages.success(request, _("Mensagem resolvida."))
    return redirect(safe_next(request) or "whatsapp:conversations")
