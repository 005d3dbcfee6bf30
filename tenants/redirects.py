"""Where to go after a form that was asked to lead back."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme


def safe_next(request: HttpRequest) -> str:
    """Return the `next` of the form or the address if it is a path of this site, else "".

    What begins otherwise `redirect` would take for the name of an address.
    """
    target = request.POST.get("next", request.GET.get("next", ""))
    stays = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if stays else ""


def leads_to_invitation(target: str) -> bool:
    """Whether the path is that of an invitation, which a person without a company may follow."""
    try:
        return resolve(target.partition("?")[0]).view_name == "tenants:invitation"
    except Resolver404:
        return False
