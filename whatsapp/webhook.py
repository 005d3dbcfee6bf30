"""Evolution API's webhook: authenticate, store, answer.  Understanding is a job's.

The answers are a protocol: Evolution drops an event for good on 400, 401, 403, 404 and 422 and
repeats anything else for about twenty minutes.  So: 200 stored, seen before or not wanted; 401
wrong secret or unknown instance, the same; 400 no envelope; 413 too large; 503 whenever we
cannot store now.
"""

from __future__ import annotations

import hmac
import json
import logging
from typing import Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, InterfaceError, transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants import scope
from tenants.jobs import wake
from tenants.violations import constraint_of
from whatsapp import jobs
from whatsapp.evolution.dedupe import dedupe_key, kept_body
from whatsapp.evolution.envelope import (
    MalformedEvent,
    company_of_instance,
    event_name,
    instance_name,
)
from whatsapp.models import Instance, WebhookEvent

logger = logging.getLogger("atendo.webhook")

# Looked up and compared when there is no such instance, so that both take the same time.
NO_COMPANY = scope.LARGEST_ID
NO_SECRET = "no instance has this secret"  # noqa: S105 -- not a secret


class TooLarge(Exception):
    """The body is longer than settings.WEBHOOK_MAX_BYTES."""


@extend_schema(exclude=True)
class EvolutionWebhook(APIView):
    """One address for every company: the instance name in the body says which one is claimed,
    the secret of that instance in `Authorization: Bearer` proves it."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    def post(self, request: Request, event: str = "") -> Response:
        try:
            body = json.loads(_read(request))
            company_id = company_of_instance(instance_name(body))
            event_name(body)
        except TooLarge:
            return Response({"detail": "O corpo é grande demais."}, status=413)
        except (ValueError, RecursionError):  # MalformedEvent is a ValueError
            return Response({"detail": "Isto não é um evento da Evolution API."}, status=400)
        try:
            stored = _store(company_id, body, request.headers.get("Authorization", ""))
        except MalformedEvent:
            return Response({"detail": "Isto não é um evento da Evolution API."}, status=400)
        except (DatabaseError, InterfaceError):
            logger.exception("webhook event could not be stored")
            return Response({"detail": "Tente de novo."}, status=503)
        if stored is None:
            return Response({"detail": "Não autorizado."}, status=401)
        return Response({"stored": stored})


def _read(request: Request) -> bytes:
    """Read the body past Django's own limit; ours is larger.  Raises TooLarge."""
    limit = settings.WEBHOOK_MAX_BYTES
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > limit:
        raise TooLarge
    body: bytes = request._request.read(limit + 1)
    if len(body) > limit:
        raise TooLarge
    return body


def _store(company_id: int | None, body: dict[str, Any], authorization: str) -> bool | None:
    """Return whether the event is new, or None when the secret does not fit.

    A repetition stores nothing, and wakes nobody.
    """
    # A name that is not ours is looked up all the same, so that both cost one query.
    with scope.company(company_id or NO_COMPANY):
        instance = Instance.objects.only("id", "webhook_secret", "webhook_seen_at").first()
        secret = instance.webhook_secret if instance is not None else NO_SECRET
        given = authorization.removeprefix("Bearer ").encode("utf-8", "surrogateescape")
        fits = hmac.compare_digest(given, secret.encode())
        if instance is None or not fits:
            return None
        return _insert(instance, body)


@transaction.atomic
def _insert(instance: Instance, body: dict[str, Any]) -> bool:
    now, key = timezone.now(), dedupe_key(body)
    if WebhookEvent.objects.filter(dedupe_key=key).exists():
        return False
    event = WebhookEvent(
        event=event_name(body)[:60],
        body=json.dumps(kept_body(body)),
        dedupe_key=key,
        received_at=now,
    )
    try:
        with transaction.atomic():
            event.save(force_insert=True)
    except IntegrityError as error:  # two deliveries at once: the constraint is the referee
        if constraint_of(error) != "webhook_events_dedupe":
            raise
        return False
    Instance.objects.filter(pk=instance.pk).update(webhook_seen_at=now)
    wake(jobs.understand, event.company_id)
    return True
