"""The company at work and its rival, as the tests of the agenda make them."""

from __future__ import annotations

from scheduling.tests.conftest import barber, clock, salon

__all__ = ["barber", "clock", "salon"]
