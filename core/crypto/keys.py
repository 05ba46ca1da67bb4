"""Master key → a wrapped root key per tenant → a data key and one index key per kind of token, by HKDF (RFC 5869)."""

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
# Each kind of token has a key of its own, so that a token of one kind says nothing about another.
TOKEN_KINDS = ("phone", "phone_tail", "email", "name", "pinyin", "initials")
_data_keys: dict[tuple[uuid.UUID, int], bytes] = {}
_index_keys: dict[tuple[uuid.UUID, str], bytes] = {}
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


def index_key(tenant_id: uuid.UUID, kind: str) -> bytes:
    """Return the key of one kind of search token, from the tenant's first root. Raises KeyUnavailable."""
    if (tenant_id, kind) not in _index_keys:
        _load(tenant_id)
    return _index_keys[tenant_id, kind]


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
        _data_keys[tenant_id, row.version] = _derive(root, "data")
        if row is rows[0]:
            for kind in TOKEN_KINDS:
                _index_keys[tenant_id, kind] = _derive(root, f"index {kind}")
        _current[tenant_id] = row.version


def _derive(root: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"crm {purpose} key v1".encode()).derive(root)


def _wrapping_context(tenant_id: uuid.UUID, version: int) -> bytes:
    return b"crm root key" + tenant_id.bytes + version.to_bytes(2)
