"""Which colour a professional gets, and who has it already."""

from __future__ import annotations

from collections.abc import Iterable

from scheduling.models import Hue, Professional


def least_used(taken: Iterable[str]) -> Hue:
    """Return the colour that is taken least often, the first of them in the order of Hue."""
    colours = list(taken)
    return min(Hue, key=colours.count)


def holders(*, besides: Professional | None = None) -> dict[str, list[str]]:
    """Return the active professionals' names by colour.  One query."""
    rows = Professional.objects.filter(is_active=True)
    if besides is not None and besides.pk:
        rows = rows.exclude(pk=besides.pk)
    found: dict[str, list[str]] = {}
    for color, name in rows.values_list("color", "name"):
        found.setdefault(color, []).append(name)
    return found


def next_one() -> Hue:
    """Return the colour for a new professional.  One query."""
    return least_used(hue for hue, names in holders().items() for _name in names)
