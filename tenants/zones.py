"""Time zones as a Brazilian calls them, and then the rest of the world."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import available_timezones

from django.utils.translation import gettext_lazy as _

# The most common first, then from east to west.
BRAZIL: Final[dict[str, Any]] = {
    "America/Sao_Paulo": _("Brasília: Sul, Sudeste, Goiás e Distrito Federal"),
    "America/Noronha": _("Fernando de Noronha"),
    "America/Bahia": _("Bahia"),
    "America/Maceio": _("Alagoas e Sergipe"),
    "America/Recife": _("Pernambuco"),
    "America/Fortaleza": _("Ceará, Maranhão, Paraíba, Piauí e Rio Grande do Norte"),
    "America/Belem": _("Amapá e leste do Pará"),
    "America/Araguaina": _("Tocantins"),
    "America/Santarem": _("Oeste do Pará"),
    "America/Cuiaba": _("Mato Grosso"),
    "America/Campo_Grande": _("Mato Grosso do Sul"),
    "America/Manaus": _("Amazonas"),
    "America/Porto_Velho": _("Rondônia"),
    "America/Boa_Vista": _("Roraima"),
    "America/Rio_Branco": _("Acre"),
    "America/Eirunepe": _("Sudoeste do Amazonas"),
}
# With the old names, which companies made by the staff may have.
ELSEWHERE: Final = sorted(available_timezones() - BRAZIL.keys())


def choices() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """Return the zones for a select, in two groups."""
    elsewhere = [(name, name.replace("_", " ")) for name in ELSEWHERE]
    return [(_("Brasil"), list(BRAZIL.items())), (_("Outros lugares"), elsewhere)]


def words_of(name: str) -> str:
    return str(BRAZIL.get(name, name.replace("_", " ")))
