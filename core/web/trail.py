"""The audit trail in people's words: who did what, and which fields changed from what to what."""

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import ForeignKey
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.audit.actions import field_label, label_of, value_label
from core.audit.models import AuditEvent
from core.audit.services import SYSTEM
from core.tenancy.models import TenantModel

USER_KIND = "user"

# For each kind of subject, what gives the words and the address of records by their ids.
Describe = Callable[[Collection[uuid.UUID]], dict[uuid.UUID, tuple[str, str]]]
_subjects: dict[str, Describe] = {}


def register_subject(kind: str, describe: Describe) -> None:
    """Say how records of a kind ("customers.customer") are named in the trail, and where they are; in one query.

    Raises ValueError for a kind that is taken.
    """
    if _subjects.setdefault(kind, describe) is not describe:
        raise ValueError(f"The trail knows how to name {kind!r} already.")


@dataclass(frozen=True)
class Change:
    """One field: `old` and `new` in words, both None where it is personal and stays hidden."""

    label: str
    old: str | None
    new: str | None

    @property
    def is_hidden(self) -> bool:
        return self.old is None


@dataclass(frozen=True)
class Line:
    """One event as it is shown."""

    event: AuditEvent
    action: str
    actor: str
    subject: str
    subject_url: str
    changes: list[Change]
    details: list[tuple[str, str]]


def words_of(line: Line) -> str:
    """Return what a line tells besides who, what and when, in one text."""
    said = [
        _("%(field)s: changed, hidden") % {"field": change.label}
        if change.is_hidden
        else f"{change.label}: {change.old} → {change.new}"
        for change in line.changes
    ]
    said += [f"{label}: {value}" for label, value in line.details]
    if line.event.reason:
        said.append(f"{_('Reason')}: {line.event.reason}")
    return "; ".join(said)


def history_of(subject: TenantModel, *, limit: int = 20) -> list[Line]:
    """Return the newest events of one record; two queries."""
    events = list(AuditEvent.objects.filter(subject_id=subject.pk).order_by("-happened_at", "-pk")[:limit])
    names = _names(events)
    return [_line(event, names, {}) for event in events]


def lines_of(events: Iterable[AuditEvent]) -> list[Line]:
    """Return events in words; one query for the names of everybody in them, and one for each kind of subject."""
    events = list(events)
    names = _names(events)
    subjects = _described(events)
    return [_line(event, names, subjects) for event in events]


def _described(events: Sequence[AuditEvent]) -> dict[uuid.UUID, tuple[str, str]]:
    found: dict[uuid.UUID, tuple[str, str]] = {}
    for kind in {event.subject_kind for event in events} & set(_subjects):
        found |= _subjects[kind]({event.subject_id for event in events if event.subject_kind == kind})
    return found


def _line(event: AuditEvent, names: dict[str, str], subjects: dict[uuid.UUID, tuple[str, str]]) -> Line:
    subject, subject_url = subjects.get(event.subject_id, (names.get(str(event.subject_id), ""), ""))
    return Line(
        event=event,
        action=label_of(event.action),
        actor=_actor(event, names),
        subject=subject,
        subject_url=subject_url,
        changes=[_change(event.subject_kind, name, pair, names) for name, pair in event.changes.items()],
        details=[(field_label(name), value_label(name, _words(value))) for name, value in event.details.items()],
    )


def _names(events: Sequence[AuditEvent]) -> dict[str, str]:
    """Return the names of all users whose ids stand anywhere in the events, by id."""
    found: set[uuid.UUID] = set()
    for event in events:
        found |= {each for each in (event.actor_id, event.subject_id) if each}
        for pair in event.changes.values():
            found |= {each for each in map(_as_id, pair or ()) if each}
    people = User.objects.filter(pk__in=found).values_list("pk", "name")
    return {str(pk): name for pk, name in people}


def _as_id(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _actor(event: AuditEvent, names: dict[str, str]) -> str:
    if event.actor_kind == SYSTEM:
        return _("The system")
    if event.actor_kind == USER_KIND:
        return names.get(str(event.actor_id), _("Somebody who is gone"))
    return _("A partner's key")


def _change(kind: str, name: str, pair: list[Any] | None, names: dict[str, str]) -> Change:
    if pair is None:
        return Change(field_label(name), None, None)
    old, new = (_value(kind, name, value, names) for value in pair)
    return Change(field_label(name), old, new)


def _value(kind: str, name: str, value: Any, names: dict[str, str]) -> str:
    try:
        field = apps.get_model(kind)._meta.get_field(name)
    except (LookupError, FieldDoesNotExist):
        return _words(value)
    if isinstance(field, ForeignKey) and value:
        return names.get(value, _("set"))
    labels = {str(choice): label for choice, label in field.flatchoices}
    return str(labels[str(value)]) if str(value) in labels else _words(value)


def _words(value: Any) -> str:
    if value is True:
        return _("Yes")
    if value is False:
        return _("No")
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return "–" if value in {None, ""} else str(value)
