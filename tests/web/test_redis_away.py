"""Redis goes away: pages still read and write, people sign in, and guessing passwords stays limited."""

import pytest
from django.conf import settings as product
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from tests.factories.accounts import PASSWORD, outside
from tests.factories.customers import make_customer

pytestmark = pytest.mark.fault
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def without_redis(settings):
    settings.REDIS_URL = NOWHERE
    settings.CACHES = {**settings.CACHES, "default": {**settings.CACHES["default"], "LOCATION": NOWHERE}}


def sign_in(email, password):
    client = Client()
    return client, client.post(reverse("account_login"), {"login": email, "password": password})


def test_sign_in_read_and_write(tenant, agent, now, without_redis):
    make_customer(at=now, company_name="Blue Kiln")
    with outside(tenant):
        client, answer = sign_in(agent.email, PASSWORD)
        listed = client.get(reverse("customers:list"))
        created = client.post(
            reverse("customers:create"), {"number": "N-1", "kind": "company", "company_name": "Red Kiln"}
        )
        record = client.get(created.url)

    assert (answer.status_code, answer.url) == (302, product.LOGIN_REDIRECT_URL)
    assert "Blue Kiln" in listed.content.decode()
    assert "Red Kiln" in record.content.decode()
    assert Customer.objects.filter(number="N-1").count() == 1
    assert caches["default"].resting_until > 0


def test_guessing_a_password_stays_limited(tenant, agent, without_redis):
    with outside(tenant):
        for _ in range(6):
            sign_in(agent.email, "guessed wrong")
        client, answer = sign_in(agent.email, PASSWORD)

    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session
    assert "Too many failed login attempts" in answer.content.decode()


def test_sign_out(tenant, agent, client_for, without_redis):
    client = client_for(agent)
    with outside(tenant):
        answer = client.post(reverse("account_logout"))
        after = client.get(reverse("customers:list"))

    assert answer.status_code == 302
    assert after.url.startswith(reverse("account_login"))
