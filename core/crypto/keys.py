"""Master key → a wrapped root key per tenant → a data key and one index key per kind of token, by HKDF (RFC 5869).

Processes keep the derived keys in memory, with the tenant's stamp they were read under: whoever makes or destroys a
root key does so `alone` and renews the stamp, so no transaction writes under an old version or reads by a lost key.
"""

import os
import uuid
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.crypto import kms
from core.crypto.errors import KeyUnavailable, WrongMasterKey
from core.crypto.models import RootKey
from core.tenancy.models import Tenant
from core.tenancy.scope import current_stamp, renew_stamp, required_tenant_id

NONCE_BYTES = 12
ROOT_BYTES = 32
# Each kind of token has a key of its own, so that a token of one kind says nothing about another.
TOKEN_KINDS = ("phone", "phone_tail", "email", "name", "pinyin", "initials", "unique")


@dataclass(frozen=True)
class _Ring:
    """A tenant's keys by version, as they are under one stamp."""

    stamp: uuid.UUID | None
    data: dict[int, AESGCM]
    index: dict[int, dict[str, bytes]]

    @property
    def newest(self) -> int:
        return max(self.data)


_rings: dict[uuid.UUID, _Ring] = {}


def create_root_key(*, tenant: Tenant, at: datetime) -> RootKey:
    """Make the next root key of a tenant; the caller holds the tenant's scope, alone unless the tenant is new."""
    last = RootKey.objects.order_by("-version").first()
    version = last.version + 1 if last else 1
    wrapped = kms.service().wrap(os.urandom(ROOT_BYTES), context=wrapping_context(tenant.pk, version))
    root = RootKey.objects.create(version=version, wrapped=wrapped, created_at=at)
    renew_stamp()
    return root


def destroy_root_keys(*, below: int | None = None, at: datetime) -> list[int]:
    """Destroy the active tenant's root keys, or those below a version; return their versions. To be done alone."""
    doomed = RootKey.objects.filter(destroyed_at=None)
    if below is not None:
        doomed = doomed.filter(version__lt=below)
    versions = sorted(doomed.values_list("version", flat=True))
    doomed.update(wrapped=None, destroyed_at=at)
    renew_stamp()
    _rings.pop(required_tenant_id(), None)
    return versions


def rewrap_root_keys() -> int:
    """Wrap the active tenant's root keys by the master key of today; return how many were not. Raises KeyUnavailable.

    The roots stay what they are, so processes go on with what they have read.
    """
    rewrapped = 0
    for row in RootKey.objects.select_for_update().filter(destroyed_at=None).order_by("version"):
        root, is_present = _unwrapped(row)
        if not is_present:
            row.wrapped = kms.service().wrap(root, context=wrapping_context(row.tenant_id, row.version))
            row.save(update_fields=["wrapped"])
            rewrapped += 1
    return rewrapped


def check_root_keys() -> None:
    """Read the active tenant's keys anew. Raises KeyUnavailable, saying what to set."""
    _load(required_tenant_id())


def current_cipher(tenant_id: uuid.UUID) -> tuple[int, AESGCM]:
    """Return version and cipher for new values of the tenant, whose scope is open. Raises KeyUnavailable."""
    ring = _ring(tenant_id)
    return ring.newest, ring.data[ring.newest]


def cipher_of(tenant_id: uuid.UUID, version: int) -> AESGCM:
    """Return the cipher that values of this version were written by. Raises KeyUnavailable."""
    try:
        return _ring(tenant_id).data[version]
    except KeyError as error:
        raise KeyUnavailable(f"The tenant's root key of version {version} was destroyed, or never was.") from error


def index_key(tenant_id: uuid.UUID, kind: str, version: int) -> bytes:
    """Return the key of one kind of search token. Raises KeyUnavailable."""
    try:
        return _ring(tenant_id).index[version][kind]
    except KeyError as error:
        raise KeyUnavailable(f"The tenant's root key of version {version} was destroyed, or never was.") from error


def versions(tenant_id: uuid.UUID) -> list[int]:
    """Return the versions under which values and tokens may stand, the newest first. Raises KeyUnavailable."""
    return sorted(_ring(tenant_id).data, reverse=True)


def _ring(tenant_id: uuid.UUID) -> _Ring:
    ring = _rings.get(tenant_id)
    if ring is None or ring.stamp != current_stamp():
        ring = _rings[tenant_id] = _load(tenant_id)
    return ring


def _load(tenant_id: uuid.UUID) -> _Ring:
    rows = list(RootKey.objects.filter(tenant_id=tenant_id).order_by("version"))
    live = [row for row in rows if row.destroyed_at is None]
    if not live:
        raise KeyUnavailable(
            "The keys of this tenant were destroyed: its personal data cannot be read any more."
            if rows
            else "This tenant has no root key."
        )
    roots = {row.version: _unwrapped(row)[0] for row in live}
    return _Ring(
        stamp=current_stamp(),
        data={version: AESGCM(_derive(root, "data")) for version, root in roots.items()},
        index={
            version: {kind: _derive(root, f"index {kind}") for kind in TOKEN_KINDS} for version, root in roots.items()
        },
    )


def _unwrapped(row: RootKey) -> tuple[bytes, bool]:
    try:
        return kms.unwrap(bytes(row.wrapped), context=wrapping_context(row.tenant_id, row.version))
    except WrongMasterKey as error:
        raise KeyUnavailable(
            f"The root key of the tenant {row.tenant.slug} was wrapped by another master key. Set CRM_MASTER_KEY (or"
            " CRM_MASTER_KEY_FILE, or CRM_KMS) to that one; if the master key was changed, set"
            " CRM_MASTER_KEY_PREVIOUS to the old one and run manage.py rewrap_keys."
        ) from error


def _derive(root: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"crm {purpose} key v1".encode()).derive(root)


def wrapping_context(tenant_id: uuid.UUID, version: int) -> bytes:
    """Return what a wrapped root key is bound to."""
    return b"crm root key" + tenant_id.bytes + version.to_bytes(2)
