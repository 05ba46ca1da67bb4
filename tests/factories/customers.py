"""Customers for tests, made through the services; a scope must be open."""

from datetime import datetime
from typing import Any

from core.tenancy.ids import uuid7
from customers.enums import CustomerKind
from customers.models import Customer
from customers.services import create_customer


def make_customer(*, at: datetime, number: str = "", **facts: Any) -> Customer:
    number = number or f"C-{uuid7().hex[-10:]}"
    facts.setdefault("kind", CustomerKind.COMPANY)
    facts.setdefault("company_name", f"Company {number}")
    return create_customer(number=number, at=at, **facts)
