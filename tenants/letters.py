"""The letters that invite, and those for who has forgotten the password.  A job sends them: never
a request, and never inside a transaction."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from tenants.accounts import active_account
from tenants.invitations import link_of
from tenants.jobs import GATEWAY, company_job
from tenants.models import Invitation, Letter, User
from tenants.models.invitation import OPEN

logger = logging.getLogger("atendo.letters")

# Between two letters to one person: nobody's mailbox is filled by who knows the address.
PAUSE_SECONDS = 120


@company_job(lock="letters", queue=GATEWAY)
def send_letters(company_id: int) -> None:
    """Send the letters that wait, oldest first.  One that fails waits for a person."""
    for invitation in waiting().select_related("company", "invited_by").order_by("pk"):
        letter = Letter.SENT if _sent(invitation) else Letter.FAILED
        same_link = Invitation.objects.filter(pk=invitation.pk, digest=invitation.digest)
        same_link.update(letter=letter, letters_sent=F("letters_sent") + 1)


def waiting() -> Any:
    return Invitation.objects.filter(OPEN, letter=Letter.WAITING)


def _sent(invitation: Invitation) -> bool:
    try:
        _letter_of(invitation).send()
    except (SMTPException, OSError, ValueError) as error:  # whose text may name the address
        kind = type(error).__name__
        logger.warning("the letter of invitation %s was not sent: %s", invitation.pk, kind)
        return False
    return True


def _letter_of(invitation: Invitation) -> EmailMessage:
    said = {"who": invitation.invited_by.name, "company": invitation.company.name}
    until = timezone.localtime(invitation.expires_at, invitation.company.zone)
    context = {
        "invitation": invitation,
        "link": link_of(invitation.mailed_token),
        "until": f"{until:%d/%m/%Y, %H:%M}",
    }
    return EmailMessage(
        subject=" ".join((_("%(who)s convidou você para %(company)s") % said).split()),
        body=render_to_string("tenants/letters/invitation.txt", context),
        to=[invitation.email],
    )


@app.task(name="tenants.letters.send_password_letter", queue=GATEWAY)
def send_password_letter(user_id: int) -> None:
    """Send the link for a new password.  0 is nobody: who asks sees no difference.

    Of no company: the person may be in several, or in none.
    """
    user = active_account(user_id)
    if user is None or not cache.add(f"global:password_letter:{user.pk}", 1, PAUSE_SECONDS):
        return
    try:
        _password_letter_of(user).send()
    except (SMTPException, OSError, ValueError) as error:  # whose text may name the address
        logger.warning("a letter for a new password was not sent: %s", type(error).__name__)


def _password_letter_of(user: User) -> EmailMessage:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("tenants:new-password", args=[uid, default_token_generator.make_token(user)])
    context = {"user": user, "link": settings.SITE_URL + path}
    return EmailMessage(
        subject=_("Sua senha nova no Atendo"),
        body=render_to_string("tenants/letters/password.txt", context),
        to=[user.email],
    )
