"""A little work that a browser does before it may send the form, so that sending thousands is dear.

The challenge is sealed for one tenant and a while; an answer is a number that, written behind the challenge, gives a
SHA-256 with so many zero bits at its beginning. That a challenge makes one lead only the table of leads sees to.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from django.core import signing

from core.tenancy.scope import required_tenant_id

# About 65,000 hashes: some tenths of a second on a telephone.
BITS = 16
LONGEST_ANSWER = 16
OPEN_SECONDS = 2 * 60 * 60


def new_challenge(texts: Mapping[str, int], *, source: str = "") -> str:
    """Return a challenge; it says which version of each purpose's text was shown beside it, and by which source they
    came.
    """
    facts = {"nonce": secrets.token_urlsafe(9), "texts": dict(texts), "source": source}
    return signing.dumps(facts, salt=_salt())


def open_challenge(sealed: str) -> dict[str, Any] | None:
    """Return what a challenge says, or None where it is none of ours or its time is over."""
    try:
        return signing.loads(sealed, salt=_salt(), max_age=OPEN_SECONDS)
    except signing.BadSignature:
        return None


def is_solved(sealed: str, answer: str) -> bool:
    """Tell whether the answer is a right one."""
    if not (answer.isascii() and answer.isdigit() and len(answer) <= LONGEST_ANSWER):
        return False
    found = hashlib.sha256(f"{sealed}:{answer}".encode()).digest()
    return int.from_bytes(found[:4], "big") >> (32 - BITS) == 0


def key_of(sealed: str) -> str:
    """Return by what a challenge that was used is known."""
    return hashlib.sha256(sealed.encode()).hexdigest()


def _salt() -> str:
    return f"lifecycle.joining:{required_tenant_id()}"
