"""Sending notices by mail: planned and composed inside a transaction, sent outside of any.

That a mail is begun is committed before it is sent, and which notices it tells of before that, so each notice stands in
one mail. A worker that is killed between the sending and the note of it has the mail sent again, with the same
Message-ID.
"""

import uuid
from collections import Counter
from datetime import datetime, time, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Exists, OuterRef, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from core.accounts.models import User
from core.tenancy.models import Tenant
from core.tenancy.scope import current_tenant, tenant_scope
from core.web.enums import HowTold, MailState
from core.web.models import Notice, NoticeChoice, NoticeMail
from core.web.notices import kinds_of, notices_of

MORNING = time(8, 0)
MOST_ATTEMPTS = 8
FIRST_PAUSE = timedelta(minutes=1)
# A worker that has said nothing for so long is taken for gone.
SILENCE = timedelta(minutes=5)
WAKE_UP_SECONDS = 55
PERMANENT = 500

log = structlog.get_logger(__name__)


def plan_mails(*, at: datetime) -> int:
    """Make the rows of the active tenant's mails that are due now; return how many there may be.

    Those of the day once the local morning has come, and one for each who wants to be told at once and has something
    to be told, so that a thousand notices in a minute are one mail.
    """
    local = at.astimezone(ZoneInfo(current_tenant().time_zone))
    chosen = NoticeChoice.objects.filter(user=OuterRef("pk"))
    readers = User.objects.filter(is_active=True)
    told = NoticeChoice.objects.filter(
        user=OuterRef("user"), kind=OuterRef("kind"), how=HowTold.AT_ONCE, changed_at__lte=OuterRef("created_at")
    )
    news = Notice.objects.filter(Exists(told), user=OuterRef("pk"), read_at=None, mail=None)
    at_once = readers.filter(Exists(chosen.filter(how=HowTold.AT_ONCE)), Exists(news))
    mails = [NoticeMail(user=user, due_at=at, created_at=at) for user in at_once]
    if local.time() >= MORNING:
        planned = NoticeMail.objects.filter(user=OuterRef("pk"), for_date=local.date())
        daily = readers.filter(Exists(chosen.filter(how=HowTold.DAILY)), ~Exists(planned))
        mails += [NoticeMail(user=user, for_date=local.date(), due_at=at, created_at=at) for user in daily]
    return len(NoticeMail.objects.bulk_create(mails, ignore_conflicts=True))


def wake_senders(*, at: datetime) -> int:
    """Plan the mails of every active tenant and send a wake-up for each mail that is due; return how many."""
    from core.web.tasks import send_notice_mail_task  # noqa: PLC0415  the task is an interface to this module

    sent = 0
    for tenant in Tenant.objects.filter(is_active=True).order_by("pk"):
        with tenant_scope(tenant):
            plan_mails(at=at)
            due = NoticeMail.objects.filter(state=MailState.DUE, due_at__lte=at).order_by("due_at")
            ids = list(due.values_list("pk", flat=True))
        for mail_id in ids:
            send_notice_mail_task.apply_async(
                kwargs={"tenant_id": str(tenant.pk), "mail_id": str(mail_id)}, expires=WAKE_UP_SECONDS
            )
        sent += len(ids)
    return sent


def send_mail(*, tenant_id: uuid.UUID, mail_id: uuid.UUID, at: datetime) -> bool:
    """Send a due mail; False where another worker is at it, nothing is to be told, or it cannot be sent now.

    No transaction is open while it is sent. What the server refuses for good is tried once, all else MOST_ATTEMPTS
    times.
    """
    with tenant_scope(tenant_id):
        message = _begin(mail_id, at)
    if message is None:
        return False
    try:
        message.send()
    except SMTPRecipientsRefused as refusal:
        is_final = all(code >= PERMANENT for code, _words in refusal.recipients.values())
        _note(tenant_id, mail_id, at, failure=refusal, is_final=is_final)
        return False
    except (SMTPException, OSError) as failure:
        _note(tenant_id, mail_id, at, failure=failure)
        return False
    _note(tenant_id, mail_id, at)
    return True


def _begin(mail_id: uuid.UUID, at: datetime) -> EmailMessage | None:
    """Hold the mail, say which notices it tells of, and return it as it is to be sent."""
    mails = NoticeMail.objects.select_for_update(of=("self",), skip_locked=True)
    mail = mails.filter(pk=mail_id, state=MailState.DUE, due_at__lte=at).first()
    if mail is None:
        return None
    if not mail.attempts:
        _take_notices(mail)
    told = Counter(notices_of(mail.user).filter(mail=mail, read_at=None).values_list("kind", flat=True))
    if not told or not mail.user.is_active:
        mail.state = MailState.DROPPED
    elif mail.attempts >= MOST_ATTEMPTS:
        mail.state = MailState.FAILED
    mail.attempts += 1
    mail.due_at = at + SILENCE
    mail.save(update_fields=["state", "attempts", "due_at"])
    return _message(mail, told) if mail.state == MailState.DUE else None


def _take_notices(mail: NoticeMail) -> None:
    """Give the mail what somebody has not read and no mail has told, of the kinds they chose, from then on."""
    how = HowTold.DAILY if mail.for_date else HowTold.AT_ONCE
    wanted = Q()
    for kind, since in NoticeChoice.objects.filter(user=mail.user, how=how).values_list("kind", "changed_at"):
        wanted |= Q(kind=kind, created_at__gte=since)
    if wanted:
        Notice.objects.filter(wanted, user=mail.user, mail=None, read_at=None).update(mail=mail)


def _message(mail: NoticeMail, told: Counter[str]) -> EmailMessage:
    """Return the mail in the reader's language: how many notices of which kinds, links, and nothing of anybody."""
    tenant, reader = current_tenant(), mail.user
    choices_url = f"{settings.ADDRESS}{reverse('console:notice_choices')}"
    with translation.override(reader.language):
        words = {
            "company": tenant.name,
            "total": told.total(),
            "is_daily": mail.for_date is not None,
            "lines": [(kind.label, told[kind.name]) for kind in kinds_of(reader) if told[kind.name]],
            "notices_url": f"{settings.ADDRESS}{reverse('console:notices')}?unread=yes",
            "choices_url": choices_url,
        }
        subject = render_to_string("web/email/notices_subject.txt", words).strip()
        body = render_to_string("web/email/notices_message.txt", words)
    headers = {
        "Message-ID": f"<{mail.pk}@notices.courier-crm>",
        "List-Unsubscribe": f"<{choices_url}>",
        "Auto-Submitted": "auto-generated",
    }
    return EmailMessage(subject, body, None, [reader.email], headers=headers)


def _note(
    tenant_id: uuid.UUID,
    mail_id: uuid.UUID,
    at: datetime,
    *,
    failure: Exception | None = None,
    is_final: bool = False,
) -> None:
    """Keep what became of an attempt; the next one is after a pause that doubles."""
    with tenant_scope(tenant_id):
        mail = NoticeMail.objects.select_for_update(of=("self",)).get(pk=mail_id)
        mail.error = type(failure).__name__ if failure else ""
        if failure is None:
            mail.state = MailState.SENT
        elif is_final or mail.attempts >= MOST_ATTEMPTS:
            mail.state = MailState.FAILED
        mail.due_at = at + FIRST_PAUSE * 2 ** (mail.attempts - 1)
        mail.save(update_fields=["state", "error", "due_at"])
        if failure is not None:
            log.warning("notices.mail_not_sent", mail=str(mail_id), error=mail.error, state=mail.state)
