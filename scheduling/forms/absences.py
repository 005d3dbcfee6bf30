"""When somebody is away, or the company is closed."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling import absences
from scheduling.availability import Interval
from scheduling.forms.fields import DateInput, TimeInput
from scheduling.models import Absence, Professional

FIRST, LAST = date(2000, 1, 1), date(2099, 12, 31)
LONGEST = timedelta(days=2 * 366)
MOST_DAYS = 40
DAY_ERRORS = {
    "required": _("Escolha o dia."),
    "invalid": _("Escreva o dia como 24/11/2026."),
}
TIME_ERRORS = {"invalid": _("Escreva a hora como 16:30, ou deixe em branco.")}


class AbsenceForm(forms.Form):
    """From one moment to another; without times, whole days.  A new one may be for several days
    at once.  Bound and valid, it still asks for `anyway` when appointments fall into it."""

    professional = forms.ModelChoiceField(
        queryset=Professional.objects.filter(is_active=True),
        required=False,
        label=_("Quem"),
        empty_label=_("A empresa inteira (fechada)"),
        error_messages={"invalid_choice": _("Escolha alguém da lista.")},
    )
    first_day = forms.DateField(
        label=_("Primeiro dia"), widget=DateInput(), error_messages=DAY_ERRORS
    )
    first_time = forms.TimeField(
        label=_("A partir das"), required=False, widget=TimeInput(), error_messages=TIME_ERRORS
    )
    last_day = forms.DateField(
        label=_("Último dia"), required=False, widget=DateInput(), error_messages=DAY_ERRORS
    )
    last_time = forms.TimeField(
        label=_("Até as"), required=False, widget=TimeInput(), error_messages=TIME_ERRORS
    )
    more_days = forms.CharField(
        label=_("Repetir em outros dias"),
        required=False,
        max_length=600,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "25/12, 01/01/2027"}),
        help_text=_("Datas separadas por vírgula: uma ausência igual em cada uma."),
    )
    reason = forms.CharField(
        label=_("Motivo"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Como Férias, Curso ou Feriado. O cliente não vê."),
    )
    anyway = forms.BooleanField(required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        zone: ZoneInfo,
        now: datetime,
        absence: Absence | None = None,
        professional: Professional | None = None,
    ) -> None:
        self.zone, self.now, self.absence = zone, now, absence
        super().__init__(data, initial=self._initial(absence, professional))
        if absence is not None:
            del self.fields["more_days"]
            if absence.professional_id:
                # Whoever is archived by now stays a choice.
                field: Any = self.fields["professional"]
                same = Professional.objects.filter(pk=absence.professional_id)
                field.queryset = field.queryset | same

    def _initial(
        self, absence: Absence | None, professional: Professional | None
    ) -> dict[str, Any]:
        if absence is None:
            return {"professional": professional}
        span = Interval(absence.starts_at, absence.ends_at)
        first, starts, last, ends = absences.parts(span, self.zone)
        return {
            "professional": absence.professional_id,
            "first_day": first,
            "first_time": starts,
            "last_day": None if last == first else last,
            "last_time": ends,
            "reason": absence.reason,
        }

    def clean_first_day(self) -> date:
        return self._possible("first_day")

    def clean_last_day(self) -> date | None:
        return self._possible("last_day") if self.cleaned_data["last_day"] else None

    def _possible(self, name: str) -> date:
        day: date = self.cleaned_data[name]
        if not FIRST <= day <= LAST:
            raise ValidationError(gettext("Confira o ano desta data."), code="far")
        return day

    def clean_more_days(self) -> list[date]:
        texts = [text for text in re.split(r"[,;\s]+", self.cleaned_data["more_days"]) if text]
        if len(texts) > MOST_DAYS:
            raise ValidationError(
                gettext("No máximo %(count)s datas de uma vez.") % {"count": MOST_DAYS}
            )
        return sorted({self._day(text) for text in texts})

    def _day(self, text: str) -> date:
        """Read "25/12/2026", "2026-12-25" or "25/12": the next one ahead."""
        try:
            if re.fullmatch(r"\d{1,2}/\d{1,2}", text):
                return self._ahead(*map(int, text.split("/")))
            day: date | None = forms.DateField().clean(text)
        except (ValidationError, ValueError):
            day = None
        if day is None or not FIRST <= day <= LAST:
            raise ValidationError(
                gettext("Não entendemos “%(text)s”. Escreva como 25/12/2026.") % {"text": text},
                code="invalid",
            )
        return day

    def _ahead(self, day: int, month: int) -> date:
        today = self.now.astimezone(self.zone).date()
        found = date(today.year, month, day)
        return found if found >= today else date(today.year + 1, month, day)

    def clean(self) -> dict[str, Any]:
        if "first_day" in self.cleaned_data and not self.errors:
            self._check(self.spans()[0])
        return self.cleaned_data

    def _check(self, span: Interval) -> None:
        if span.end <= span.start:
            same = self._last_day == self.cleaned_data["first_day"]
            self.add_error(
                "last_time" if same else "last_day", gettext("O fim vem depois do começo.")
            )
        elif span.end - span.start > LONGEST:
            self.add_error("last_day", gettext("Uma ausência dura no máximo dois anos."))

    @property
    def _last_day(self) -> date:
        day: date = self.cleaned_data.get("last_day") or self.cleaned_data["first_day"]
        return day

    def spans(self) -> list[Interval]:
        """Return the asked time, in UTC, and the same on the other days, each day once."""
        said = self.cleaned_data
        length = self._last_day - said["first_day"]
        days = dict.fromkeys([said["first_day"], *said.get("more_days", ())])
        return [
            absences.moments(day, said["first_time"], day + length, said["last_time"], self.zone)
            for day in days
        ]

    def struck(self) -> list[Any]:
        """Return the appointments that fall into it, at most SHOWN.  One query."""
        if not self.is_valid():
            return []
        rows = absences.struck(self.spans(), self.cleaned_data["professional"], now=self.now)
        return list(rows[: absences.SHOWN])

    @transaction.atomic
    def save(self) -> list[Absence]:
        """Keep it, once for each day."""
        said = self.cleaned_data
        fields = {"professional": said["professional"], "reason": said["reason"].strip()}
        if self.absence is None:
            return [
                Absence.objects.create(starts_at=span.start, ends_at=span.end, **fields)
                for span in self.spans()
            ]
        span = self.spans()[0]
        self.absence.starts_at, self.absence.ends_at = span
        self.absence.professional, self.absence.reason = fields["professional"], fields["reason"]
        self.absence.save()
        return [self.absence]
