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
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError

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


@transaction.atomic
def create_api_key(
    *,
    name: str,
    scopes: Collection[str],
    expires_at: datetime | None,
    by: User | None,
    at: datetime,
    text: KeyText | None = None,
) -> tuple[ApiKey, KeyText]:
    """Make a key and return it with its text, which cannot be had again.

    Raises UnknownScope, ExpiryInThePast or ApiKeyNameTaken. `text` is for keys that are made elsewhere, as the
    demo's.
    """
    if not scopes or not set(scopes) <= set(known_scopes.declared()):
        raise UnknownScope
    if expires_at is not None and expires_at <= at:
        raise ExpiryInThePast
    text = text or KeyText.generate()
    key = ApiKey(
        name=name,
        prefix=text.prefix,
        secret_hash=text.secret_hash,
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
        created_by=by,
        created_at=at,
    )
    try:
        with transaction.atomic():
            key.save(force_insert=True)
    except IntegrityError as refused:
        if "api_key_live_name" not in str(refused):
            raise
        raise ApiKeyNameTaken from refused
    record("key.created", subject=key, by=by, at=at, details={"name": name, "scopes": ", ".join(key.scopes)})
    return key, text


@transaction.atomic
def revoke_api_key(*, key: ApiKey, by: User, at: datetime) -> ApiKey:
    """End a key at once and for good. Raises ApiKeyAlreadyRevoked."""
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    if key.revoked_at is not None:
        raise ApiKeyAlreadyRevoked
    key.revoked_at = at
    key.save(update_fields=["revoked_at"])
    record("key.revoked", subject=key, by=by, at=at, details={"name": key.name})
    return key


def note_use(*, key: ApiKey, at: datetime) -> None:
    """Keep when the key was last used, to the minute; called before a tenant is active."""
    stale = at - NOTED_EVERY
    if key.last_used_at is not None and key.last_used_at > stale:
        return
    ApiKey.all_tenants.filter(Q(last_used_at=None) | Q(last_used_at__lte=stale), pk=key.pk).update(last_used_at=at)
