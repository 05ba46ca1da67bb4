"""Fields that are ciphertext in the database, and text, bytes or JSON in Python.

A value is format (1 byte), key version (2), nonce (12), then AES-256-GCM ciphertext with its tag. The associated
data names format, tenant, table, column and row, so a value moved elsewhere cannot be read (NIST SP 800-38D).
"""

import json
import os
import uuid
from functools import cache
from typing import Any, Self

import structlog
from cryptography.exceptions import InvalidTag
from django.apps import apps
from django.db import models

from core.crypto import keys
from core.crypto.tokens import token, unique_gram

FORMAT = 1
HEADER_BYTES = 3 + keys.NONCE_BYTES

log = structlog.get_logger(__name__)


class Undecryptable(ValueError):
    """The stored value was cut, moved or forged; the message names the place it stands in."""

    def __init__(self, table: str, column: str, row_id: uuid.UUID) -> None:
        super().__init__(f"{table}.{column} of row {row_id} is damaged, or does not belong there.")


class Ciphertext(bytes):
    """What the database holds; opened when the attribute is read."""


def encrypt(text: str, *, tenant_id: uuid.UUID, table: str, column: str, row_id: uuid.UUID) -> Ciphertext:
    """Return `text` encrypted for this one place."""
    return encrypt_bytes(text.encode(), tenant_id=tenant_id, table=table, column=column, row_id=row_id)


def decrypt(value: bytes, *, tenant_id: uuid.UUID, table: str, column: str, row_id: uuid.UUID) -> str:
    """Return the text of a stored value. Raises Undecryptable, or KeyUnavailable."""
    return decrypt_bytes(value, tenant_id=tenant_id, table=table, column=column, row_id=row_id).decode()


def encrypt_bytes(content: bytes, *, tenant_id: uuid.UUID, table: str, column: str, row_id: uuid.UUID) -> Ciphertext:
    """Return `content` encrypted for this one place."""
    version, cipher = keys.current_cipher(tenant_id)
    nonce = os.urandom(keys.NONCE_BYTES)
    sealed = cipher.encrypt(nonce, content, _place(tenant_id, table, column, row_id))
    return Ciphertext(bytes([FORMAT]) + version.to_bytes(2) + nonce + sealed)


def decrypt_bytes(value: bytes, *, tenant_id: uuid.UUID, table: str, column: str, row_id: uuid.UUID) -> bytes:
    """Return the content of a stored value. Raises Undecryptable, or KeyUnavailable."""
    if len(value) < HEADER_BYTES + 16 or value[0] != FORMAT:
        raise Undecryptable(table, column, row_id)
    cipher = keys.cipher_of(tenant_id, version_of(value))
    try:
        place = _place(tenant_id, table, column, row_id)
        return cipher.decrypt(value[3:HEADER_BYTES], value[HEADER_BYTES:], place)
    except InvalidTag as error:
        raise Undecryptable(table, column, row_id) from error


def version_of(value: bytes) -> int:
    """Return the version of the tenant's keys that a stored value was written under."""
    return int.from_bytes(value[1:3])


def _place(tenant_id: uuid.UUID, table: str, column: str, row_id: uuid.UUID) -> bytes:
    return b"\0".join([bytes([FORMAT]), tenant_id.bytes, table.encode(), column.encode(), row_id.bytes])


def readable(instance: Any, name: str) -> Any:
    """Return an encrypted value, or None for one that does not open, which is logged.

    For lists and look-ups, where one damaged row must not take the others away.
    """
    try:
        return getattr(instance, name)
    except Undecryptable:
        log.exception("crypto.damaged")
        return None


class _Attribute:
    """Opens the ciphertext when the attribute is first read."""

    def __init__(self, field: "EncryptedField") -> None:
        self.field = field

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        value = instance.__dict__[name]
        if isinstance(value, Ciphertext):
            return self.field.opened(decrypt_bytes(value, **self.field.place_of(instance)))
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedField(models.Field):
    """A value that only the tenant's key opens; it cannot be filtered, sorted or changed by update().

    A subclass says how its values become bytes (`sealable`) and come back (`opened`).
    """

    def sealable(self, value: Any) -> bytes:
        raise NotImplementedError

    def opened(self, content: bytes) -> Any:
        raise NotImplementedError

    def get_internal_type(self) -> str:
        return "BinaryField"

    def contribute_to_class(self, cls: type, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _Attribute(self))

    def place_of(self, instance: Any) -> dict[str, Any]:
        """Return where a value of this field in `instance` belongs."""
        return {
            "tenant_id": instance.tenant_id,
            "table": self.model._meta.db_table,
            "column": self.column,
            "row_id": instance.pk,
        }

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Ciphertext | None:
        return None if value is None else Ciphertext(value)

    def pre_save(self, model_instance: Any, add: bool) -> Ciphertext | None:
        if self.attname not in model_instance.__dict__:
            raise ValueError(f"{self.name} was left in the database, so it cannot be saved: read it first.")
        value = model_instance.__dict__[self.attname]
        if value is None:
            return None
        place = self.place_of(model_instance)
        if isinstance(value, Ciphertext):
            # Read before the keys changed, it would bring back what the rotation has just replaced.
            if version_of(value) == keys.current_cipher(place["tenant_id"])[0]:
                return value
            return encrypt_bytes(decrypt_bytes(value, **place), **place)
        return encrypt_bytes(self.sealable(value), **place)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        if not isinstance(value, Ciphertext):
            raise TypeError(f"{self.name} is encrypted for its row: save the instance instead.")
        return connection.Database.Binary(value)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise TypeError(f"{self.name} is encrypted: it cannot be filtered.")

    def clone(self) -> Self:
        return super().clone()


class EncryptedTextField(EncryptedField):
    """Encrypted text."""

    def sealable(self, value: Any) -> bytes:
        return str(value).encode()

    def opened(self, content: bytes) -> str:
        return content.decode()

    def to_python(self, value: Any) -> str | None:
        return None if value is None else str(value)


class EncryptedBinaryField(EncryptedField):
    """Encrypted bytes, such as a file or a part of one. It is opened anew at every reading of the attribute."""

    def sealable(self, value: Any) -> bytes:
        return bytes(value)

    def opened(self, content: bytes) -> bytes:
        return content


class EncryptedJSONField(EncryptedField):
    """An encrypted JSON value; a change inside of it is kept only when the attribute is set."""

    def sealable(self, value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False).encode()

    def opened(self, content: bytes) -> Any:
        return json.loads(content)


class BlindIndexField(models.BigIntegerField):
    """A keyed fingerprint of the encrypted text beside it, by which the database keeps that unique without reading it.

    `of` names the field of the text. It is made anew whenever it is saved: name both in `update_fields`. A rotation
    makes it anew together with the text, so until its end the same text may stand under two versions: who writes
    compares the clear values as well, under a lock.
    """

    def __init__(self, *args: Any, of: str, **kwargs: Any) -> None:
        self.of = of
        super().__init__(*args, null=True, editable=False, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["null"], kwargs["editable"]
        return name, path, args, {**kwargs, "of": self.of}

    def pre_save(self, model_instance: Any, add: bool) -> int | None:
        text = getattr(model_instance, self.of)
        fingerprint = None if text is None else fingerprint_of(text, tenant_id=model_instance.tenant_id)
        setattr(model_instance, self.attname, fingerprint)
        return fingerprint


def fingerprint_of(text: str, *, tenant_id: uuid.UUID) -> int:
    """Return the fingerprint of a text under the newest of the tenant's keys; texts that differ in case share it."""
    return token(tenant_id, unique_gram(text))


def blind_indexes(model: type[models.Model]) -> list[BlindIndexField]:
    """Return the fingerprints that a model keeps of its encrypted texts."""
    return [field for field in model._meta.local_concrete_fields if isinstance(field, BlindIndexField)]


@cache
def encrypted_fields() -> dict[type[models.Model], list[EncryptedField]]:
    """Return the encrypted fields of every model of the product that has some; the registry of models is complete."""
    found = {
        model: [field for field in model._meta.local_concrete_fields if isinstance(field, EncryptedField)]
        for model in apps.get_models()
    }
    return {model: fields for model, fields in found.items() if fields}
