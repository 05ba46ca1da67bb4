import pytest

from customers.services import NewContactPoint, add_contact
from tests.factories.customers import make_customer

PHONE = "+8613800138000"


@pytest.fixture
def customer(tenant, now):
    customer = make_customer(number="C-1", at=now, company_name="Blue Kiln")
    points = [NewContactPoint(kind="phone", value=PHONE), NewContactPoint(kind="email", value="lin@kiln.example")]
    add_contact(customer=customer, name="Lin Mei", is_primary=True, points=points, at=now)
    return customer


@pytest.fixture
def contact(customer):
    return customer.contacts.get()
