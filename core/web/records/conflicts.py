"""Two people at one record: what stood in it when one of them began, and how that differs from now."""

import binascii
import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.crypto.errors import KeyUnavailable
from core.crypto.fields import Undecryptable, decrypt, encrypt
from core.tenancy.models import TenantModel

THEIRS, MINE = "theirs", "mine"
# Of a long text so much is shown beside the others.
MOST_LETTERS = 200


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A fact in which what was typed differs from what stands there now, in words.

    `began` is None where it is not known any more; `has_moved` says that somebody else changed it since; `chosen` is
    what the reader takes, empty where that is to be decided.
    """

    name: str
    label: str
    began: str | None
    stands: str
    typed: str
    has_moved: bool
    chosen: str
    by: str = ""
    at: datetime | None = None

    @property
    def choice_name(self) -> str:
        return choice_of(self.name)


@dataclass(frozen=True)
class Conflict:
    """All differences, against the `version` of the record that stands there now."""

    differences: Sequence[Difference]
    version: int


def choice_of(name: str) -> str:
    """Return the name of the input by which one of the two values of a fact is chosen."""
    return f"choice-{name}"


# By the name of a fact: the digest of its value, and its words.
Began = Mapping[str, tuple[str, str]]


def seal_began(record: TenantModel, facts: Began) -> str:
    """Return what stood in a record when somebody began, encrypted for the form to bring back."""
    return urlsafe_b64encode(encrypt(json.dumps(facts, ensure_ascii=False), **_place(record))).decode()


def open_began(record: TenantModel, sealed: str) -> Began:
    """Return the same; nothing for what was made up, or sealed before the keys were changed."""
    try:
        facts = json.loads(decrypt(urlsafe_b64decode(sealed), **_place(record)))
    except (binascii.Error, ValueError, Undecryptable, KeyUnavailable):
        return {}
    return {name: (digest, words) for name, (digest, words) in facts.items()}


def digest_of(value: Any) -> str:
    """Return what tells one value of a fact from another: a personal one is not carried about, sealed or not."""
    return hashlib.sha256(json.dumps(value, default=str).encode()).hexdigest()[:32]


def _place(record: TenantModel) -> dict[str, Any]:
    return {"tenant_id": record.tenant_id, "table": record._meta.db_table, "column": "began", "row_id": record.pk}
