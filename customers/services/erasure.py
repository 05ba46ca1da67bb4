from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.erasures import erase_reasons, log_erasure
from core.audit.services import record
from core.crypto.register import Kind, kind_of
from core.events.services import publish
from core.partners.models import KeptAnswer
from core.partners.querysets import answers_naming
from core.tenancy.errors import DomainError
from customers.models import Customer
from customers.relations import erased
from customers.search_index import index_customers
from customers.services.locking import CustomerMerged
from customers.services.merging import part_customer

KIND = "customer"


class ErasureReason(models.TextChoices):
    REQUEST = "request", _("The person asked for it")
    CONSENT = "consent", _("Consent was withdrawn")
    EXPIRED = "expired", _("It is not needed any more")


class NothingToErase(DomainError):
    code = "nothing_to_erase"
    message = _("Nothing personal is kept of this customer any more.")


def erasure_figures(customer: Customer) -> dict[str, int]:
    """Count what would be erased of a customer, by the keys of `customers.relations`."""
    return {key: relation.personal(customer) for key, relation in erased().items()}


def _lock(customer_id: UUID) -> list[Customer]:
    """Hold a customer and those merged into it, in the order in which merges do; the customer itself comes first.

    Raises CustomerMerged.
    """
    own = Customer.with_merged.filter(Q(pk=customer_id) | Q(merged_into=customer_id))
    held = sorted(own.select_for_update(of=("self",)).order_by("pk"), key=lambda each: each.pk != customer_id)
    if held[0].merged_into_id is not None:
        raise CustomerMerged
    return held


@transaction.atomic
def erase_customer(*, customer: Customer, reason: str, by: User, at: datetime) -> dict[str, int]:
    """Erase all that is personal of a customer; number, shipments and tiers stay. Returns what there was, in numbers.

    Raises NothingToErase.
    """
    customer, *others = _lock(customer.pk)
    figures = erasure_figures(customer)
    if not any(figures.values()):
        raise NothingToErase
    for each in (*others, customer):
        _erase(each, at)
        log_erasure(KIND, subject_id=each.pk, by=by, at=at)
    record("customer.erased", subject=customer, by=by, at=at, details={**figures, "why_erased": reason})
    return figures


def erase_again(*, subject_id: UUID, at: datetime) -> None:
    """Repeat an erasure after a restore, where the customer is there; one that was merged then is parted first."""
    if Customer.with_merged.filter(pk=subject_id).exists():
        part_customer(subject_id, at=at)
        customer, *others = _lock(subject_id)
        figures: dict[str, Any] = erasure_figures(customer)
        for each in (*others, customer):
            _erase(each, at)
        record("customer.erased", subject=customer, by=None, at=at, details=figures)


def _erase(customer: Customer, at: datetime) -> None:
    for relation in erased().values():
        if relation.erase is not None:
            relation.erase(customer)
    for field in personal_fields():
        setattr(customer, field, None)
    customer.erased_at = at
    customer.version += 1
    customer.save(update_fields=[*personal_fields(), "erased_at", "version"])
    index_customers([customer.pk])
    erase_reasons(customer.pk)
    publish(
        "customer.erased",
        subject_id=customer.pk,
        payload={"number": customer.number, "version": customer.version},
        at=at,
    )


def forget_kept_answers(customer: Customer) -> None:
    """Delete what is kept to answer partners alike; searches, whose hits nobody can tell from outside, all of them."""
    answers_naming(KeptAnswer.objects.all(), customer.pk).delete()
    KeptAnswer.objects.filter(route__endswith="/customers/search").delete()


def personal_fields() -> list[str]:
    """Return the fields of a customer that the register says are personal."""
    return [field.name for field in Customer._meta.local_concrete_fields if kind_of(field) != Kind.BUSINESS]
