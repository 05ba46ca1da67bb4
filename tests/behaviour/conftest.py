import pytest

from tests.customers.consents.said import GIVEN, say
from tests.factories.customers import make_customer


@pytest.fixture
def customer(tenant, now):
    """Somebody who agreed to the use of what it does on the web page and in the app."""
    customer = make_customer(number="C-1", at=now, company_name="Blue Kiln")
    say(customer, GIVEN, purpose="behaviour", channels=["online"], at=now)
    return customer
