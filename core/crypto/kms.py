"""Whoever wraps the tenants' root keys: the master key on this machine, or a key service.

`CRM_KMS` names a class by its dotted path, made without arguments; it must do what KeyService says. Unset, it is
LocalMasterKey, which takes `CRM_MASTER_KEY` or `CRM_MASTER_KEY_FILE`. While `CRM_MASTER_KEY_PREVIOUS` is set, what
the new one does not open is opened by that local key, until `manage.py rewrap_keys` has made it needless.
"""

import base64
import binascii
import os
from collections.abc import Iterator
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from core.crypto.errors import WrongMasterKey

KEY_BYTES = 32
NONCE_BYTES = 12
HOW_TO_MEND = (
    "It must be 32 random bytes in base64: `openssl rand -base64 32` makes a new one;"
    " where there are data already, it must be the one that they were encrypted under."
)


class KeyService(Protocol):
    """What the product asks of a key service; `context` is bound to the key, as associated data."""

    def check(self) -> None:
        """Refuse to start without what the service needs. Raises ImproperlyConfigured, saying what to set."""

    def wrap(self, key: bytes, *, context: bytes) -> bytes:
        """Return the key encrypted by the master key."""

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytes:
        """Return the key. Raises WrongMasterKey for what another master key, or another context, has wrapped."""


class LocalMasterKey:
    """AES-256-GCM by a master key from the settings."""

    def __init__(self, setting: str = "MASTER_KEY") -> None:
        self.setting = setting

    def check(self) -> None:
        self._key()

    def wrap(self, key: bytes, *, context: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self._key()).encrypt(nonce, key, context)

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytes:
        try:
            return AESGCM(self._key()).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context)
        except InvalidTag as error:
            raise WrongMasterKey(f"CRM_{self.setting} is not the key that this was wrapped by.") from error

    def _key(self) -> bytes:
        text = getattr(settings, self.setting)
        if not text:
            raise ImproperlyConfigured(f"CRM_{self.setting} is not set. {HOW_TO_MEND}")
        try:
            key = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ImproperlyConfigured(f"CRM_{self.setting} is not base64. {HOW_TO_MEND}") from error
        if len(key) != KEY_BYTES:
            raise ImproperlyConfigured(f"CRM_{self.setting} holds {len(key)} bytes. {HOW_TO_MEND}")
        return key


def service() -> KeyService:
    """Return the service that wraps new keys. Raises ImproperlyConfigured."""
    try:
        return import_string(settings.KMS)()
    except ImportError as error:
        raise ImproperlyConfigured(
            f"CRM_KMS: there is no class {settings.KMS}. Unset it to use CRM_MASTER_KEY on this machine."
        ) from error


def unwrap(wrapped: bytes, *, context: bytes) -> tuple[bytes, bool]:
    """Return the key, and whether the service of today opened it. Raises WrongMasterKey."""
    failure: WrongMasterKey | None = None
    for is_present, each in _openers():
        try:
            return each.unwrap(wrapped, context=context), is_present
        except WrongMasterKey as error:
            failure = failure or error
    raise failure or WrongMasterKey


def _openers() -> Iterator[tuple[bool, KeyService]]:
    yield True, service()
    if settings.MASTER_KEY_PREVIOUS:
        yield False, LocalMasterKey("MASTER_KEY_PREVIOUS")
