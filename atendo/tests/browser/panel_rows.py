"""The demo on a working day, and a company that has just begun.  Run as a program in the stack's
environment."""

from __future__ import annotations

import django


def main() -> None:
    django.setup()
    from django.utils import timezone

    from atendo import demo_data, demo_days
    from atendo.tests.browser.rows import emptiness

    now = timezone.now()
    demo_days.add(demo_data.make(now), now)
    emptiness()


if __name__ == "__main__":
    main()
