import pytest

from customers.services import NewContactPoint, add_contact
from tests.customers.contacts.kept import PHONE
from tests.factories.customers import make_customer


@pytest.fixture
def customer(tenant, now):
    return make_customer(at=now)


@pytest.fixture
def contact(customer, now):
    points = [
        NewContactPoint(kind="phone", value=PHONE, is_preferred=True),
        NewContactPoint(kind="email", value="li.na@shop.example"),
    ]
    return add_contact(customer=customer, name="Li Na", position="Buyer", is_primary=True, points=points, at=now)
