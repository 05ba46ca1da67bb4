"""Fields that are ciphertext in the database, and text, bytes or JSON in Python.

A value is format (1 byte), key version (2), nonce (12), then AES-256-GCM ciphertext with its tag. The associated
data names format, tenant, table, column and row, so a value moved elsewhere cannot be read (NIST SP 800-38D).
"""

import json
import os
import uuid
from collections.abc import Iterator
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from django.apps import apps
from django.db import models

from core.crypto import keys

FORMAT = 1
HEADER_BYTES = 3 + keys.NONCE_BYTES


class Undecryptable(ValueError):
    """The stored value was cut, moved or forged."""


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
        raise Undecryptable("This is not a stored value.")
    cipher = keys.cipher_of(tenant_id, version_of(value))
    try:
        place = _place(tenant_id, table, column, row_id)
        return cipher.decrypt(value[3:HEADER_BYTES], value[HEADER_BYTES:], place)
    except InvalidTag as error:
        raise Undecryptable("A stored value does not belong to this row, column or tenant.") from error


def version_of(value: bytes) -> int:
    """Return the version of the tenant's keys that a stored value was written under."""
    return int.from_bytes(value[1:3])


def _place(tenant_id: uuid.UUID, table: str, column: str, row_id: uuid.UUID) -> bytes:
    return b"\0".join([bytes([FORMAT]), tenant_id.bytes, table.encode(), column.encode(), row_id.bytes])


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
        value = model_instance.__dict__.get(self.attname)
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


def encrypted_fields() -> Iterator[tuple[type[models.Model], list[EncryptedField]]]:
    """Yield every model of the product that has encrypted fields, with them."""
    for model in apps.get_models():
        fields = [field for field in model._meta.local_concrete_fields if isinstance(field, EncryptedField)]
        if fields:
            yield model, fields
