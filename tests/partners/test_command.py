from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from core.partners.models import ApiKey
from core.partners.selectors import find_api_key
from tests.factories.accounts import outside


@pytest.fixture
def run(tenant):
    def run(*arguments):
        output = StringIO()
        with outside(tenant):
            call_command("create_api_key", *arguments, stdout=output)
        return output.getvalue()

    return run


def test_create_api_key_prints_a_key_that_works(run, tenant):
    printed = run(
        *("--tenant", tenant.slug, "--name", "ERP", "--scope", "tiers:read", "--scope", "customers:read"),
        *("--expires", "2099-12-31"),
    )

    with outside(tenant):
        key = find_api_key(printed.removesuffix("\n"), at=datetime.now(UTC))
    assert (key.tenant_id, key.name, key.scopes) == (tenant.pk, "ERP", ["customers:read", "tiers:read"])
    assert key.expires_at == datetime(2099, 12, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--tenant", "nobody", "--name", "ERP", "--scope", "tiers:read"],
        ["--tenant", "swift", "--name", "ERP", "--scope", "tiers:steal"],
        ["--tenant", "swift", "--name", "ERP"],
        ["--tenant", "swift", "--name", "ERP", "--scope", "tiers:read", "--expires", "soon"],
        ["--tenant", "swift", "--name", "ERP", "--scope", "tiers:read", "--expires", "9999-12-31"],
        ["--tenant", "swift", "--name", "ERP", "--scope", "tiers:read", "--expires", "2020-01-01"],
    ],
)
def test_create_api_key_that_is_refused_makes_none(run, arguments):
    with pytest.raises(CommandError):
        run(*arguments)

    assert ApiKey.objects.count() == 0
