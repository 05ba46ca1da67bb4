import pytest
from django.core.management import CommandError, call_command

from core.accounts.models import User
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from customers.models import Customer

GOOD = {"name": "Swift", "time_zone": "Asia/Shanghai", "currency": "CNY", "admin_email": "you@example.com"}


@pytest.mark.parametrize(
    ("slug", "facts", "words"),
    [
        ("Swift!", {}, "slug: Use 2 to 50 small letters, digits and hyphens, a letter first."),
        ("swift", {"name": ""}, "name: This field cannot be blank."),
        ("swift", {"admin_email": "you"}, "you: Enter a valid email address."),
        ("swift", {"currency": "XXX"}, "XXX is no currency with two decimal places."),
        ("swift", {"currency": "DEM"}, "DEM is no currency with two decimal places."),
        ("swift", {"currency": "JPY"}, "JPY is no currency with two decimal places."),
        ("swift", {"time_zone": "Mars/Base"}, "There is no time zone Mars/Base."),
    ],
)
def test_create_tenant_says_which_fact_is_wrong(db, slug, facts, words):
    with pytest.raises(CommandError) as caught:
        call_command("create_tenant", slug, **{**GOOD, **facts})

    assert str(caught.value) == words
    assert Tenant.objects.count() == 0


def test_create_tenant_when_the_slug_is_taken(db, capsys):
    call_command("create_tenant", "swift", **GOOD)

    with pytest.raises(CommandError) as caught:
        call_command("create_tenant", "swift", **{**GOOD, "name": "Other"})

    assert str(caught.value) == "There is a tenant with this slug already."
    assert Tenant.objects.filter(sandbox_of=None).count() == 1


def test_create_tenant_makes_a_sandbox_with_data_for_test_keys(db, capsys):
    call_command("create_tenant", "swift", **GOOD)

    tenant = Tenant.objects.get(slug="swift")
    with tenant_scope(tenant):
        assert Customer.objects.count() == 0
    with tenant_scope(tenant.sandbox):
        assert (Customer.objects.count(), User.objects.count()) == (24, 0)
        assert Customer.objects.exclude(tier=None).exists()
