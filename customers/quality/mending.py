"""Where each fault is mended, and a customer's faults as pages show them."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from customers.enums import Fault
from customers.models import Customer
from customers.quality.judging import find_faults
from customers.quality.rules import WEIGHTS, Faults, quality_of

# Faults of a part stand at an address, or else at a contact; where there is no part, one of these pages mends them, or
# the customer's own form.
OF_ADDRESS = frozenset({Fault.NO_CITY, Fault.NO_MAIN_ADDRESS})
PAGES = {
    Fault.NO_CONTACT: "customers:create_contact",
    Fault.NO_ADDRESS: "customers:create_address",
    Fault.NO_CONSENT: "customers:consents",
    Fault.DUPLICATE: "customers:detail",
}


@dataclass(frozen=True)
class Mend:
    """One fault of a customer, what it takes of 100, and where it is mended."""

    label: str
    weight: int
    url: str


@dataclass(frozen=True)
class QualityPanel:
    quality: int
    mends: list[Mend]


def mending_url(customer_id: uuid.UUID, fault: Fault, part_id: uuid.UUID | None) -> str:
    """Return the address of the form that mends a fault."""
    if part_id is None:
        return reverse(PAGES.get(fault, "customers:update"), args=[customer_id])
    page = "customers:update_address" if fault in OF_ADDRESS else "customers:update_contact"
    return reverse(page, args=[customer_id, part_id])


def mends_of(customer_id: uuid.UUID, faults: Faults) -> list[Mend]:
    """Return a customer's faults in the order of `faults`."""
    return [
        Mend(str(fault.label), WEIGHTS[fault], mending_url(customer_id, fault, part_id))
        for fault, part_id in faults.items()
    ]


def kept_mends(customer: Customer) -> list[Mend]:
    """Return the faults that the sweep has kept of a customer, whose `faults` are there, the weightiest first."""
    kept = {Fault(row.fault): row.part_id for row in customer.faults.all()}
    return mends_of(customer.pk, {fault: kept[fault] for fault in WEIGHTS if fault in kept})


def mending_links(customer: Customer) -> SafeString:
    """Show a customer's faults, each leading to where it is mended."""
    links = format_html_join(" ", '<a href="{}">{}</a>', ((mend.url, mend.label) for mend in kept_mends(customer)))
    return format_html('<span class="mends">{}</span>', links)


def load_quality_panel(customer: Customer, _user: Any) -> QualityPanel:
    """Judge a customer as it is this moment: eight queries."""
    faults = find_faults([customer.pk], at=timezone.now()).get(customer.pk, {})
    return QualityPanel(quality_of(faults), mends_of(customer.pk, faults))


def faults_in_words(labels: Iterable[str]) -> str:
    return _(", ").join(labels)
