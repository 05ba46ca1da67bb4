"""Test keys work in the sandbox of their tenant, live keys in the tenant: never the other way round."""

import pytest

from core.audit.models import AuditEvent
from core.console.erasure import erase_tenant
from core.partners.models import ApiKey
from core.partners.selectors import find_api_key
from core.tenancy.models import Tenant
from tests.factories.accounts import inside, outside
from tests.factories.customers import make_customer
from tests.factories.partners import Partner


@pytest.fixture
def both(tenant, now):
    """A customer of the tenant and one of its sandbox."""
    live = make_customer(at=now, number="LIVE")
    with inside(tenant.sandbox, leaving=tenant):
        return live, make_customer(at=now, number="TEST")


def numbers(partner):
    return [row["number"] for row in partner.get("/customers").json()["data"]]


def test_each_kind_of_key_sees_its_own_records_alone(both):
    live, test = Partner(), Partner(name="Trial", is_test=True)

    assert (numbers(live), numbers(test)) == (["LIVE"], ["TEST"])
    assert live.text.startswith("crm_live_")
    assert test.text.startswith("crm_test_")
    mine, theirs = both
    assert live.get(f"/customers/{theirs.pk}").status_code == 404
    assert test.get(f"/customers/{mine.pk}").status_code == 404
    assert test.get(f"/customers/{theirs.pk}").status_code == 200


def test_mark_of_a_key_cannot_be_changed(both, tenant, now):
    live, test = Partner(), Partner(name="Trial", is_test=True)

    with outside(tenant):
        assert find_api_key(live.text.replace("live", "test"), at=now) is None
        assert find_api_key(test.text.replace("test", "live"), at=now) is None


def test_what_a_test_key_does_is_in_the_trail_of_the_sandbox(both, tenant, now):
    with inside(tenant.sandbox, leaving=tenant):
        customer = make_customer(at=now, kind="individual", company_name="", person_name="Zhang Wei")
    before = AuditEvent.objects.count()
    test = Partner(name="Trial", is_test=True, allowed=["customers:read", "personal:read"])

    assert test.get(f"/customers/{customer.pk}").json()["person_name"] == "Zhang Wei"

    # The key itself was made in the tenant.
    assert AuditEvent.objects.count() == before + 1
    with inside(tenant.sandbox, leaving=tenant):
        assert AuditEvent.objects.get(action="personal.read_by_key").actor_id == test.key.pk


def test_sandbox_of_a_tenant_that_is_switched_off_is_closed(both, tenant):
    test = Partner(is_test=True)
    with outside(tenant):
        Tenant.objects.filter(pk=tenant.pk).update(is_active=False)

    assert test.get("/customers").status_code == 401


def test_erase_tenant_erases_its_sandbox(tenant, now):
    Partner(is_test=True)

    with outside(tenant):
        erase_tenant(tenant=tenant, operator="op", at=now)
        assert list(Tenant.objects.filter(is_active=True)) == []
    assert ApiKey.objects.get().revoked_at == now
