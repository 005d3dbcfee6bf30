"""A stand-in for an Evolution API server, with phones one can hold.

For development and tests only: importing it under production settings fails.
"""

from __future__ import annotations

import os

from django.conf import ENVIRONMENT_VARIABLE, settings
from django.core.exceptions import ImproperlyConfigured


def refuse_in_production() -> None:
    """Raise ImproperlyConfigured unless DEBUG or EVOLUTION_SIMULATOR_ALLOWED is on.

    Without any Django settings (a script, a test of the simulator alone) nothing is refused.
    """
    if not (settings.configured or os.environ.get(ENVIRONMENT_VARIABLE)):
        return
    if not settings.DEBUG and not getattr(settings, "EVOLUTION_SIMULATOR_ALLOWED", False):
        raise ImproperlyConfigured(
            "The Evolution API simulator is for development and tests. With DEBUG off it "
            "starts only where EVOLUTION_SIMULATOR_ALLOWED is true. Point EVOLUTION_API_URL "
            "at a real Evolution API server instead."
        )


refuse_in_production()

from whatsapp.simulator.server import Simulator  # noqa: E402 -- only past the guard

__all__ = ["Simulator", "refuse_in_production"]
