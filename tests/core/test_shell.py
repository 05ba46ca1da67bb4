from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from core.accounts.models import Department
from core.tenancy.errors import NoActiveTenant
from tests.factories.accounts import inside, outside


def run(scope, code, **options):
    with outside(scope):
        call_command("shell", command=code, no_imports=True, stdout=StringIO(), **options)


def test_shell_works_inside_the_tenant(tenant, other_tenant, now):
    code = "from core.accounts.models import Department; Department.objects.create(name='Service')"

    run(tenant, code, tenant="rival")

    assert Department.objects.count() == 0
    with inside(other_tenant, leaving=tenant):
        assert [department.name for department in Department.objects.all()] == ["Service"]


def test_shell_that_ends_with_an_error_keeps_nothing(tenant):
    code = "from core.accounts.models import Department; Department.objects.create(name='Service'); 1 / 0"

    with pytest.raises(ZeroDivisionError):
        run(tenant, code, tenant="swift")

    assert Department.objects.count() == 0


def test_shell_without_a_tenant_sees_nobodys_rows(tenant):
    with pytest.raises(NoActiveTenant):
        run(tenant, "from core.accounts.models import Department; Department.objects.count()")


def test_shell_for_an_unknown_tenant_says_so(tenant):
    with pytest.raises(CommandError, match="There is no tenant “nobody”"):
        run(tenant, "raise AssertionError", tenant="nobody")
