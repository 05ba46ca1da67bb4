import pytest
from django.core.management import CommandError, call_command

from core.tenancy.models import Tenant

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
    assert Tenant.objects.count() == 1
