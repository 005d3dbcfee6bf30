from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling import agenda, services, wording
from scheduling.agenda import EARLIEST, FARTHEST
from scheduling.availability import Interval, fits, merged
from scheduling.events import By
from scheduling.forms.fields import DateInput, TimeInput, list_if_few
from scheduling.models import Appointment, Professional


class SlotForm(forms.Form):
    """Professional, date and time, with the professional's weekly hours as advice."""

    professional = forms.ModelChoiceField(
        queryset=Professional.objects.all(),
        label=_("Profissional"),
        empty_label=_("Escolha"),
        error_messages={
            "required": _("Escolha quem atende."),
            "invalid_choice": _("Escolha um profissional da lista."),
        },
    )
    day = forms.DateField(
        label=_("Dia"),
        widget=DateInput(),
        error_messages={
            "required": _("Escolha o dia."),
            "invalid": _("Escreva o dia como 24/11/2026."),
        },
    )
    time = forms.TimeField(
        label=_("Hora"),
        widget=TimeInput(),
        error_messages={
            "required": _("Escolha a hora."),
            "invalid": _("Escreva a hora como 16:30."),
        },
    )
    anyway = forms.BooleanField(required=False, label=_("Marcar mesmo assim"))

    def __init__(
        self,
        *args: Any,
        zone: ZoneInfo,
        now: datetime,
        professionals: Q = Q(is_active=True),  # noqa: B008 -- a Q is a value
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.now = zone, now
        field: Any = self.fields["professional"]
        field.queryset = Professional.objects.filter(professionals)
        list_if_few(field)

    def duration(self) -> timedelta | None:
        """Return how long the appointment lasts, None while the form does not say it."""
        raise NotImplementedError

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        today = self.now.astimezone(self.zone).date()
        if not EARLIEST <= day <= today + FARTHEST:
            raise ValidationError(_("Escolha um dia nos próximos dois anos."), code="far")
        return day

    def clean(self) -> dict[str, Any]:
        slot = self.slot()
        if slot is not None and not self.cleaned_data["anyway"]:
            outside = self._outside_hours(slot)
            if outside:
                self.add_error("anyway", ValidationError(outside, code="outside"))
        return self.cleaned_data

    @property
    def asks_anyway(self) -> bool:
        """Whether the page shows the box "Marcar mesmo assim"."""
        return bool(self["anyway"].value()) or "anyway" in self.errors

    def slot(self) -> Interval | None:
        """Return the asked time, None while it cannot be told."""
        said, duration = self.cleaned_data, self.duration()
        if duration is None or not {"professional", "day", "time"} <= said.keys():
            return None
        start = datetime.combine(said["day"], said["time"], tzinfo=self.zone)
        return Interval(start, start + duration)

    def _asked(self) -> Interval:
        slot = self.slot()
        if slot is None:
            raise ValueError("the form was not valid")
        return slot

    def explain(self, problem: Exception, slot: Interval) -> None:
        """Say among the errors why the service refused."""
        if isinstance(problem, services.InThePast):
            self.add_error("time", _("Este horário já passou. Escolha um a partir de agora."))
        else:
            self.add_error("time", self._taken(slot))

    def _outside_hours(self, slot: Interval) -> str:
        """Return why the time is outside the professional's hours, "" if it is not."""
        professional, day = self.cleaned_data["professional"], self.cleaned_data["day"]
        hours = agenda.hours_on(professional, day, self.zone)
        if hours is None or fits(slot, hours):
            return ""
        values = {"name": professional.name, "weekday": wording.weekday(day)}
        if not hours:
            return gettext("%(name)s não atende neste dia da semana (%(weekday)s).") % values
        values["hours"] = gettext(" e ").join(
            gettext("das %(start)s às %(end)s") % {"start": f"{a:%H:%M}", "end": f"{b:%H:%M}"}
            for a, b in merged(hours)
        )
        return gettext("Fora do horário de %(name)s (%(weekday)s, %(hours)s).") % values

    def _taken(self, slot: Interval) -> str:
        free = agenda.free_near(
            self.cleaned_data["professional"],
            slot.start,
            duration=slot.end - slot.start,
            zone=self.zone,
            now=self.now,
        )
        if not free:
            return gettext("Este horário já está ocupado.")
        times = ", ".join(f"{start:%H:%M}" for start in free)
        return gettext("Este horário já está ocupado. Perto dele: %(times)s.") % {"times": times}


class MoveForm(SlotForm):
    """Another time, or another professional, for an appointment that keeps its length."""

    def __init__(
        self, *args: Any, appointment: Appointment, zone: ZoneInfo, **kwargs: Any
    ) -> None:
        local = appointment.starts_at.astimezone(zone)
        initial = {
            "professional": appointment.professional_id,
            "day": local.date(),
            "time": local.time(),
        }
        same_or_active = Q(pk=appointment.professional_id) | Q(is_active=True)
        kwargs = {"initial": initial, "professionals": same_or_active, **kwargs}
        super().__init__(*args, zone=zone, **kwargs)
        self.appointment = appointment

    def duration(self) -> timedelta:
        return self.appointment.ends_at - self.appointment.starts_at

    def move(self, *, by: By) -> bool:
        """Move the appointment; False when it cannot be at that time, with the reason among the
        errors.  Raises services.NotChangeable."""
        slot = self._asked()
        try:
            services.move(
                self.appointment,
                starts_at=slot.start,
                professional=self.cleaned_data["professional"],
                by=by,
                now=self.now,
            )
        except (services.SlotTaken, services.InThePast) as problem:
            self.explain(problem, slot)
            return False
        return True


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Motivo"),
        required=False,
        max_length=200,
        help_text=_("Fica na história do agendamento. Pode ficar em branco."),
    )
