"""A field becomes a filter while somebody writes a customer, with real commits: neither misses the other."""

import pytest

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from customers.models import CustomField, FilteredValue
from customers.services import add_custom_field, update_custom_field
from tests.factories.accounts import make_tenant, make_user
from tests.factories.at_once import wait_until_waiting
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db(transaction=True)


def filter_by(*, tenant, field, by, at):
    with tenant_scope(tenant):
        update_custom_field(field=field, label="Dock", order=1, is_filtered=True, by=by, at=at)


def open_one(*, tenant, at):
    with tenant_scope(tenant):
        make_customer(at=at, custom_values={"dock": "West"})


@pytest.mark.parametrize("is_filtered_first", [False, True])
def test_customer_who_is_written_meanwhile_is_found_by_the_filter(now, others, is_filtered_first):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        by = make_user(role=Role.ADMINISTRATOR, at=now)
        field = add_custom_field(key="dock", label="Dock", kind="text", by=by, at=now)
    steps = [(open_one, {"tenant": tenant, "at": now})]
    steps.insert(0 if is_filtered_first else 1, (filter_by, {"tenant": tenant, "field": field, "by": by, "at": now}))
    (first, facts), (second, further) = steps
    with tenant_scope(tenant):
        first(**facts)
        waiting = others(second, **further)
        wait_until_waiting(1, for_lock="advisory")
    waiting.result()

    with tenant_scope(tenant):
        assert CustomField.objects.get().is_filtered
        assert FilteredValue.objects.get().text == "West"
