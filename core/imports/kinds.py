"""What can be brought in by files: rooms register their kinds in AppConfig.ready()."""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext, override

from core.crypto.masking import mask_shape
from core.imports.enums import RowStatus
from core.tenancy.errors import DomainError

Text = str | Promise
Words = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class ImportField:
    """A fact that a column may hold.

    Besides by its name and its label, a column is recognised by `names`, or by values that `looks_like` says yes to.
    `mask` is how its values are shown before anybody has said to see them.
    """

    name: str
    label: Text
    is_required: bool = False
    names: Sequence[str] = ()
    looks_like: Callable[[str], bool] | None = None
    mask: Callable[[str], str] = str


@dataclass(slots=True)
class Row:
    """One row of a file at work.

    `cells` are the texts by field. A reader puts what they mean into `values`, `key` for what names the record to
    people, and `marks` for what no other row may have (same row again: nothing to do; another: refused). `alike` are
    marks that other rows may have, and then both are perhaps the same. `gist` is what only the whole file shows to be
    odd. Whoever writes sets `status`, the id of the record, and what stood there `before`; `owner_id` is the record
    whose erasure takes the row away. A row that is refused has reasons; what may be there already, hints; what goes in
    and is odd, warnings.
    """

    line: int
    cells: Mapping[str, str]
    key: str = ""
    marks: Sequence[str] = ()
    alike: Sequence[str] = ()
    values: dict[str, Any] = field(default_factory=dict)
    status: str = ""
    reasons: list[Words] = field(default_factory=list)
    hints: list[Words] = field(default_factory=list)
    warnings: list[Words] = field(default_factory=list)
    gist: str = ""
    record_id: uuid.UUID | str | None = None
    owner_id: uuid.UUID | None = None
    before: dict[str, Any] | None = None

    @property
    def is_refused(self) -> bool:
        return self.status == RowStatus.REFUSED

    def refuse(self, reason: Text | ValidationError | DomainError, label: Text = "") -> None:
        """Say why the row cannot go in; what it says is kept in every language."""
        self.status = RowStatus.REFUSED
        words = in_words(reason, label)
        if words not in self.reasons:
            self.reasons.append(words)

    def hint(self, text: Callable[[], str]) -> None:
        """Say that a row may be there already; `text` is called in each language."""
        self.hints.append({language: _said(text, language) for language, _name in settings.LANGUAGES})


def in_words(reason: Text | ValidationError | DomainError, label: Text = "") -> Words:
    """Return what a reason says in each language of the product, behind the label of what it is about."""

    def text() -> str:
        if isinstance(reason, ValidationError):
            said = " ".join(reason.messages)
        else:
            said = str(reason.message if isinstance(reason, DomainError) else reason)
        return gettext("%(field)s: %(reason)s") % {"field": label, "reason": said} if label else said

    return {language: _said(text, language) for language, _name in settings.LANGUAGES}


def _said(text: Callable[[], str], language: str) -> str:
    with override(language):
        return text()


Step = Callable[..., None]
Weigh = Callable[[Mapping[str, int]], Callable[[str], list[Words]] | None]


@dataclass(frozen=True, kw_only=True)
class ImportKind:
    """One kind of records that files bring in.

    `fields()` are those of the active tenant, and `key` is the one that names a record to people. Files are cut into
    parts of `rows_per_part`.
    `reader(present, at)` returns what reads one row, where the file has the columns `present`. `plan` says what would
    become of rows that could be read, `write` and `undo` do it (each with `rows`, `by` and `at`); each sets the rows'
    status, in few statements, in the caller's transaction. Refused rows that have `values` could be read in part:
    `plan` is asked what else is wrong with them. `weigh` is given how many rows have each gist, and returns
    what tells the warnings for a gist, or None where the whole file shows nothing odd. `list_url` is the page on which
    the records stand. Line breaks in the cells of its `long_fields` stay; elsewhere they are spaces.
    """

    name: str
    label: Text
    text: Text
    icon: str
    permission: str
    order: int
    key: str
    fields: Callable[[], Sequence[ImportField]]
    reader: Callable[[Collection[str], datetime], Callable[[Row], None]]
    plan: Step
    write: Step
    undo: Step
    list_url: str
    rows_per_part: int = 1000
    long_fields: frozenset[str] = frozenset()
    weigh: Weigh | None = None


_kinds: dict[str, ImportKind] = {}


def register(kind: ImportKind) -> None:
    """Add a kind; raises ValueError for a name that is taken."""
    if _kinds.setdefault(kind.name, kind) is not kind:
        raise ValueError(f"There is a kind of import {kind.name!r} already.")


def kind_of(name: str) -> ImportKind:
    """Return the kind of the name. Raises KeyError."""
    return _kinds[name]


def all_kinds() -> list[ImportKind]:
    return sorted(_kinds.values(), key=lambda kind: kind.order)


def labels() -> dict[str, Text]:
    """Return what each kind is called, by its name."""
    return {kind.name: kind.label for kind in all_kinds()}


def mask_values(values: Iterable[str], found: ImportField | None) -> list[str]:
    """Return values of a column as they are shown: by the field's mask, or where none was found by their shape."""
    mask = found.mask if found else mask_shape
    return [mask(value) for value in values]
