"""Customers for tests, made through the services; a scope must be open."""

import re
from datetime import datetime
from typing import Any

from django.test import Client
from django.urls import reverse

from core.tenancy.ids import uuid7
from customers.enums import CustomerKind
from customers.models import Customer, Purpose, PurposeText
from customers.services import create_customer


def make_customer(*, at: datetime, number: str = "", **facts: Any) -> Customer:
    number = number or f"C-{uuid7().hex[-10:]}"
    facts.setdefault("kind", CustomerKind.COMPANY)
    facts.setdefault("company_name", f"Company {number}")
    return create_customer(number=number, at=at, **facts)


def make_only_purpose(*, key: str, at: datetime, **facts: Any) -> Purpose:
    """Make a purpose with its text, in the place of those that every tenant begins with."""
    Purpose.objects.all().delete()
    purpose = Purpose.objects.create(key=key, **{"basis": "consent", "channels": ["sms"], **facts})
    PurposeText.objects.create(purpose=purpose, text_zh="文", text_en="Text", written_at=at)
    return purpose


def panels_of(client: Client, customer: Customer) -> str:
    """Return what a customer's page shows when somebody has scrolled to its end."""
    page = client.get(reverse("customers:detail", args=[customer.pk])).content.decode()
    urls = re.findall(r'hx-get="([^"]*/panels/[^"]*)"', page)
    return "".join(client.get(url, headers={"HX-Request": "true"}).content.decode() for url in urls)
