"""The contact and the address that stand in the row of a customer: what they are, and what becomes of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.imports.kinds import Row, in_words
from core.tenancy.errors import DomainError
from customers.divisions import COUNTRY as CHINA
from customers.divisions import find
from customers.enums import CustomerKind
from customers.forms.rows import CustomerRowForm, CustomerWithPartsRowForm, PointField
from customers.imports.parts import in_its_place, warn_where_unplaced
from customers.places import country_at_home, settle_or_keep
from customers.services.changes import Outcome
from customers.services.contacts import NewContactPoint
from customers.services.many import SentCustomer
from customers.services.many_parts import ADDRESSES, CONTACTS, PartKind, SentPart, as_place, plan_parts, upsert_parts

FORM = CustomerWithPartsRowForm.base_fields
NAMES = frozenset(FORM) - frozenset(CustomerRowForm.base_fields)
POINTS = {name: field.kind for name, field in FORM.items() if isinstance(field, PointField)}
# The facts of an address by what they are called here.
PLACE = {
    "street": "street",
    "country": "address_country",
    "region": "address_region",
    "city": "city",
    "district": "district",
    "postal_code": "postal_code",
}
WHOSE = _("Say who is reached there, or name the customer.")
NO_STREET = _("It is left out, for it has no street.")

Sent = Mapping[PartKind, Mapping[int, SentPart]]


def read_parts(row: Row, given: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Put the contact and the address that a row tells of beside the `facts` of its customer, and what follows."""
    if_new, if_empty = {}, {}
    contact = _contact(row, given, facts)
    address = {name: given[told] for name, told in PLACE.items() if told in given}
    if contact and _is_nameless(facts):
        if_new["person_name"] = given.get("contact_name") or contact["name"]
    if address and "region" not in address and (region := _province(given)):
        address["region"] = region
    place = settle_or_keep(as_place(address))
    if place.region and "region" not in facts:
        if_empty["region"] = place.region
    if address.keys() - {"region"} and "street" not in address:
        row.warnings.append(in_words(NO_STREET, FORM["street"].label))
    row.values = {
        "facts": facts,
        "if_new": if_new,
        "if_empty": if_empty,
        "contact": contact,
        "points": [NewContactPoint(kind=POINTS[name], value=given[name]) for name in POINTS if name in given],
        "address": in_its_place(row, address) if "street" in address else None,
    }


def _contact(row: Row, given: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the contact of a row; who is not named has the name of the customer."""
    if not given.keys() & {"contact_name", "contact_position", *POINTS}:
        return None
    name = given.get("contact_name") or facts.get("person_name") or facts.get("company_name")
    if not name:
        row.refuse(WHOSE, FORM["contact_name"].label)
        return None
    position = given.get("contact_position")
    return {"name": name, **({"position": position} if position else {})}


def _is_nameless(facts: Mapping[str, Any]) -> bool:
    """Say whether of a new customer who is a person, or may be one, the row gives no name but that of its contact."""
    is_person = facts["kind"] == CustomerKind.INDIVIDUAL if "kind" in facts else not facts.get("company_name")
    return is_person and not facts.get("person_name")


def _province(given: Mapping[str, Any]) -> str:
    """Return the region of a customer where its address may be in it: in China it is to be a province."""
    region = given.get("region") or ""
    is_at_home = (given.get("address_country") or country_at_home()) == CHINA
    return "" if is_at_home and not (region and find(region=region, city="", district="")) else region


def sent_parts(rows: Iterable[Row]) -> Sent:
    """Return the contacts and the addresses of rows, by kind and line."""
    contacts, addresses = {}, {}
    for row in rows:
        if contact := row.values["contact"]:
            contacts[row.line] = SentPart(row.key, contact, row.values["points"], is_first=True)
        if address := row.values["address"]:
            addresses[row.line] = SentPart(row.key, address, is_first=True)
    return {kind: sent for kind, sent in ((CONTACTS, contacts), (ADDRESSES, addresses)) if sent}


def plan_row_parts(rows: Sequence[Row], sent: Sequence[SentCustomer], parts: Sent, *, at: datetime) -> None:
    """Say what would become of the parts: those of new customers are new."""
    known = {row.line for row, each in zip(rows, sent, strict=True) if each.customer_id is not None}
    for kind, asked in parts.items():
        for line, part in asked.items():
            if line not in known:
                part.outcome = Outcome.CREATED
        plan_parts(kind, [part for line, part in asked.items() if line in known], at=at)
    for row in rows:
        address = parts.get(ADDRESSES, {}).get(row.line)
        if address is not None:
            place = address.part or settle_or_keep(as_place(address.facts))
            warn_where_unplaced(row, place, FORM["street"].label)


def write_row_parts(parts: Sent, lines: set[int], *, by: User, at: datetime) -> None:
    """Write the parts of the customers of these lines, who are there by now."""
    for kind, asked in parts.items():
        upsert_parts(kind, [part for line, part in asked.items() if line in lines], by=by, at=at)


def refusals_of(parts: Sent, line: int) -> list[DomainError]:
    return [part.outcome for part in _of(parts, line).values() if isinstance(part.outcome, DomainError)]


def written_of(parts: Sent, line: int) -> dict[str, dict[str, Any]]:
    """Return what undoes the parts of a line, by their kind's name; nothing of those that stay as they were."""
    return {
        kind.action: {"id": str(part.part.pk), "is_new": part.outcome == Outcome.CREATED, **part.before}
        for kind, part in _of(parts, line).items()
        if part.part is not None and part.before is not None
    }


def is_changed(parts: Sent, line: int) -> bool:
    return any(part.outcome in (Outcome.CREATED, Outcome.UPDATED) for part in _of(parts, line).values())


def _of(parts: Sent, line: int) -> dict[PartKind, SentPart]:
    return {kind: asked[line] for kind, asked in parts.items() if line in asked}
