"""Who does what: the rows in which a professional's terms differ from the service's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from scheduling.models import Professional, ProfessionalService, Service
from scheduling.wording import listed

NAMED = 2  # people named before "e mais 3"


def doers(services: Iterable[Service]) -> dict[int, str]:
    """Return for each service who does it, in words.  Two queries."""
    wanted = [service.pk for service in services]
    people = list(Professional.objects.filter(is_active=True).values_list("pk", "name"))
    refusals: dict[int, set[int]] = defaultdict(set)
    rows = ProfessionalService.objects.filter(service__in=wanted, is_offered=False)
    for service, professional in rows.values_list("service", "professional"):
        refusals[service].add(professional)
    return {
        pk: in_words([name for who, name in people if who not in refusals[pk]], of=len(people))
        for pk in wanted
    }


def in_words(names: Sequence[str], *, of: int) -> str:
    """Return "todos", "ninguém", "Bia e Téo" or "Bia, Téo e mais 2"; `of` how many there are."""
    if not names:
        return _("ninguém") if of else ""
    if len(names) == of and of > 1:
        return _("todos")
    if len(names) <= NAMED + 1:
        return listed(names)
    more = _("mais %(count)s") % {"count": len(names) - NAMED}
    return listed([*names[:NAMED], more])
