"""Who attends, on which day and at what time: what a booking and a move have in common."""

from __future__ import annotations

from datetime import date, datetime
from datetime import time as time_of_day
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling import services, wording
from scheduling.agenda import EARLIEST, FARTHEST
from scheduling.availability import Interval, moment
from scheduling.forms.fields import DateInput, RowChoice, TimeInput
from scheduling.free_times import Diary, moment_of
from scheduling.models import Absence, Appointment, Professional, Status
from scheduling.offers import Offers, Part, strip
from scheduling.own_terms import Terms

ANY = "qualquer"
OTHER = "outro"


class ClockField(forms.TimeField):
    """The time of a chip.  The last chip says that the time is typed beside it."""

    def to_python(self, value: Any) -> time_of_day | None:
        return super().to_python("" if value == OTHER else value)


class SlotForm(forms.Form):
    """Hours, absences and buffers are advice, which "Marcar mesmo assim" passes over; that two
    appointments do not overlap is not."""

    professional = RowChoice(
        label=_("Profissional"),
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
    time = ClockField(
        label=_("Horário"),
        required=False,
        widget=TimeInput(),
        error_messages={"invalid": _("Escreva a hora como 16:30.")},
    )
    other_time = forms.TimeField(
        label=_("Hora"),
        required=False,
        widget=TimeInput(),
        error_messages={"invalid": _("Escreva a hora como 16:30.")},
    )
    anyway = forms.BooleanField(required=False, label=_("Marcar mesmo assim"))

    def __init__(
        self, *args: Any, zone: ZoneInfo, now: datetime, step: int, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.now, self.step = zone, now, step
        self.today = now.astimezone(zone).date()

    # What the two forms say differently

    moving: Appointment | None = None

    def terms(self, professional: int) -> Terms | None:
        """Return on what terms somebody would attend; None while the form does not say it."""
        raise NotImplementedError

    # What has been said so far, also in a form that nobody has sent off yet

    def said(self, name: str) -> Any:
        """Return the value of a field, None while it is empty or wrong."""
        try:
            return self.fields[name].clean(self[name].value())
        except ValidationError:
            return None

    @cached_property
    def attending(self) -> list[int]:
        """Whose times are offered: the chosen one's, or everybody's."""
        choice: Any = self.fields["professional"]
        chosen = self.said("professional")
        return [chosen.pk] if isinstance(chosen, Professional) else list(choice.rows)

    @cached_property
    def offers(self) -> Offers | None:
        """The free times around the day; None while it is not said what for.  Three queries."""
        if not self.attending or self.terms(self.attending[0]) is None:
            return None
        first, last = strip(self._day_in_range(), today=self.today)
        diary = Diary(self.attending, first=first, last=last, zone=self.zone, without=self.moving)
        return Offers(diary, self._terms, step=self.step, now=self.now, zone=self.zone)

    @cached_property
    def shown_day(self) -> date:
        """The day whose times are shown: the one asked for, or the first that has any."""
        if day := self._day_in_range():
            return day
        soonest = self.offers and self.offers.soonest()
        return soonest.at.date() if soonest else self.today

    def _day_in_range(self) -> date | None:
        day: date | None = self.said("day")
        return day if day and EARLIEST <= day <= self.today + FARTHEST else None

    def _terms(self, professional: int) -> Terms:
        terms = self.terms(professional)
        if terms is None:
            raise ValueError("the form does not say what for")
        return terms

    @property
    def clock(self) -> time_of_day | None:
        """The time that was chosen or typed."""
        found: time_of_day | None = self.said("time") or self.said("other_time")
        return found

    @property
    def start(self) -> datetime | None:
        """The moment asked for, None while it cannot be told."""
        day = self._day_in_range() if self["day"].value() else None
        if day is None or self.clock is None:
            return None
        return moment(day, self.clock, self.zone).astimezone(self.zone)

    # What the page shows of it

    @property
    def day_value(self) -> str:
        """The day that is shown, or what was typed for one."""
        typed = self["day"].value()
        if typed and self._day_in_range() is None:
            return str(typed)
        return self.shown_day.isoformat()

    @cached_property
    def parts(self) -> list[Part]:
        chosen = f"{self.clock:%H:%M}" if self.clock else ""
        return self.offers.parts(self.shown_day, chosen) if self.offers else []

    @property
    def free_count(self) -> int:
        return sum(len(part.times) + len(part.more) for part in self.parts)

    @property
    def chip(self) -> str:
        """The time that is chosen among those offered, "" for none."""
        clock = f"{self.clock:%H:%M}" if self.clock else ""
        offered = {time.clock for part in self.parts for time in part.times}
        return clock if clock in offered else ""

    @property
    def typed_clock(self) -> str:
        """The time that is not among those offered, as it was typed."""
        if self.chip:
            return ""
        values = (self["other_time"].value(), self["time"].value())
        return next((str(value) for value in values if value and value != OTHER), "")

    @property
    def asks_anyway(self) -> bool:
        """Whether the page shows the box "Marcar mesmo assim"."""
        return bool(self["anyway"].value()) or "anyway" in self.errors

    # What is wrong

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if not EARLIEST <= day <= self.today + FARTHEST:
            raise ValidationError(_("Escolha um dia nos próximos dois anos."), code="far")
        return day

    def clean(self) -> dict[str, Any]:
        self._clean_clock()
        slot = self.slot()
        if slot is not None and slot.start <= self.now:
            self.explain(services.InThePast(), slot)
        elif slot is not None:
            self._clean_professional(slot)
            self._advise()
        return self.cleaned_data

    def _clean_clock(self) -> None:
        chip, typed = (self.cleaned_data.get(name) for name in ("time", "other_time"))
        if chip and typed and chip != typed:
            values = {"chip": f"{chip:%H:%M}", "typed": f"{typed:%H:%M}"}
            both = gettext(
                "Você escolheu %(chip)s e também escreveu %(typed)s. Deixe só um dos dois."
            )
            self.add_error("time", both % values)
        elif not chip and not typed and not {"time", "other_time"} & self.errors.keys():
            self.add_error("time", _("Escolha a hora."))
        else:
            self.cleaned_data["time"] = chip or typed

    def slot(self) -> Interval | None:
        """Return the asked time, None while it cannot be told.  Of anybody's: the first one's."""
        said = self.cleaned_data
        if not {"professional", "day", "time"} <= said.keys() or not said["time"]:
            return None
        chosen = said["professional"]
        pk = chosen.pk if isinstance(chosen, Professional) else next(iter(self.attending), None)
        terms = self.terms(pk) if pk is not None else None
        if terms is None:
            return None
        start = moment(said["day"], said["time"], self.zone)
        return Interval(start, start + terms.duration)

    def asked_slot(self) -> Interval:
        """Return the time of a form that is valid."""
        slot = self.slot()
        if slot is None:
            raise ValueError("the form was not valid")
        return slot

    def _clean_professional(self, slot: Interval) -> None:
        """Of whom it does not matter becomes the first one who is free."""
        if self.cleaned_data["professional"] != ANY or self.offers is None:
            return
        free = self.offers.free_at(slot.start)
        rows: Any = self.fields["professional"]
        if free:
            self.cleaned_data["professional"] = rows.rows[free[0]]
        elif self.cleaned_data["anyway"]:
            self.add_error("professional", _("Escolha quem atende neste horário."))
        else:
            self.add_error(
                "time", self._with_near(gettext("Ninguém está livre nesta hora."), slot)
            )

    def _advise(self) -> None:
        """Say what speaks against the time, unless it is asked for all the same."""
        slot, said = self.slot(), self.cleaned_data
        if slot is None or said["anyway"] or not isinstance(said["professional"], Professional):
            return
        if advice := self._advice(said["professional"], slot):
            self.add_error("anyway", ValidationError(self._with_near(advice, slot), code="advice"))

    def _advice(self, professional: Professional, slot: Interval) -> str:
        if self.offers is None:
            return ""
        terms = self._terms(professional.pk)
        problem = self.offers.diary.problem(professional.pk, slot.start, terms)
        if problem == "hours":
            return self._outside_hours(professional)
        if problem == "absence":
            return absence_at(professional, slot, terms)
        if problem == "buffer" and not self._is_taken(professional, slot):
            sentence = gettext(
                "Fica em cima do tempo de preparação ou de arrumação de outro horário de %(name)s."
            )
            return sentence % {"name": professional.name}
        return ""

    def _is_taken(self, professional: Professional, slot: Interval) -> bool:
        """Whether the appointment itself would overlap: then the service refuses it."""
        others = Appointment.objects.exclude(status=Status.CANCELLED).filter(
            professional=professional, starts_at__lt=slot.end, ends_at__gt=slot.start
        )
        return bool(others.exclude(pk=self.moving.pk if self.moving else None).exists())

    def _outside_hours(self, professional: Professional) -> str:
        day = self.cleaned_data["day"]
        whole = Diary([professional.pk], first=day, last=day, zone=self.zone)
        values = {"name": professional.name, "weekday": wording.weekday(day)}
        hours = [
            [moment_of(at).astimezone(self.zone) for at in span]
            for span in whole.hours_on(professional.pk)
        ]
        if not hours:
            return gettext("%(name)s não atende neste dia da semana (%(weekday)s).") % values
        values["hours"] = gettext(" e ").join(
            gettext("das %(start)s às %(end)s") % {"start": f"{a:%H:%M}", "end": f"{b:%H:%M}"}
            for a, b in hours
        )
        return gettext("Fora do horário de %(name)s (%(weekday)s, %(hours)s).") % values

    # What a service refused

    def explain(self, problem: Exception, slot: Interval) -> None:
        """Say among the errors why the service refused."""
        if isinstance(problem, services.InThePast):
            self.add_error("time", _("Este horário já passou. Escolha um a partir de agora."))
        elif isinstance(problem, services.NotOffered):
            self.add_error("professional", _("Este profissional não faz o serviço."))
        else:
            self.__dict__.pop("offers", None)  # somebody was faster: look again
            taken = gettext("Este horário já está ocupado.")
            self.add_error("time", self._with_near(taken, slot))

    def _with_near(self, sentence: str, slot: Interval) -> str:
        near = self.offers.near(slot.start) if self.offers else []
        if not near:
            return sentence
        times = ", ".join(f"{start:%H:%M}" for start in near)
        return gettext("%(sentence)s Perto dele: %(times)s.") % {
            "sentence": sentence,
            "times": times,
        }


def absence_at(professional: Professional, slot: Interval, terms: Terms) -> str:
    """Return who is away then, and why if that is known.  One query."""
    absence = (
        Absence.objects.filter(
            Q(professional=None) | Q(professional=professional),
            starts_at__lt=slot.end + terms.after,
            ends_at__gt=slot.start - terms.before,
        )
        .order_by("professional", "starts_at")
        .first()
    )
    if absence is None:
        return ""
    reason = f" ({absence.reason})" if absence.reason else ""
    if absence.professional_id is None:
        return gettext("A empresa está fechada neste horário%(reason)s.") % {"reason": reason}
    values = {"name": professional.name, "reason": reason}
    return gettext("%(name)s está ausente neste horário%(reason)s.") % values
