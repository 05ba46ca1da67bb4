"""What makes the record of a customer worse, and by how much: of 100, each fault takes what it weighs, down to 0.

The weights are whole numbers for everybody to follow: what keeps staff from reaching somebody weighs most, what makes
figures wrong less, what is only untidy least.
"""

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import phonenumbers

from core.crypto.fields import readable
from customers.birthdays import may_be_birthday
from customers.enums import ContactPointKind, CustomerKind, Fault, Tier
from customers.models import BEST_QUALITY, Address, Contact, ContactPoint, Customer
from customers.names import is_odd, plain_text

WEIGHTS: dict[Fault, int] = {
    Fault.NO_NAME: 25,
    Fault.NO_CONTACT: 20,
    Fault.UNREACHABLE: 20,
    Fault.ODD_NAME: 15,
    Fault.DUPLICATE: 15,
    Fault.BAD_PHONE: 10,
    Fault.NO_ADDRESS: 10,
    Fault.NO_MANAGER: 10,
    Fault.ODD_CONTACT: 5,
    Fault.NO_MAIN_CONTACT: 5,
    Fault.NO_CITY: 5,
    Fault.NO_INDUSTRY: 5,
    Fault.NO_REGION: 5,
    Fault.BAD_BIRTHDAY: 5,
    Fault.NO_CONSENT: 5,
    Fault.REQUIRED_EMPTY: 5,
    Fault.NO_MAIN_ADDRESS: 3,
    Fault.ODD_LETTERS: 3,
}

# Where each stands: the id of a contact or an address, or None for the customer itself.
Faults = Mapping[Fault, uuid.UUID | None]
Found = Iterator[tuple[Fault, uuid.UUID | None]]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What of a customer is judged; contacts and addresses come main ones first, with their points.

    `required` are the keys of the tenant's own fields that have to be filled in, `country` is where a number without a
    country code is dialled, `today` the tenant's date.
    """

    customer: Customer
    contacts: list[Contact]
    addresses: list[Address]
    has_consent: bool
    has_duplicate: bool
    required: Collection[str]
    country: str | None
    today: date


def quality_of(faults: Iterable[Fault]) -> int:
    """Return what is left of 100."""
    return max(0, BEST_QUALITY - sum(WEIGHTS[fault] for fault in faults))


def faults_of(judged: Judged) -> dict[Fault, uuid.UUID | None]:
    """Return what is to mend, the weightiest first; of several that are alike the first one stands for all."""
    found: dict[Fault, uuid.UUID | None] = {}
    for part in (_own, _required, _contacts, _addresses):
        for fault, part_id in part(judged):
            found.setdefault(fault, part_id)
    return {fault: found[fault] for fault in WEIGHTS if fault in found}


def _own(judged: Judged) -> Found:
    customer = judged.customer
    is_company = customer.kind == CustomerKind.COMPANY
    person = readable(customer, "person_name") or ""
    name = customer.company_name if is_company else person
    if not name:
        yield Fault.NO_NAME, None
    elif is_odd(name):
        yield Fault.ODD_NAME, None
    if is_company and not customer.industry:
        yield Fault.NO_INDUSTRY, None
    if is_company and not customer.region:
        yield Fault.NO_REGION, None
    if customer.tier == Tier.VIP and customer.account_manager_id is None:
        yield Fault.NO_MANAGER, None
    if not _may_be_birthday(readable(customer, "birthday"), judged.today):
        yield Fault.BAD_BIRTHDAY, None
    if judged.has_duplicate:
        yield Fault.DUPLICATE, None
    if not judged.has_consent:
        yield Fault.NO_CONSENT, None
    texts = (customer.company_name, person, customer.industry, customer.region, customer.source)
    if not all(map(_is_plain, texts)):
        yield Fault.ODD_LETTERS, None


def _required(judged: Judged) -> Found:
    if not all(judged.customer.custom_values.get(key) for key in judged.required):
        yield Fault.REQUIRED_EMPTY, None


def _contacts(judged: Judged) -> Found:
    contacts = judged.contacts
    if not contacts:
        yield Fault.NO_CONTACT, None
        return
    if not any(contact.is_primary for contact in contacts):
        yield Fault.NO_MAIN_CONTACT, contacts[0].pk
    for contact in contacts:
        name = readable(contact, "name") or ""
        if name and is_odd(name):
            yield Fault.ODD_CONTACT, contact.pk
        if not _is_plain(name) or not _is_plain(contact.position):
            yield Fault.ODD_LETTERS, contact.pk
    points = [point for contact in contacts for point in contact.points.all()]
    phones = {point: _is_dialled(point, judged.country) for point in points if point.kind == ContactPointKind.PHONE}
    for point, is_dialled in phones.items():
        if not is_dialled:
            yield Fault.BAD_PHONE, point.contact_id
    if not any(phones.values()) and not any(point.kind == ContactPointKind.EMAIL for point in points):
        yield Fault.UNREACHABLE, contacts[0].pk


def _addresses(judged: Judged) -> Found:
    addresses = judged.addresses
    if not addresses:
        yield Fault.NO_ADDRESS, None
        return
    if not any(address.is_primary for address in addresses):
        yield Fault.NO_MAIN_ADDRESS, addresses[0].pk
    for address in addresses:
        if not address.city:
            yield Fault.NO_CITY, address.pk


def _is_plain(text: str) -> bool:
    return text == plain_text(text)


def _may_be_birthday(text: str | None, today: date) -> bool:
    try:
        return not text or may_be_birthday(date.fromisoformat(text), today=today)
    except ValueError:
        return False


def _is_dialled(point: ContactPoint, country: str | None) -> bool:
    """Say whether there are numbers such as this one; one that cannot be read is not held against anybody."""
    value = readable(point, "value")
    if value is None:
        return True
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(value, country))
    except phonenumbers.NumberParseException:
        return False
