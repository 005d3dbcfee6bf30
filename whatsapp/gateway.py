"""The Evolution API server that the settings name."""

from __future__ import annotations

from django.conf import settings

from whatsapp.evolution.client import EvolutionClient


def evolution() -> EvolutionClient:
    return EvolutionClient(
        settings.EVOLUTION_API_URL,
        settings.EVOLUTION_API_KEY,
        read_timeout=settings.EVOLUTION_READ_TIMEOUT,
    )
