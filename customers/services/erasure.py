from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models, transaction
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


@transaction.atomic
def erase_customer(*, customer: Customer, reason: str, by: User, at: datetime) -> dict[str, int]:
    """Erase all that is personal of a customer; number, shipments and tiers stay. Returns what there was, in numbers.

    Raises NothingToErase.
    """
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    figures = erasure_figures(customer)
    if not any(figures.values()):
        raise NothingToErase
    _erase(customer, at)
    record("customer.erased", subject=customer, by=by, at=at, details={**figures, "why_erased": reason})
    log_erasure(KIND, subject_id=customer.pk, by=by, at=at)
    return figures


def erase_again(*, subject_id: UUID, at: datetime) -> None:
    """Repeat an erasure after a restore, where the customer is there."""
    customer = Customer.with_merged.select_for_update().filter(pk=subject_id).first()
    if customer is not None:
        figures: dict[str, Any] = erasure_figures(customer)
        _erase(customer, at)
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
