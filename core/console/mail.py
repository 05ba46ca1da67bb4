from datetime import datetime

from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from core.accounts.models import Invitation
from core.tenancy.scope import current_tenant


def send_invitation(request: HttpRequest, invitation: Invitation, token: str) -> None:
    """Mail the link in the language of who is invited, once the invitation is committed.

    Where the mail fails, the list of open invitations sends another.
    """
    tenant = current_tenant()
    url = request.build_absolute_uri(reverse("console:accept_invitation", args=[token]))
    with translation.override(invitation.language):
        words = {
            "company": tenant.name,
            "inviter": invitation.invited_by.name,
            "role": invitation.get_role_display(),
            "url": url,
            "until": _moment(invitation.expires_at, tenant.time_zone),
        }
        subject = render_to_string("account/email/invitation_subject.txt", words).strip()
        message = render_to_string("account/email/invitation_message.txt", words)
    transaction.on_commit(lambda: send_mail(subject, message, None, [invitation.email]), robust=True)


def _moment(at: datetime, zone: str) -> str:
    with timezone.override(zone):
        return f"{timezone.localtime(at):%Y-%m-%d %H:%M} ({zone})"
