from dataclasses import asdict, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.errors import DomainError, RecordChanged
from customers.happenings import publish_update
from customers.models import Address, Customer
from customers.places import Place, country_at_home, settle
from customers.services.locking import lock_customer


class AddressChanged(RecordChanged):
    code = "address_changed"
    message = _("Somebody else changed this address in the meantime.")


class AddressGone(DomainError):
    code = "address_gone"
    message = _("Somebody else removed this address in the meantime.")


@transaction.atomic
def add_address(
    *,
    customer: Customer,
    street: str,
    label: str = "",
    country: str = "",
    region: str = "",
    city: str = "",
    district: str = "",
    postal_code: str = "",
    is_primary: bool = False,
    by: User | None = None,
    at: datetime,
) -> Address:
    """Add a place of the customer; a primary address takes the place of the one before.

    Without a country it is at home. Raises PlaceMismatch.
    """
    place = settle(_place(country, region, city, district, street))
    customer = lock_customer(customer.pk)
    if is_primary:
        _free_primary(customer.pk)
    address = Address.objects.create(
        customer=customer,
        **asdict(place),
        label=label,
        postal_code=postal_code,
        is_primary=is_primary,
    )
    record("address.added", subject=customer, by=by, at=at)
    publish_update(customer, changed=["addresses"], at=at)
    return address


@transaction.atomic
def update_address(
    *,
    address: Address,
    version: int,
    street: str = "",
    label: str,
    country: str,
    region: str,
    city: str,
    district: str,
    postal_code: str,
    is_primary: bool,
    by: User,
    at: datetime,
) -> Address:
    """Change an address; an empty street keeps what is stored.

    `version` is the one that the caller read. Without a country it is at home. Raises PlaceMismatch, AddressChanged if
    there is a newer one, AddressGone if there is none.
    """
    customer = lock_customer(address.customer_id)
    address = _locked(address)
    if address.version != version:
        raise AddressChanged

    place = _place(country, region, city, district, street)
    stands = _place(address.country, address.region, address.city, address.district, "")
    # What a file brought in stays as it is for as long as nobody says otherwise.
    place = replace(stands, division_code=address.division_code) if place == stands else settle(place)
    if is_primary and not address.is_primary:
        _free_primary(address.customer_id)
    facts = {**asdict(place), "label": label, "postal_code": postal_code, "is_primary": is_primary}
    if not street:
        del facts["street"]
    for name, value in facts.items():
        setattr(address, name, value)
    address.version += 1
    address.save(update_fields=[*facts, "version"])
    record("address.updated", subject=address, of=customer, by=by, at=at)
    publish_update(customer, changed=["addresses"], at=at)
    return address


@transaction.atomic
def remove_address(*, address: Address, version: int | None = None, by: User, at: datetime) -> None:
    """Remove an address for good.

    Raises AddressGone, or AddressChanged if `version` is given and there is a newer one.
    """
    customer = lock_customer(address.customer_id)
    address = _locked(address)
    if version is not None and address.version != version:
        raise AddressChanged
    address.delete()
    record("address.removed", subject=customer, by=by, at=at)
    publish_update(customer, changed=["addresses"], at=at)


def _place(country: str, region: str, city: str, district: str, street: str) -> Place:
    country = country or country_at_home()
    return Place(country=country, region=region, city=city, district=district, street=street)


def _locked(address: Address) -> Address:
    found = Address.objects.select_for_update().filter(pk=address.pk, customer_id=address.customer_id).first()
    if found is None:
        raise AddressGone
    return found


def _free_primary(customer_id: UUID) -> None:
    primary = Address.objects.filter(customer_id=customer_id, is_primary=True)
    primary.update(is_primary=False, version=F("version") + 1)
