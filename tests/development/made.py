"""Opportunities for tests."""

from datetime import date
from decimal import Decimal

from development.services import open_opportunity


def make_opportunity(customer, *, by, at, title="Export lane to Osaka", freight="12000", **facts):
    facts = {"closes_on": date(2026, 4, 30), "owner": by, **facts}
    return open_opportunity(customer=customer, title=title, expected_freight=Decimal(freight), **facts, by=by, at=at)
