"""Where to go after a form that was asked to lead back."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def safe_next(request: HttpRequest) -> str:
    """Return the `next` of the form or the address if it stays on this site, else ""."""
    target = request.POST.get("next", request.GET.get("next", ""))
    stays = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if stays else ""
