from datetime import timedelta

import pytest

from core.accounts.permissions import may, permissions
from core.partners.keys import KeyText
from core.partners.models import ApiKey
from core.partners.selectors import find_api_key
from core.partners.services import (
    ApiKeyAlreadyRevoked,
    ApiKeyNameTaken,
    ExpiryInThePast,
    UnknownScope,
    create_api_key,
    note_use,
    revoke_api_key,
)
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import inside, outside

READ = ["customers:read"]


@pytest.fixture
def made(tenant, administrator, now):
    return create_api_key(name="ERP", scopes=READ, expires_at=now + timedelta(days=1), by=administrator, at=now)


def test_create_api_key_keeps_the_hash_alone(made, administrator, now):
    _key, text = made

    stored = ApiKey.objects.get()
    assert bytes(stored.secret_hash) == text.secret_hash
    assert text.secret.encode() not in bytes(stored.secret_hash)
    assert text.reveal() == f"crm_live_{stored.prefix}_{text.secret}"
    assert text.secret not in repr(text)
    assert (stored.name, stored.scopes, stored.created_by, stored.last_used_at) == ("ERP", READ, administrator, None)


def test_create_api_key_with_a_name_that_is_taken_is_refused(made, now):
    with pytest.raises(ApiKeyNameTaken):
        create_api_key(name="ERP", scopes=READ, expires_at=None, by=None, at=now)

    assert ApiKey.objects.count() == 1


def test_create_api_key_takes_the_name_of_a_revoked_one(made, administrator, now):
    revoke_api_key(key=made[0], by=administrator, at=now)

    create_api_key(name="ERP", scopes=READ, expires_at=None, by=None, at=now)

    assert ApiKey.objects.count() == 2


@pytest.mark.parametrize("scopes", [[], ["customers:steal"], ["customers:read", "customers.view"]])
def test_create_api_key_with_scopes_that_are_none_is_refused(tenant, now, scopes):
    with pytest.raises(UnknownScope):
        create_api_key(name="ERP", scopes=scopes, expires_at=None, by=None, at=now)

    assert ApiKey.objects.count() == 0


def test_create_api_key_that_would_have_expired_is_refused(tenant, now):
    with pytest.raises(ExpiryInThePast):
        create_api_key(name="ERP", scopes=READ, expires_at=now, by=None, at=now)

    assert ApiKey.objects.count() == 0


def test_key_holds_the_permissions_of_its_scopes_and_no_others(tenant):
    key = ApiKey(scopes=["customers:read", "tiers:read", "gone:read"])

    assert permissions(key) == {"customers.view", "tiering.view"}
    assert may(key, "customers.view") is True
    assert may(key, "customers.edit") is False


def test_key_that_is_revoked_holds_nothing(tenant, now):
    assert permissions(ApiKey(scopes=READ, revoked_at=now)) == frozenset()


def test_find_api_key_before_a_tenant_is_active(made, tenant, now, django_assert_num_queries):
    key, text = made

    with outside(tenant), django_assert_num_queries(1):
        found = find_api_key(text.reveal(), at=now)

    assert (found.pk, found.tenant.slug) == (key.pk, tenant.slug)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
        lambda text: text + "A",
        lambda text: text.upper(),
        lambda text: text.replace("crm_live_", "crm_test_"),
        lambda text: f"{text}\n",
        lambda text: text.replace(text[9:21], "0" * 12),
        lambda _: "",
        lambda _: "crm_live__",
        lambda _: "ключ\0",
    ],
)
def test_find_api_key_of_a_spoilt_text_is_none(made, tenant, now, spoil):
    with outside(tenant):
        assert find_api_key(spoil(made[1].reveal()), at=now) is None


def test_find_api_key_when_expired_is_none(made, tenant, now):
    with outside(tenant):
        assert find_api_key(made[1].reveal(), at=now + timedelta(days=1)) is None


def test_find_api_key_when_revoked_is_none_at_once(made, tenant, administrator, now):
    revoke_api_key(key=made[0], by=administrator, at=now)

    with outside(tenant):
        assert find_api_key(made[1].reveal(), at=now) is None


def test_find_api_key_of_a_tenant_switched_off_is_none(made, tenant, now):
    with outside(tenant):
        Tenant.objects.filter(pk=tenant.pk).update(is_active=False)
        assert find_api_key(made[1].reveal(), at=now) is None


def test_two_tenants_may_have_keys_of_one_prefix(made, tenant, other_tenant, now):
    theirs = KeyText(prefix=made[1].prefix, secret=KeyText.generate().secret)
    with inside(other_tenant, leaving=tenant):
        create_api_key(name="ERP", scopes=READ, expires_at=None, by=None, at=now, text=theirs)

    with outside(tenant):
        assert find_api_key(made[1].reveal(), at=now).tenant_id == tenant.pk
        assert find_api_key(theirs.reveal(), at=now).tenant_id == other_tenant.pk


def test_keys_of_another_tenant_are_not_seen(made, tenant, other_tenant):
    with outside(tenant), tenant_scope(other_tenant):
        assert ApiKey.objects.count() == 0
        assert ApiKey.all_tenants.count() == 0


def test_revoke_api_key_twice_is_refused_and_changes_nothing(made, administrator, now):
    revoke_api_key(key=made[0], by=administrator, at=now)

    with pytest.raises(ApiKeyAlreadyRevoked):
        revoke_api_key(key=made[0], by=administrator, at=now + timedelta(hours=1))

    assert ApiKey.objects.get().revoked_at == now


def test_note_use_is_kept_to_the_minute(made, now, django_assert_num_queries):
    key, _text = made
    note_use(key=key, at=now)
    first = ApiKey.objects.get()

    with django_assert_num_queries(0):
        note_use(key=first, at=now + timedelta(seconds=59))
    note_use(key=key, at=now + timedelta(seconds=59))
    assert ApiKey.objects.get().last_used_at == now

    note_use(key=first, at=now + timedelta(seconds=60))
    assert ApiKey.objects.get().last_used_at == now + timedelta(seconds=60)
