"""The webhook is answered before every other middleware.

Evolution API follows a redirect with an empty GET and counts it as delivered, and drops an
event on a 400: so no redirect to HTTPS, no check of the host, no CSRF, no body limit of
Django's.  The route authenticates by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from whatsapp.webhook import EvolutionWebhook

ADDRESS = "/api/v1/whatsapp-webhook/webhook"
PATH = re.compile(rf"{ADDRESS}(?:/([^/]*))?/*")


class WebhookFirst:
    # What is answered here and stands in no URLconf; the proof of isolation walks it.
    addresses = (ADDRESS, f"{ADDRESS}/messages-upsert")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.webhook = csrf_exempt(EvolutionWebhook.as_view())

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not (found := PATH.fullmatch(request.path_info)):
            return self.get_response(request)
        response = self.webhook(request, event=found[1] or "")
        if hasattr(response, "render"):
            response.render()
        return response
