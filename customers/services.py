"""Every write to the archive of customers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.tenancy.errors import DomainError
from customers.models import Address, Contact, ContactPoint, Customer


class CustomerNumberTaken(DomainError):
    code = "customer_number_taken"
    message = _("There is already a customer with this number.")


class CustomerChanged(DomainError):
    code = "customer_changed"
    message = _(
        "Somebody else changed this customer in the meantime. What is stored now stands below the fields that"
        " differ; save again to put your version in its place."
    )


@dataclass(frozen=True, kw_only=True)
class NewContactPoint:
    """A way to reach somebody, before it is stored."""

    kind: str
    value: str
    is_preferred: bool = False


def create_customer(
    *,
    number: str,
    kind: str,
    company_name: str = "",
    person_name: str = "",
    industry: str = "",
    region: str = "",
    source: str = "",
    tags: Sequence[str] = (),
    special_needs: str = "",
    birthday: str = "",
    preferred_channel: str = "",
    preferred_language: str = "",
    account_manager: User | None = None,
    at: datetime,
) -> Customer:
    """Open the archive of a customer.

    Raises CustomerNumberTaken.
    """
    customer = Customer(
        number=number,
        kind=kind,
        company_name=company_name,
        person_name=person_name or None,
        industry=industry,
        region=region,
        source=source,
        tags=list(tags),
        special_needs=special_needs or None,
        birthday=birthday or None,
        preferred_channel=preferred_channel,
        preferred_language=preferred_language,
        account_manager=account_manager,
        created_at=at,
    )
    try:
        with transaction.atomic():
            customer.save(force_insert=True)
    except IntegrityError as error:
        if _constraint(error) != "customer_number":
            raise
        raise CustomerNumberTaken from error
    return customer


@transaction.atomic
def update_customer(
    *,
    customer: Customer,
    version: int,
    kind: str,
    company_name: str,
    industry: str,
    region: str,
    source: str,
    tags: Sequence[str],
    preferred_channel: str,
    preferred_language: str,
    account_manager: User | None,
    person_name: str = "",
    special_needs: str = "",
    birthday: str = "",
) -> Customer:
    """Change the facts of a customer; an empty personal field keeps what is stored.

    `version` is the one that the caller read. Raises CustomerChanged if there is a newer one.
    """
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    if customer.version != version:
        raise CustomerChanged

    customer.kind = kind
    customer.company_name = company_name
    customer.industry = industry
    customer.region = region
    customer.source = source
    customer.tags = list(tags)
    customer.preferred_channel = preferred_channel
    customer.preferred_language = preferred_language
    customer.account_manager = account_manager
    customer.version += 1
    changed = [
        "kind",
        "company_name",
        "industry",
        "region",
        "source",
        "tags",
        "preferred_channel",
        "preferred_language",
        "account_manager",
        "version",
    ]
    personal = {"person_name": person_name, "special_needs": special_needs, "birthday": birthday}
    for name, value in personal.items():
        if value:
            setattr(customer, name, value)
            changed.append(name)
    customer.save(update_fields=changed)
    return customer


@transaction.atomic
def add_contact(
    *,
    customer: Customer,
    name: str,
    position: str = "",
    is_primary: bool = False,
    points: Sequence[NewContactPoint] = (),
    at: datetime,
) -> Contact:
    """Add somebody who speaks for the customer; a primary contact takes the place of the one before."""
    Customer.objects.select_for_update().get(pk=customer.pk)
    if is_primary:
        Contact.objects.filter(customer=customer, is_primary=True).update(is_primary=False)
    contact = Contact.objects.create(
        customer=customer, name=name, position=position, is_primary=is_primary, created_at=at
    )
    ContactPoint.objects.bulk_create(
        ContactPoint(contact=contact, kind=point.kind, value=point.value, is_preferred=point.is_preferred)
        for point in points
    )
    return contact


@transaction.atomic
def add_address(
    *,
    customer: Customer,
    street: str,
    label: str = "",
    region: str = "",
    city: str = "",
    postal_code: str = "",
    is_primary: bool = False,
) -> Address:
    """Add a place of the customer; a primary address takes the place of the one before."""
    Customer.objects.select_for_update().get(pk=customer.pk)
    if is_primary:
        Address.objects.filter(customer=customer, is_primary=True).update(is_primary=False)
    return Address.objects.create(
        customer=customer,
        street=street,
        label=label,
        region=region,
        city=city,
        postal_code=postal_code,
        is_primary=is_primary,
    )


def _constraint(error: IntegrityError) -> str | None:
    return error.__cause__.diag.constraint_name
