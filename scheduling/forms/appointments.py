"""What changes an appointment that exists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling import services
from scheduling.events import By
from scheduling.forms.slot import SlotForm
from scheduling.models import Appointment, Professional
from scheduling.own_terms import Terms, TermsByProfessional
from scheduling.wording import near_day


class MoveForm(SlotForm):
    """Another time, or another professional, for an appointment that keeps its length, its price
    and its buffers, whoever attends."""

    def __init__(
        self, *args: Any, appointment: Appointment, zone: ZoneInfo, **kwargs: Any
    ) -> None:
        local = appointment.starts_at.astimezone(zone)
        first = {"professional": appointment.professional_id, "day": local.date()}
        kwargs["initial"] = {**first, **kwargs.get("initial", {})}
        super().__init__(*args, zone=zone, **kwargs)
        self.moving = appointment
        self.fields["anyway"].label = _("Remarcar mesmo assim")
        field: Any = self.fields["professional"]
        field.offer(self._who_may_attend(appointment))

    def _who_may_attend(self, appointment: Appointment) -> list[Professional]:
        """Who does the service, and who attends now in any case.  Two queries."""
        own = TermsByProfessional(appointment.service)
        now, working = Q(pk=appointment.professional_id), Q(is_active=True)
        return [
            each
            for each in Professional.objects.filter(now | working)
            if each.pk == appointment.professional_id or own.of(each.pk).is_offered
        ]

    def terms(self, professional: int) -> Terms:
        appointment = self._appointment
        return Terms(
            appointment.ends_at - appointment.starts_at,
            timedelta(minutes=appointment.buffer_before_minutes),
            timedelta(minutes=appointment.buffer_after_minutes),
            appointment.price,
        )

    @property
    def about_time(self) -> str:
        """What the button does, in words."""
        if self.start is None:
            return gettext("Remarcar o horário")
        day = near_day(self.start.date(), today=self.today)
        values = {"day": day, "time": f"{self.start:%H:%M}"}
        return gettext("Remarcar para %(day)s, %(time)s") % values

    @property
    def _appointment(self) -> Appointment:
        assert self.moving is not None  # noqa: S101 -- set by __init__
        return self.moving

    def move(self, *, by: By) -> bool:
        """Move the appointment; False when it cannot be at that time, with the reason among the
        errors.  Raises services.NotChangeable."""
        slot = self.asked_slot()
        try:
            services.move(
                self._appointment,
                starts_at=slot.start,
                professional=self.cleaned_data["professional"],
                by=by,
                now=self.now,
            )
        except services.REFUSALS as problem:
            self.explain(problem, slot)
            return False
        return True


REASONS = (
    _("Cliente pediu"),
    _("Cliente ficou doente"),
    _("Profissional não pode"),
    _("Marcado por engano"),
)


class CancelForm(forms.Form):
    """A reason that is often given, and room for words of one's own."""

    quick = forms.ChoiceField(
        label=_("Motivo"),
        required=False,
        choices=[(str(number), reason) for number, reason in enumerate(REASONS, start=1)],
        widget=forms.RadioSelect(),
        error_messages={"invalid_choice": _("Escolha um motivo da lista, ou escreva outro.")},
    )
    reason = forms.CharField(
        label=_("Em outras palavras"),
        required=False,
        max_length=200,
        help_text=_("Fica na história do agendamento. Pode ficar em branco."),
    )

    @property
    def why(self) -> str:
        """What to keep: what was chosen, what was written, or both."""
        said = self.cleaned_data
        chosen = str(REASONS[int(said["quick"]) - 1]) if said["quick"] else ""
        return ": ".join(part for part in (chosen, said["reason"]) if part)
