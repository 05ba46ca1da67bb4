"""Customers by the thousand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rest_framework.exceptions import ValidationError

from core.partners.bulk.kinds import RowResult
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError
from customers.api.taken import CustomerRow
from customers.numbers import BadNumber, clean_number
from customers.services.many import SentCustomer, upsert_customers

CUSTOMERS = "customers"
ROWS_PER_PART = 500
REFERRER_REFUSALS = {"bad_referrer": (400, "/referrer"), "no_such_referrer": (400, "/referrer")}
REFUSALS = {
    **REFERRER_REFUSALS,
    "company_name_missing": (400, "/company_name"),
    "person_name_missing": (400, "/person_name"),
    "required_value_missing": (400, "/custom_values"),
    "may_not_assign": (403, "/account_manager_id"),
    "needs_manager": (409, "/account_manager_id"),
}


def number_of(row: Mapping[str, Any]) -> str:
    """Return the number of a row as it is stored, as far as it is one."""
    text = row.get("number")
    try:
        return clean_number(text)[:40] if isinstance(text, str) else ""
    except BadNumber:
        return ""


def write_customers(*, rows: Sequence[Mapping[str, Any]], by: ApiKey, at: datetime) -> list[RowResult]:
    """Open archives or change their facts, no number twice; return what became of each."""
    serializer = CustomerRow()
    taken: list[SentCustomer | RowResult] = []
    for row in rows:
        try:
            facts = serializer.run_validation(row)
            taken.append(SentCustomer(facts.pop("number"), facts))
        except ValidationError as error:
            taken.append(RowResult.of(error, {}))
    upsert_customers(sent=[each for each in taken if isinstance(each, SentCustomer)], by=by, at=at)
    return [each if isinstance(each, RowResult) else _result(each) for each in taken]


def _result(sent: SentCustomer) -> RowResult:
    if isinstance(sent.outcome, DomainError):
        return RowResult.of(sent.outcome, REFUSALS)
    return RowResult(sent.outcome)
