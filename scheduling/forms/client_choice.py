"""The clients that a search of Novo agendamento offers to choose from."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms

from scheduling.forms.clients import SearchForm
from scheduling.models import Client

SHOWN_CLIENTS = 8


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """`total` counts those not shown too."""

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
