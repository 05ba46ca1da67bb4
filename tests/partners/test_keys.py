from datetime import timedelta

import pytest

from core.accounts.permissions import may, permissions
from core.accounts.services import deactivate_user
from core.partners.keys import KeyText
from core.partners.models import ApiKey
from core.partners.querysets import ownerless, unused
from core.partners.selectors import find_api_key
from core.partners.services import (
    ApiKeyAlreadyRevoked,
    ApiKeyNameTaken,
    ExpiryInThePast,
    NoOldSecret,
    RotationUnderway,
    UnknownScope,
    create_api_key,
    end_old_secret,
    note_use,
    restrict_api_key,
    revoke_api_key,
    rotate_api_key,
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
    assert (stored.name, stored.scopes, stored.owner, stored.last_used_at) == ("ERP", READ, administrator, None)


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
        lambda text: text.replace("crm_live_", "crm_demo_"),
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


def test_rotate_api_key_lets_two_secrets_live_until_the_old_one_ends(made, tenant, administrator, now):
    key, old = made
    ends_at = now + timedelta(hours=2)

    _key, new = rotate_api_key(key=key, old_ends_at=ends_at, by=administrator, at=now)

    assert (new.prefix, new.secret != old.secret) == (old.prefix, True)
    with outside(tenant):
        assert {find_api_key(each.reveal(), at=now).pk for each in (old, new)} == {key.pk}
        assert find_api_key(old.reveal(), at=ends_at) is None
        assert find_api_key(new.reveal(), at=ends_at).pk == key.pk


def test_rotate_api_key_with_two_secrets_is_refused_and_changes_nothing(made, tenant, administrator, now):
    key, old = made
    ends_at = now + timedelta(hours=2)
    _key, new = rotate_api_key(key=key, old_ends_at=ends_at, by=administrator, at=now)

    with pytest.raises(RotationUnderway):
        rotate_api_key(key=key, old_ends_at=ends_at, by=administrator, at=now)

    with outside(tenant):
        assert {find_api_key(each.reveal(), at=now).pk for each in (old, new)} == {key.pk}
    rotate_api_key(key=key, old_ends_at=ends_at + timedelta(hours=2), by=administrator, at=ends_at)
    with outside(tenant):
        assert find_api_key(old.reveal(), at=ends_at) is None


def test_end_old_secret_ends_it_at_once_and_only_once(made, tenant, administrator, now):
    key, old = made
    _key, new = rotate_api_key(key=key, old_ends_at=now + timedelta(hours=2), by=administrator, at=now)

    end_old_secret(key=key, by=administrator, at=now)

    with outside(tenant):
        assert find_api_key(old.reveal(), at=now) is None
        assert find_api_key(new.reveal(), at=now).pk == key.pk
    with pytest.raises(NoOldSecret):
        end_old_secret(key=key, by=administrator, at=now)


@pytest.mark.parametrize("change", [rotate_api_key, end_old_secret, restrict_api_key])
def test_key_that_is_revoked_cannot_be_changed(made, administrator, now, change):
    facts = {rotate_api_key: {"old_ends_at": now}, restrict_api_key: {"networks": ["10.0.0.0/8"]}}.get(change, {})
    revoke_api_key(key=made[0], by=administrator, at=now)
    before = ApiKey.objects.values().get()

    with pytest.raises(ApiKeyAlreadyRevoked):
        change(key=made[0], by=administrator, at=now, **facts)

    assert ApiKey.objects.values().get() == before


def test_unused_are_the_live_keys_nobody_used_for_90_days(tenant, administrator, now):
    def make(name, *, made_at, used_at=None, **facts):
        key, _text = create_api_key(name=name, scopes=READ, expires_at=None, by=administrator, at=made_at)
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=used_at, **facts)

    long_ago, lately = now - timedelta(days=90), now - timedelta(days=90) + timedelta(seconds=1)
    make("never", made_at=long_ago)
    make("new", made_at=lately)
    make("once", made_at=long_ago, used_at=long_ago)
    make("lately", made_at=long_ago, used_at=lately)
    make("revoked", made_at=long_ago, revoked_at=now)
    make("expired", made_at=long_ago, expires_at=now)

    assert sorted(key.name for key in unused(ApiKey.objects.all(), at=now)) == ["never", "once"]


def test_ownerless_are_the_live_keys_whose_maker_is_gone(tenant, administrator, supervisor, now):
    for name, by in (("mine", administrator), ("theirs", supervisor), ("nobody's", None)):
        create_api_key(name=name, scopes=READ, expires_at=None, by=by, at=now)
    deactivate_user(user=supervisor, by=administrator, at=now)

    assert sorted(key.name for key in ownerless(ApiKey.objects.all(), at=now)) == ["nobody's", "theirs"]
