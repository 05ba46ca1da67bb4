"""The first hits under the search box."""

import pytest
from django.urls import reverse

from tests.factories.accounts import inside
from tests.factories.customers import make_customer

ADDRESS = "web:live_search"


@pytest.fixture
def kingsways(tenant, now):
    return [make_customer(at=now, number=f"K-{number}", company_name="Kingsway Foods") for number in range(8)]


def test_some_hits_of_each_kind_stand_there(client_for, agent, kingsways):
    page = client_for(agent).post(reverse(ADDRESS), {"q": "kingsway"}).content.decode()
    assert page.count('role="option"') == 6
    assert "<html" not in page


def test_number_typed_in_full_is_shown_and_not_gone_to(client_for, agent, kingsways):
    response = client_for(agent).post(reverse(ADDRESS), {"q": "K-3"})
    assert (response.status_code, response.content.decode().count('role="option"')) == (200, 1)


def test_nothing_of_another_tenant_is_found(client_for, agent, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        make_customer(at=now, number="X-1", company_name="Kingsway Foods")
    page = client_for(agent).post(reverse(ADDRESS), {"q": "kingsway"}).content.decode()
    assert 'role="option"' not in page
    assert "Nothing found" in page


@pytest.mark.parametrize("typed", ["", " ", "\0", "x" * 5000])
def test_whatever_is_typed_is_answered(client_for, agent, typed):
    assert client_for(agent).post(reverse(ADDRESS), {"q": typed}).status_code == 200


def test_stranger_is_asked_to_sign_in(client):
    assert client.post(reverse(ADDRESS), {"q": "kingsway"}).status_code in {302, 401}
