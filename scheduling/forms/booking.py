"""Novo agendamento: a client who exists or a new one, a service, and a slot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling import services
from scheduling.events import By
from scheduling.forms.client_choice import ClientOptions, client_options
from scheduling.forms.fields import PhoneField, RowChoice
from scheduling.forms.slot import ANY, SlotForm
from scheduling.models import Appointment, Client, Professional, Service
from scheduling.own_terms import Terms, TermsByProfessional, terms_with
from scheduling.wording import length, money, near_day


def _service_label(service: Service) -> str:
    parts = [service.name, length(service.duration), money(service.price)]
    return " · ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Summary:
    client: str
    service: Service | None
    professional: Professional | None
    starts_at: datetime | None
    terms: Terms | None

    @property
    def ends_at(self) -> datetime | None:
        return self.starts_at + self.terms.duration if self.starts_at and self.terms else None


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
    service = RowChoice(
        label=_("Serviço"),
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
        """Three queries: services, professionals, and their own terms for the one chosen."""
        super().__init__(*args, **kwargs)
        service: Any = self.fields["service"]
        service.offer(Service.objects.filter(is_active=True), label=_service_label)
        self._offer_professionals(list(Professional.objects.filter(is_active=True)))

    def _offer_professionals(self, everybody: list[Professional]) -> None:
        """Offer those who do the service, and before them anybody of them if there are several.
        Who was chosen and does not do it is said, and anybody is asked for instead."""
        field: Any = self.fields["professional"]
        own, chosen = self._own_terms, str(self["professional"].value() or "")
        able = [each for each in everybody if own is None or own.of(each.pk).is_offered]
        self.unable = [each for each in everybody if each not in able]
        self.dropped = next((each for each in self.unable if str(each.pk) == chosen), None)
        several = len(able) > 1 or chosen == ANY
        field.offer(able, extra={ANY: _("Qualquer pessoa")} if several else None)
        if not chosen or (self.dropped and not self.is_bound):
            self.initial["professional"] = ANY if several else able[0].pk if able else ""
            self["professional"].initial = self.initial["professional"]
        if self.dropped:
            field.error_messages["invalid_choice"] = self._not_done_by(self.dropped)

    def _not_done_by(self, professional: Professional) -> str:
        return gettext("%(name)s não faz este serviço.") % {"name": professional.name}

    @property
    def about_dropped(self) -> str:
        """Why somebody else is offered than who was chosen, "" where that is not so."""
        return self._not_done_by(self.dropped) if self.dropped and not self.is_bound else ""

    @cached_property
    def _own_terms(self) -> TermsByProfessional | None:
        service = self.said("service")
        return TermsByProfessional(service) if service else None

    @property
    def usual_terms(self) -> Terms | None:
        """The service's own terms, None before one is chosen."""
        service = self.said("service")
        return terms_with(service, None) if service else None

    def terms(self, professional: int) -> Terms | None:
        return self._own_terms.of(professional) if self._own_terms else None

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
        slot = self.asked_slot()
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
        except services.REFUSALS as problem:
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

    @cached_property
    def options(self) -> ClientOptions:
        """The clients to choose from, as searched and chosen so far."""
        text = str(self["q"].value() or "").strip().replace("\x00", "")[:100]
        return client_options(text, self.said("client"))

    @property
    def chosen_client(self) -> Client | None:
        """Whom the page is about: chosen, or the only one that was found."""
        options = self.options
        return next((row for row in options.rows if row.pk == options.chosen), None)

    @property
    def about_time(self) -> str:
        """What the button does, in words."""
        if self.start is None:
            return gettext("Marcar o horário")
        day = near_day(self.start.date(), today=self.today)
        return gettext("Marcar %(day)s, %(time)s") % {"day": day, "time": f"{self.start:%H:%M}"}

    @property
    def summary(self) -> Summary:
        """What would be booked, as far as it is said."""
        who = self._likely_professional()
        return Summary(
            client=self.chosen_client.name if self.chosen_client else self.said("new_name") or "",
            service=self.said("service"),
            professional=who,
            starts_at=self.start,
            terms=self.terms(who.pk) if who else self.usual_terms,
        )

    def _likely_professional(self) -> Professional | None:
        """Who was chosen, or who would attend at the time that was."""
        chosen, field = self.said("professional"), self.fields["professional"]
        if isinstance(chosen, Professional) or not self.offers or not self.start:
            return chosen if isinstance(chosen, Professional) else None
        rows: dict[int, Professional] = field.rows  # type: ignore[attr-defined]
        return next((rows[pk] for pk in self.offers.free_at(self.start)), None)

    @property
    def shows_new_client(self) -> bool:
        """Whether the fields of a new client are open."""
        return any(self[name].value() for name in ("new_name", "new_phone"))
