"""A stored event once more through the usual job, at the wish of the platform's staff.

Only what left nothing behind, because it failed or was not read: it is worth another look when
the fault is mended.  Whatever had an effect is kept under its key, so that a repetition would do
nothing.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from tenants import scope, security
from tenants.jobs import wake
from tenants.models import User
from tenants.security import Origin
from whatsapp import jobs
from whatsapp.models import Message, Outcome, WebhookEvent

UNREAD = Q(outcome__in=[Outcome.IGNORED, Outcome.NOT_UNDERSTOOD]) & ~Q(detail="")
REPEATABLE = Q(outcome=Outcome.FAILED) | UNREAD


def is_repeatable(event: WebhookEvent) -> bool:
    """Whether `repeat` would take it; no query."""
    unread = event.outcome in {Outcome.IGNORED, Outcome.NOT_UNDERSTOOD} and event.detail != ""
    return event.outcome == Outcome.FAILED or unread


def repeat(event: WebhookEvent, *, by: User) -> bool:
    """Put the event among those that the job has yet to treat, in the scope of its company.

    Returns False when it has had its effect, or waits already: nothing changes then.
    """
    with scope.company(event.company_id), transaction.atomic():
        rows = WebhookEvent.objects.filter(REPEATABLE, pk=event.pk)
        again = {"processed_at": None, "outcome": Outcome.WAITING, "detail": "", "attempts": 0}
        if not rows.update(**again):
            return False
        # A person was told that something had come that we could not read.  Perhaps we can now.
        told = Message.objects.filter(data__webhook_event_id=event.pk, needs_attention=True)
        told.update(needs_attention=False)
        security.record(
            "event_repeated", origin=Origin.ADMIN, actor=by, name=event.event, number=event.pk
        )
        wake(jobs.understand, event.company_id)
    return True
