"""Master key → a wrapped root key per tenant → data keys by HKDF (RFC 5869)."""

import base64
import binascii
import os
import uuid
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from core.crypto.models import RootKey
from core.tenancy.models import Tenant

NONCE_BYTES = 12
_data_keys: dict[tuple[uuid.UUID, int], bytes] = {}
_current: dict[uuid.UUID, int] = {}


class KeyUnavailable(RuntimeError):
    """The tenant's root key is missing, or the master key does not open it."""


def master_key() -> bytes:
    """Return the 32 bytes of the master key. Raises ImproperlyConfigured, saying what to set."""
    try:
        key = base64.b64decode(settings.MASTER_KEY, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImproperlyConfigured("CRM_MASTER_KEY is not base64.") from error
    if len(key) != 32:
        raise ImproperlyConfigured("CRM_MASTER_KEY must be 32 bytes in base64.")
    return key


def create_root_key(*, tenant: Tenant, at: datetime) -> RootKey:
    """Make the first root key of a tenant; the caller holds the tenant's scope."""
    nonce = os.urandom(NONCE_BYTES)
    wrapped = nonce + AESGCM(master_key()).encrypt(nonce, os.urandom(32), _wrapping_context(tenant.pk, 1))
    return RootKey.objects.create(version=1, wrapped=wrapped, created_at=at)


def current_key(tenant_id: uuid.UUID) -> tuple[int, bytes]:
    """Return version and data key for new values of the tenant, whose scope is open."""
    if tenant_id not in _current:
        _load(tenant_id)
    version = _current[tenant_id]
    return version, _data_keys[tenant_id, version]


def data_key(tenant_id: uuid.UUID, version: int) -> bytes:
    """Return the data key that values of this version were written under. Raises KeyUnavailable."""
    if (tenant_id, version) not in _data_keys:
        _load(tenant_id)
    try:
        return _data_keys[tenant_id, version]
    except KeyError as error:
        raise KeyUnavailable(f"There is no root key of version {version} for this tenant.") from error


def _load(tenant_id: uuid.UUID) -> None:
    rows = list(RootKey.objects.filter(tenant_id=tenant_id).order_by("version"))
    if not rows:
        raise KeyUnavailable("This tenant has no root key.")
    for row in rows:
        wrapped = bytes(row.wrapped)
        try:
            root = AESGCM(master_key()).decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _wrapping_context(tenant_id, row.version)
            )
        except InvalidTag as error:
            raise KeyUnavailable("CRM_MASTER_KEY is not the key that this tenant's root was wrapped by.") from error
        _data_keys[tenant_id, row.version] = HKDF(SHA256(), 32, salt=None, info=b"crm data key v1").derive(root)
        _current[tenant_id] = row.version


def _wrapping_context(tenant_id: uuid.UUID, version: int) -> bytes:
    return b"crm root key" + tenant_id.bytes + version.to_bytes(2)
