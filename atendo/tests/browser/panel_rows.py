"""The demo on a working day, people who are about to arrive, and a company that has just begun.
Run as a program in the stack's environment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import django

# One for each test that marks an arrival, at a professional whom nothing else concerns.
GUESTS: Final = ("Ana Um", "Bela Dois", "Cora Três", "Dora Quatro", "Eva Cinco")


def main() -> None:
    django.setup()
    from django.utils import timezone

    from atendo import demo_data, demo_days
    from atendo.tests.browser.rows import emptiness

    now = timezone.now()
    companies = demo_data.make(now)
    demo_days.add(companies, now)
    guests(companies[0].pk, now)
    emptiness()


def guests(salon: int, now: datetime) -> None:
    from scheduling.models import Appointment, Client, Professional, Service, Status
    from tenants import scope

    with scope.company(salon):
        professional = Professional.objects.create(name="Zélia Porto")
        service = Service.objects.first()
        for number, name in enumerate(GUESTS):
            starts_at = now + timedelta(minutes=10 + 20 * number)
            Appointment.objects.create(
                client=Client.objects.create(name=name, phone=f"+553198866000{number}"),
                professional=professional,
                service=service,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=20),
                status=Status.CONFIRMED,
            )


if __name__ == "__main__":
    main()
