"""Encrypted files of any size: AES-256-GCM chunk by chunk, in bounded memory.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015): a key of the file's own, a nonce that
counts the chunks, and a mark on the last one, so that a file that was cut, added to, reordered or altered does not
open. The header is magic, version, id of the key and salt; the file's key is derived from all of it (HKDF, RFC 5869).
"""

import base64
import binascii
import os
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from courier_crm.backups.errors import BackupRefused

MAGIC = b"CRMBACK\n"
VERSION = 1
KEY_BYTES = 32
ID_BYTES = 8
SALT_BYTES = 32
HEADER_BYTES = len(MAGIC) + 1 + ID_BYTES + SALT_BYTES
CHUNK_BYTES = 1 << 20
TAG_BYTES = 16
HOW_TO_MAKE_A_KEY = (
    "`openssl rand -base64 32` makes one; keep it apart from the backups, and as long as any of them is kept."
)


def key_from(text: str) -> bytes:
    """Return the key in a setting's text. Raises BackupRefused."""
    if not text:
        raise BackupRefused(f"Set CRM_BACKUP_KEY, or CRM_BACKUP_KEY_FILE to a file that holds it. {HOW_TO_MAKE_A_KEY}")
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise BackupRefused(f"CRM_BACKUP_KEY is not 32 bytes in base64. {HOW_TO_MAKE_A_KEY}")
    return key


class SealedWriter:
    """Encrypts what is written to it; the file is whole only once `close` has returned."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._file = file
        header = MAGIC + bytes([VERSION]) + _id_of(key) + os.urandom(SALT_BYTES)
        self._cipher = _cipher(key, header)
        self._number = 0
        self._buffer = bytearray()
        file.write(header)

    def write(self, content: bytes) -> None:
        """Add `content`; a chunk leaves when it is known not to be the last."""
        self._buffer += content
        while len(self._buffer) > CHUNK_BYTES:
            self._seal(bytes(self._buffer[:CHUNK_BYTES]), is_last=False)
            del self._buffer[:CHUNK_BYTES]

    def close(self) -> None:
        """Write the last chunk; the file itself is left open."""
        self._seal(bytes(self._buffer), is_last=True)
        self._buffer.clear()

    def _seal(self, content: bytes, *, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), content, None))
        self._number += 1


def opened(file: BinaryIO, key: bytes) -> Iterator[bytes]:
    """Yield what was written, chunk by chunk, each only after it was authenticated.

    Raises BackupRefused, for a cut file after all its whole chunks: who acts on them reads the file twice.
    """
    cipher = _cipher(key, _checked_header(file.read(HEADER_BYTES), key))
    number, sealed = 0, file.read(CHUNK_BYTES + TAG_BYTES)
    while True:
        following = file.read(CHUNK_BYTES + TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(number, is_last=not following), sealed, None)
        except InvalidTag as error:
            raise BackupRefused(
                f"The file is damaged: it was cut or altered at about byte {HEADER_BYTES + number * CHUNK_BYTES:,}."
                " Take another copy of it, or the backup before."
            ) from error
        if not following:
            return
        number, sealed = number + 1, following


def _checked_header(header: bytes, key: bytes) -> bytes:
    if not header.startswith(MAGIC):
        raise BackupRefused("The file is no backup of this product: manage.py backup makes one.")
    if len(header) < HEADER_BYTES:
        raise BackupRefused("The file is damaged: it ends within its header. Take another copy of it.")
    version = header[len(MAGIC)]
    if version != VERSION:
        raise BackupRefused(
            f"The file is of version {version}, and this product reads version {VERSION}: restore it with the release"
            " that made it, then update."
        )
    if header[len(MAGIC) + 1 :][:ID_BYTES] != _id_of(key):
        raise BackupRefused(
            "The file was made under another backup key: set CRM_BACKUP_KEY or CRM_BACKUP_KEY_FILE to that one."
        )
    return header


def _cipher(key: bytes, header: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt=None, info=b"crm backup file v1" + header).derive(key))


def _id_of(key: bytes) -> bytes:
    return HKDF(SHA256(), ID_BYTES, salt=None, info=b"crm backup key id v1").derive(key)


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11) + bytes([is_last])
