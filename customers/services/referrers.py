"""Who brought a customer: another one, by its number, and never in a circle of the two."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import F, QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.tenancy.errors import DomainError
from customers.models import Customer
from customers.numbers import spellings


class BadReferrer(DomainError):
    """A customer that cannot have brought this one."""

    code = "bad_referrer"


class NoSuchReferrer(BadReferrer):
    code = "no_such_referrer"
    message = _("No customer has the number of the referrer.")


class Referrers:
    """Those whom some numbers name, as they stand in the archive: one query for all of them, none for no numbers.

    `brought_by` says who brought each of them and of the customers that were checked; `opened` are those that come in
    together with them, by number.
    """

    def __init__(self, numbers: Iterable[str]) -> None:
        wanted = {spelling for number in numbers if number for spelling in spellings(number)}
        rows = _standing().filter(number__in=wanted) if wanted else ()
        self._found = {row.number: row for row in rows}
        self.brought_by: dict[uuid.UUID, uuid.UUID | None] = {row.pk: row.referrer_id for row in rows}
        self.opened: Mapping[str, uuid.UUID] = {}

    def find(self, number: str, *, of: Customer) -> uuid.UUID | None:
        """Return the id of the customer that a number names as the one that brought this one; None for no number.

        The one that is stored may stay, whatever became of it. Raises BadReferrer or NoSuchReferrer.
        """
        if not number:
            return None
        found = next((self._found[each] for each in spellings(number) if each in self._found), None)
        if found is None and number not in self.opened:
            raise NoSuchReferrer
        found_id = self.opened[number] if found is None else found.pk
        if found_id == of.referrer_id:
            return found_id
        if found_id == of.pk:
            raise BadReferrer(_("A customer does not bring itself."))
        if found is not None:
            _check_standing(found)
        if self.brought_by.get(found_id) == of.pk:
            raise BadReferrer(_("The referrer was brought by this customer, so it cannot have brought it."))
        return found_id

    def note(self, customer_id: uuid.UUID, referrer_id: uuid.UUID | None) -> None:
        """Take it that a customer was brought so from now on."""
        self.brought_by[customer_id] = referrer_id


def find_referrer(number: str, *, of: Customer) -> uuid.UUID | None:
    """Return the same of one customer."""
    return Referrers([number]).find(number, of=of)


def _standing() -> QuerySet[Customer]:
    names = ("tenant", "number", "referrer", "erased_at", "merged_into")
    return Customer.with_merged.only(*names).annotate(kept_number=F("merged_into__number"))


def _check_standing(found: Customer) -> None:
    if found.merged_into_id is not None:
        text = _("The referrer was merged into customer {number}. Name that one.")
        raise BadReferrer(format_lazy(text, number=found.kept_number))
    if found.erased_at is not None:
        raise BadReferrer(_("The personal data of the referrer was erased, so it cannot be named any more."))


def without_circle(
    referrer_id: uuid.UUID | None, *, pair: Iterable[uuid.UUID], leaving: QuerySet[Any] | None = None
) -> uuid.UUID | None:
    """Return who brought what customers become: none of them, and nobody whom one of them brought.

    `leaving` are ids of some who go to another one at this moment.
    """
    ids = set(pair)
    if referrer_id is None or referrer_id in ids:
        return None
    brought = Customer.with_merged.filter(pk=referrer_id, referrer__in=ids)
    if leaving is not None:
        brought = brought.exclude(pk__in=leaving)
    return None if brought.exists() else referrer_id
