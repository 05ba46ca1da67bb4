"""The text of an API key, as a partner holds it: crm_live_<prefix>_<secret>, or crm_test_… for the sandbox."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Self

LIVE, TEST = "crm_live", "crm_test"
PREFIX_BYTES = 6
SECRET_BYTES = 32
SHAPE = re.compile(rf"({LIVE}|{TEST})_([0-9a-f]{{12}})_([A-Za-z0-9_-]{{43}})", re.ASCII)


@dataclass(frozen=True)
class KeyText:
    """The prefix finds the key, the secret proves it; only the secret's hash is kept."""

    prefix: str
    secret: str
    is_test: bool = False

    @classmethod
    def generate(cls, *, is_test: bool = False, prefix: str = "") -> Self:
        """Return a new text; with the prefix of a key that is there, a second secret for it."""
        return cls(prefix or secrets.token_hex(PREFIX_BYTES), secrets.token_urlsafe(SECRET_BYTES), is_test)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return what the text holds, or None when it has not the shape of a key."""
        match = SHAPE.fullmatch(text)
        if match is None:
            return None
        mark, prefix, secret = match.groups()
        return cls(prefix, secret, mark == TEST)

    @property
    def secret_hash(self) -> bytes:
        """SHA-256 suffices: 32 random bytes cannot be guessed, so a slow hash would protect nothing more."""
        return hashlib.sha256(self.secret.encode()).digest()

    def proves(self, secret_hash: bytes) -> bool:
        """Compare with a stored hash, in a time that does not tell where they differ."""
        return hmac.compare_digest(self.secret_hash, secret_hash)

    def reveal(self) -> str:
        """Return the whole key, to be shown once."""
        return f"{mark_of(is_test=self.is_test)}_{self.prefix}_{self.secret}"

    def __repr__(self) -> str:
        return f"KeyText(prefix={self.prefix!r})"


def mark_of(*, is_test: bool) -> str:
    """Return what the text of a key begins with."""
    return TEST if is_test else LIVE
