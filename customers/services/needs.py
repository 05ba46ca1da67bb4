"""Special needs of a customer: adding, changing and removing them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError, RecordChanged
from customers.enums import NeedKind
from customers.happenings import publish_update
from customers.models import Customer, CustomerNeed
from customers.needs.kinds import KINDS, MOST_WINDOWS, BadNeed, checked_details
from customers.services.locking import lock_customer


class NeedTwice(DomainError):
    code = "need_twice"
    message = _("This need is written down already.")


class TooManyWindows(DomainError):
    code = "too_many_windows"
    message = _("No more time windows can be added.")


class NeedChanged(RecordChanged):
    code = "need_changed"
    message = _("Somebody else changed this need in the meantime.")


class NeedGone(DomainError):
    code = "need_gone"
    message = _("Somebody else removed this need in the meantime.")


@transaction.atomic
def add_need(
    *,
    customer: Customer,
    kind: str,
    details: Mapping[str, Any],
    text: str = "",
    by: User | ApiKey | None,
    at: datetime,
) -> CustomerNeed:
    """Write down what a customer needs. Raises BadNeed, NeedTwice, TooManyWindows or CustomerMerged."""
    details = checked_details(kind, details)
    _check_text(kind, text)
    customer = lock_customer(customer.pk)
    _check_others(customer, kind, details)
    need = CustomerNeed.objects.create(
        customer=customer, kind=kind, details=details, text=text or None, added_to=customer.pk
    )
    record("need.added", subject=customer, by=by, at=at, details={"need_kind": kind})
    publish_update(customer, changed=["needs"], at=at)
    return need


@transaction.atomic
def change_need(
    *,
    need: CustomerNeed,
    version: int,
    details: Mapping[str, Any],
    text: str = "",
    is_text_removed: bool = False,
    by: User | ApiKey,
    at: datetime,
) -> CustomerNeed:
    """Change the details of a need; an empty text keeps what is stored, unless it is to be removed.

    `version` is the one that the caller read. Raises BadNeed, NeedTwice, NeedChanged if there is a newer one, or
    NeedGone if there is none.
    """
    details = checked_details(need.kind, details)
    _check_text(need.kind, text)
    customer = lock_customer(need.customer_id)
    need = _held(need)
    if need.version != version:
        raise NeedChanged
    if details != need.details:
        _check_others(customer, need.kind, details, but=need)
    need.details = details
    if text or is_text_removed:
        need.text = text or None
    need.version += 1
    need.save(update_fields=["details", "text", "version"])
    record("need.updated", subject=need, of=customer, by=by, at=at, details={"need_kind": need.kind})
    publish_update(customer, changed=["needs"], at=at)
    return need


@transaction.atomic
def remove_need(*, need: CustomerNeed, version: int | None = None, by: User | ApiKey, at: datetime) -> None:
    """Remove a need for good. Raises NeedGone, or NeedChanged if `version` is given and there is a newer one."""
    customer = lock_customer(need.customer_id)
    need = _held(need)
    if version is not None and need.version != version:
        raise NeedChanged
    need.delete()
    record("need.removed", subject=customer, by=by, at=at, details={"need_kind": need.kind})
    publish_update(customer, changed=["needs"], at=at)


def _held(need: CustomerNeed) -> CustomerNeed:
    found = CustomerNeed.objects.select_for_update().filter(pk=need.pk, customer_id=need.customer_id).first()
    if found is None:
        raise NeedGone
    return found


def _check_text(kind: str, text: str) -> None:
    if text and not KINDS[NeedKind(kind)].has_text:
        raise BadNeed("text", _("This kind of need does not take it."))


def _check_others(
    customer: Customer, kind: str, details: Mapping[str, Any], *, but: CustomerNeed | None = None
) -> None:
    others = list(CustomerNeed.objects.filter(customer=customer, kind=kind).exclude(pk=but and but.pk))
    if not KINDS[NeedKind(kind)].may_repeat:
        # Two merged customers may have one each, and both can be changed.
        if others and but is None:
            raise NeedTwice
        return
    if any(each.details == details for each in others):
        raise NeedTwice
    if but is None and len(others) >= MOST_WINDOWS:
        raise TooManyWindows
