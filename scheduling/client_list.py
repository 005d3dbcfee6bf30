"""The list of clients: what narrows it, how many each filter leaves, and its file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.db.models import Count, Max, Min, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.models import OPEN, Appointment, Client, Status
from tenants.spreadsheet import csv_lines

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

PAGE_SIZE = 50
MISSED_WITHIN = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Filter:
    """A chip above the list: `slug` stands in the address, `where` finds its rows at a moment."""

    slug: str
    label: _StrPromise
    where: Callable[[datetime], Q]


def _without_notices(now: datetime) -> Q:
    return Q(opted_out_at__isnull=False)


def _who_missed(now: datetime) -> Q:
    missed = Appointment.objects.filter(
        status=Status.NO_SHOW, starts_at__gt=now - MISSED_WITHIN, starts_at__lte=now
    )
    return Q(pk__in=missed.order_by().values("client_id"))


def _nothing_ahead(now: datetime) -> Q:
    return ~Q(pk__in=Appointment.objects.open_at(now).order_by().values("client_id"))


FILTERS = (
    Filter("sem-avisos", gettext_lazy("Sem avisos"), _without_notices),
    Filter("com-faltas", gettext_lazy("Com faltas"), _who_missed),
    Filter("sem-horario", gettext_lazy("Sem horário marcado"), _nothing_ahead),
)
BY_SLUG = {chip.slug: chip for chip in FILTERS}


class ClientList:
    """The clients that a text finds, narrowed by the slug of a filter; an unknown one narrows
    nothing."""

    def __init__(self, *, text: str, slug: str, now: datetime) -> None:
        self.text, self.now = text, now
        self.filter = BY_SLUG.get(slug)
        self._found = Client.objects.matching(text) if text else Client.objects.all()

    def rows(self) -> Any:
        return self._found.filter(self.filter.where(self.now)) if self.filter else self._found

    @cached_property
    def _counts(self) -> dict[str, int]:
        """How many of the found each filter leaves, and all of them under "".  One query."""
        wanted = {chip.slug: Count("pk", filter=chip.where(self.now)) for chip in FILTERS}
        counted: dict[str, int] = self._found.order_by().aggregate(total=Count("pk"), **wanted)
        return counted | {"": counted["total"]}

    def chips(self) -> list[tuple[Filter, int]]:
        return [(chip, self._counts[chip.slug]) for chip in FILTERS]

    @property
    def total(self) -> int:
        """How many the text finds, whatever the filter."""
        return self._counts[""]

    def page(self, number: str | None) -> Page:  # type: ignore[type-arg]
        """Return a page of the rows; how many there are is known from the chips."""
        slug = self.filter.slug if self.filter else ""
        paginator = Paginator(self.rows(), PAGE_SIZE)
        paginator.count = self._counts[slug]
        return paginator.get_page(number)

    def with_visits(self, page: Iterable[Any]) -> list[Any]:
        """Give each client of a page its `next_at` and `last_at`, None for none.  One query
        beside the page's own."""
        clients = list(page)
        visits = Appointment.objects.filter(client__in=clients).order_by().values_list("client")
        been, ahead = Q(status=Status.COMPLETED), Q(status__in=OPEN, starts_at__gt=self.now)
        found = {
            client: moments
            for client, *moments in visits.annotate(
                next=Min("starts_at", filter=ahead), last=Max("starts_at", filter=been)
            )
        }
        for client in clients:
            client.next_at, client.last_at = found.get(client.pk, (None, None))
        return clients

    @property
    def asked(self) -> dict[str, str]:
        """What was asked for, as an address carries it."""
        said = {"q": self.text, "filtro": self.filter.slug if self.filter else ""}
        return {name: value for name, value in said.items() if value}


def as_csv(clients: Any, *, zone: ZoneInfo, chunk: int) -> Iterator[str]:
    """Yield the lines of the file, its days in the zone."""
    header = [
        _("Nome"),
        _("Celular"),
        _("Notas"),
        _("Recebe avisos"),
        _("Aceitou avisos em"),
        _("Última visita"),
        _("Cadastro"),
    ]
    last = Max("appointments__starts_at", filter=Q(appointments__status=Status.COMPLETED))
    rows: Iterable[Client] = clients.annotate(last_visit=last).iterator(chunk_size=chunk)
    return csv_lines(header, (_cells(client, zone) for client in rows))


def _cells(client: Any, zone: ZoneInfo) -> list[str]:
    return [
        client.name,
        client.phone_display,
        client.notes,
        _("Não") if client.opted_out_at else _("Sim"),
        _day(client.notices_consent_at, zone),
        _day(client.last_visit, zone),
        _day(client.created_at, zone),
    ]


def _day(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{timezone.localtime(at, zone):%d/%m/%Y}" if at else ""
