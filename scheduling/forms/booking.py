"""Novo agendamento: a client who exists or a new one, a service, and a slot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling import services
from scheduling.events import By
from scheduling.forms.appointments import SlotForm
from scheduling.forms.clients import SearchForm
from scheduling.forms.fields import PhoneField, list_if_few
from scheduling.models import Appointment, Client, Service
from scheduling.wording import length, money

SHOWN_CLIENTS = 8


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """The clients that a search offers to choose from; `total` counts those not shown too."""

    text: str
    rows: list[Client]
    total: int
    chosen: int | None


def client_options(text: str, chosen: Client | None) -> ClientOptions:
    """Return whom the text finds, the chosen one first.  At most two queries."""
    found = Client.objects.matching(text) if text else Client.objects.none()
    rows = list(found[: SHOWN_CLIENTS + 1])
    total = found.count() if len(rows) > SHOWN_CLIENTS else len(rows)
    rows = rows[:SHOWN_CLIENTS]
    if chosen is None and total == 1:
        chosen = rows[0]
    if chosen is not None:
        rows = [chosen, *(client for client in rows if client.pk != chosen.pk)]
    return ClientOptions(text, rows, total, chosen.pk if chosen else None)


class ClientSearchForm(SearchForm):
    """The search of Novo agendamento, with the client chosen so far."""

    client = forms.ModelChoiceField(queryset=Client.objects.all(), required=False)

    @property
    def chosen(self) -> Client | None:
        self.is_valid()
        return self.cleaned_data.get("client")


class ServiceChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, service: Any) -> str:
        parts = [service.name, length(service.duration), money(service.price)]
        return " · ".join(part for part in parts if part)


class BookingForm(SlotForm):
    q = forms.CharField(
        label=_("Nome ou telefone"),
        required=False,
        max_length=100,
        help_text=_("Bastam os 4 últimos números."),
    )
    client = forms.ModelChoiceField(
        queryset=Client.objects.all(),
        required=False,
        error_messages={"invalid_choice": _("Escolha um cliente da lista.")},
    )
    new_name = forms.CharField(label=_("Nome"), required=False, max_length=255)
    new_phone = PhoneField(label=_("Celular com DDD"), required=False)
    service = ServiceChoice(
        queryset=Service.objects.filter(is_active=True),
        label=_("Serviço"),
        empty_label=_("Escolha"),
        error_messages={
            "required": _("Escolha o serviço."),
            "invalid_choice": _("Escolha um serviço da lista."),
        },
    )
    notes = forms.CharField(
        label=_("Observações"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    field_order = ["q", "client", "new_name", "new_phone", "service", "professional", "day"]
    known_client: Client | None = None  # of whom the new phone was already

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        list_if_few(self.fields["service"])  # type: ignore[arg-type]

    def duration(self) -> timedelta | None:
        service: Service | None = self.cleaned_data.get("service")
        return service.duration if service else None

    def clean(self) -> dict[str, Any]:
        chosen = self.cleaned_data.get("client")
        typed = any(self.data.get(name, "").strip() for name in ("new_name", "new_phone"))
        if chosen and typed:
            message = gettext(
                "Você escolheu %(name)s e também preencheu um cliente novo. Escolha um dos dois."
            )
            self.add_error("client", message % {"name": chosen.name})
        elif not chosen and not typed and "client" not in self.errors:
            self.add_error("client", _("Busque e escolha um cliente, ou cadastre um novo."))
        elif not chosen and typed:
            self._require_both()
        return super().clean()

    def _require_both(self) -> None:
        missing = {
            "new_name": _("Escreva o nome do cliente."),
            "new_phone": _("Escreva o celular do cliente, com DDD."),
        }
        for name, message in missing.items():
            if name not in self.errors and not self.cleaned_data.get(name):
                self.add_error(name, message)

    def book(self, *, by: By) -> Appointment | None:
        """Book, with the new client in the same transaction; None when the time is not to be
        had, with the reason among the errors.  Nothing is written then."""
        slot = self._asked()
        try:
            with transaction.atomic():
                return services.book(
                    client=self._client(),
                    professional=self.cleaned_data["professional"],
                    service=self.cleaned_data["service"],
                    starts_at=slot.start,
                    notes=self.cleaned_data["notes"],
                    by=by,
                    now=self.now,
                )
        except (services.SlotTaken, services.InThePast) as problem:
            self.explain(problem, slot)
            return None

    def _client(self) -> Client:
        said = self.cleaned_data
        if said["client"]:
            chosen: Client = said["client"]
            return chosen
        client, created = services.find_or_create_client(
            name=said["new_name"], phone_number=said["new_phone"]
        )
        self.known_client = None if created else client
        return client

    def options(self) -> ClientOptions:
        """Return the clients to choose from, as searched and chosen so far."""
        text, chosen = self["q"].value() or "", self["client"].value()
        try:
            client = self.fields["client"].clean(chosen)
        except forms.ValidationError:
            client = None
        return client_options(str(text).strip().replace("\x00", "")[:100], client)

    @property
    def shows_new_client(self) -> bool:
        """Whether the fields of a new client are open."""
        return any(self[name].value() for name in ("new_name", "new_phone"))
