"""Everything that changes API keys."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.partners import scopes as known_scopes
from core.partners.keys import KeyText
from core.partners.limits import limit_of_tenant
from core.partners.models import ApiKey
from core.partners.networks import clean_networks
from core.tenancy.errors import DomainError
from core.tenancy.models import Tenant
from core.tenancy.scope import required_tenant_id

NOTED_EVERY = timedelta(minutes=1)


class ApiKeyNameTaken(DomainError):
    code = "api_key_name_taken"
    message = _("There is a live key of this name already.")


class UnknownScope(DomainError):
    code = "unknown_scope"
    message = _("Choose at least one scope, and only ones that exist.")


class ExpiryInThePast(DomainError):
    code = "expiry_in_the_past"
    message = _("The key would have expired already.")


class ApiKeyAlreadyRevoked(DomainError):
    code = "api_key_already_revoked"
    message = _("Somebody else has already revoked this key.")


class RotationUnderway(DomainError):
    code = "rotation_underway"
    message = _("This key has two secrets already. End the old one first.")


class LimitTooHigh(DomainError):
    code = "limit_too_high"
    message = _("All keys together may not send as many.")


class NoOldSecret(DomainError):
    code = "no_old_secret"
    message = _("The old secret of this key has ended already.")


@transaction.atomic
def create_api_key(
    *,
    name: str,
    scopes: Collection[str],
    networks: Collection[str] = (),
    is_test: bool = False,
    expires_at: datetime | None,
    by: User | None,
    at: datetime,
    text: KeyText | None = None,
) -> tuple[ApiKey, KeyText]:
    """Make a key and return it with its text, which cannot be had again.

    A test key works in the tenant's sandbox. With `networks`, a key is taken from addresses in them alone. Raises
    UnknownScope, BadNetwork, ExpiryInThePast or ApiKeyNameTaken. `text` is for keys that are made elsewhere, as the
    demo's.
    """
    if not scopes or not set(scopes) <= set(known_scopes.declared()):
        raise UnknownScope
    if expires_at is not None and expires_at <= at:
        raise ExpiryInThePast
    text = text or KeyText.generate(is_test=is_test)
    key = ApiKey(
        name=name,
        is_test=text.is_test,
        networks=clean_networks(networks),
        prefix=text.prefix,
        secret_hash=text.secret_hash,
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
        owner=by,
        created_at=at,
    )
    try:
        with transaction.atomic():
            key.save(force_insert=True)
    except IntegrityError as refused:
        if "api_key_live_name" not in str(refused):
            raise
        raise ApiKeyNameTaken from refused
    details = {"name": name, "scopes": key.scopes, "networks": key.networks}
    record("key.created", subject=key, by=by, at=at, details={name: value for name, value in details.items() if value})
    return key, text


@transaction.atomic
def rotate_api_key(*, key: ApiKey, old_ends_at: datetime, by: User, at: datetime) -> tuple[ApiKey, KeyText]:
    """Give a key a second secret and return its text, which cannot be had again; the first ends at `old_ends_at`.

    Raises ApiKeyAlreadyRevoked, or RotationUnderway while the key still has two.
    """
    key = _locked(key)
    if key.has_two_secrets(at):
        raise RotationUnderway
    text = KeyText.generate(is_test=key.is_test, prefix=key.prefix)
    key.old_secret_hash = key.secret_hash
    key.old_ends_at = old_ends_at
    key.secret_hash = text.secret_hash
    key.save(update_fields=["old_secret_hash", "old_ends_at", "secret_hash"])
    record("key.rotated", subject=key, by=by, at=at, details={"name": key.name})
    return key, text


@transaction.atomic
def end_old_secret(*, key: ApiKey, by: User, at: datetime) -> ApiKey:
    """End the old secret of a key before its time. Raises ApiKeyAlreadyRevoked or NoOldSecret."""
    key = _locked(key)
    if not key.has_two_secrets(at):
        raise NoOldSecret
    key.old_ends_at = at
    key.save(update_fields=["old_ends_at"])
    record("key.old_secret_ended", subject=key, by=by, at=at, details={"name": key.name})
    return key


@transaction.atomic
def restrict_api_key(*, key: ApiKey, networks: Collection[str], by: User, at: datetime) -> ApiKey:
    """Say from which networks a key may be used; from anywhere when there are none.

    Raises ApiKeyAlreadyRevoked or BadNetwork.
    """
    key = _locked(key)
    key.networks = clean_networks(networks)
    key.save(update_fields=["networks"])
    record("key.restricted", subject=key, by=by, at=at, details={"name": key.name})
    return key


@transaction.atomic
def limit_api_key(*, key: ApiKey, requests_per_minute: int | None, by: User, at: datetime) -> ApiKey:
    """Say how many requests a key may send in a minute; as many as the installation lets one unless told.

    Raises ApiKeyAlreadyRevoked, or LimitTooHigh for more than all keys together may send.
    """
    key = _locked(key)
    if requests_per_minute is not None and requests_per_minute > limit_of_tenant(key.tenant):
        raise LimitTooHigh
    key.requests_per_minute = requests_per_minute
    key.save(update_fields=["requests_per_minute"])
    record("key.limited", subject=key, by=by, at=at, details={"name": key.name})
    return key


@transaction.atomic
def limit_tenant(*, requests_per_minute: int | None, operator: str, at: datetime) -> None:
    """Say how many requests all keys of the active tenant may send in a minute together; for the operator to do."""
    Tenant.objects.filter(pk=required_tenant_id()).update(api_requests_per_minute=requests_per_minute)
    details = {"operator": operator[:100], "requests_per_minute": requests_per_minute}
    record("api.limited", by=None, at=at, details=details)


@transaction.atomic
def hand_over_api_key(*, row: ApiKey, of: User, to: User, by: User, at: datetime) -> bool:
    """Make a colleague the owner of a key of somebody; return whether it still was theirs, and live."""
    key = ApiKey.objects.select_for_update(of=("self",)).filter(pk=row.pk, owner=of, revoked_at=None).first()
    if key is None:
        return False
    key.owner = to
    key.save(update_fields=["owner"])
    record("key.handed_over", subject=key, by=by, at=at, details={"name": key.name})
    return True


@transaction.atomic
def revoke_api_key(*, key: ApiKey, by: User, at: datetime) -> ApiKey:
    """End a key at once and for good. Raises ApiKeyAlreadyRevoked."""
    key = _locked(key)
    key.revoked_at = at
    key.save(update_fields=["revoked_at"])
    record("key.revoked", subject=key, by=by, at=at, details={"name": key.name})
    return key


def _locked(key: ApiKey) -> ApiKey:
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    if key.revoked_at is not None:
        raise ApiKeyAlreadyRevoked
    return key


def note_use(*, key: ApiKey, at: datetime) -> None:
    """Keep when the key was last used, to the minute; called before a tenant is active."""
    stale = at - NOTED_EVERY
    if key.last_used_at is not None and key.last_used_at > stale:
        return
    ApiKey.all_tenants.filter(Q(last_used_at=None) | Q(last_used_at__lte=stale), pk=key.pk).update(last_used_at=at)
