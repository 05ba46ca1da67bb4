import uuid

from celery import shared_task
from django.utils import timezone

from core.web.notice_mail import send_mail, wake_senders


@shared_task
def sweep_notice_mail_task() -> None:
    """Plan mails and wake who sends what is due, of all tenants."""
    wake_senders(at=timezone.now())


@shared_task
def send_notice_mail_task(*, tenant_id: str, mail_id: str) -> None:
    """Send one mail; the service opens the tenant's scope before and after, and none while it is sent."""
    send_mail(tenant_id=uuid.UUID(tenant_id), mail_id=uuid.UUID(mail_id), at=timezone.now())
