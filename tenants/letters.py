"""The letters that invite.  A job sends what stands in the table: never a request, and never
inside a transaction."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from django.core.mail import EmailMessage
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants.invitations import link_of
from tenants.jobs import GATEWAY, company_job
from tenants.models import Invitation, Letter
from tenants.models.invitation import OPEN

logger = logging.getLogger("atendo.letters")


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
