"""Erasing a tenant: its keys are destroyed, so that its personal data is unreadable here and in every backup."""

from datetime import datetime
from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import Invitation, SecondStepSecret, User, UserSession
from core.accounts.opened import forget_opened
from core.audit.erasures import erase_parts_of_tenant, log_erasure
from core.audit.services import record
from core.crypto.keys import destroy_root_keys
from core.crypto.rotation import delete_tokens
from core.jobs.models import JobPart
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError
from core.tenancy.models import Tenant
from core.tenancy.scope import alone, required_tenant_id

KIND = "tenant"


class AlreadyErased(DomainError):
    code = "tenant_already_erased"
    message = _("This tenant was erased already.")


def erase_tenant(*, tenant: Tenant, operator: str, at: datetime) -> dict[str, int]:
    """Destroy a tenant's keys and search index, end its sessions and API keys, and close it; return counts.

    Its sandbox, where partners may have put anything, goes first, and is not counted. Waits until every transaction
    of the two has ended. What is not personal stays. Raises AlreadyErased; no scope may be open.
    """
    sandbox = Tenant.objects.filter(sandbox_of=tenant, is_active=True).first()
    if sandbox is not None:
        alone(sandbox, partial(_erase, operator, at))
    return alone(tenant, partial(_erase, operator, at))


def _erase(operator: str, at: datetime) -> dict[str, int]:
    if not Tenant.objects.select_for_update().get(pk=required_tenant_id()).is_active:
        raise AlreadyErased
    counts = _make_unreadable(at)
    record("tenant.erased", by=None, at=at, details=counts)
    log_erasure(KIND, subject_id=required_tenant_id(), operator=operator, at=at)
    return counts


def erase_again(*, subject_id: Any, at: datetime) -> None:
    """Repeat the erasure of the active tenant after a restore."""
    record("tenant.erased", by=None, at=at, details=_make_unreadable(at))


def _make_unreadable(at: datetime) -> dict[str, int]:
    counts = {
        "tokens": delete_tokens(),
        "files": JobPart.objects.all().delete()[0],
        "users": _erase_people(),
        "api_keys": ApiKey.objects.filter(revoked_at=None).update(revoked_at=at),
        **erase_parts_of_tenant(),
        "root_keys": len(destroy_root_keys(at=at)),
    }
    Tenant.objects.filter(pk=required_tenant_id()).update(is_active=False)
    return counts


def _erase_people() -> int:
    """Let nobody in any more and forget who they were: a session is looked up with its user, and ends with them."""
    people = list(User.objects.order_by("pk"))
    Invitation.objects.all().delete()
    SecondStepSecret.objects.all().delete()
    UserSession.objects.all().delete()
    Authenticator.objects.filter(user__in=people).delete()
    EmailAddress.objects.filter(user__in=people).delete()
    for person in people:
        person.is_active = False
        person.session_epoch += 1
        person.name = ""
        person.email = f"{person.pk.hex}@erased.invalid"
        person.set_unusable_password()
        person.save(update_fields=["is_active", "session_epoch", "name", "email", "password"])
        transaction.on_commit(partial(forget_opened, user=person))
    return len(people)
