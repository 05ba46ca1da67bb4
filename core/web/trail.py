"""The audit trail in people's words: who did what, and which fields changed from what to what."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts.permissions import may
from core.audit.actions import Keys, field_label, is_technical, keys_of, label_of, show_of, value_label
from core.audit.models import AuditEvent
from core.audit.services import SYSTEM
from core.tenancy.fields import MoneyField
from core.tenancy.models import TenantModel
from core.tenancy.scope import current_tenant
from core.web.templatetags.web import format_money

# Free words, which may name somebody: for who may read the whole trail.
REASONS = "audit.view"
ACTORS = {"user": "accounts.user", "apikey": "partners.apikey"}
NEWEST = 20


@dataclass(frozen=True)
class Change:
    """One field: `old` and `new` in words, both None where it is personal and stays hidden."""

    label: str
    old: str | None
    new: str | None

    @property
    def is_hidden(self) -> bool:
        return self.old is None


@dataclass(frozen=True, kw_only=True)
class Line:
    """What happened once, as it is shown; `reason` is what somebody gave as one, unless `is_reason_hidden`."""

    at: datetime
    action: str
    actor: str
    subject: str = ""
    subject_url: str = ""
    changes: list[Change] = field(default_factory=list)
    details: list[tuple[str, str]] = field(default_factory=list)
    reason: str = ""
    is_reason_hidden: bool = False


@dataclass(frozen=True)
class History:
    """The newest lines of some records; there are more where it `is_cut`."""

    lines: list[Line]
    is_cut: bool


@dataclass(frozen=True, order=True)
class Done:
    """When something was done, and who did it, in words."""

    at: datetime
    by: str


def words_of(line: Line) -> str:
    """Return what a line tells besides who, what and when, in one text."""
    said = [
        _("%(field)s: changed, hidden") % {"field": change.label}
        if change.is_hidden
        else f"{change.label}: {change.old} → {change.new}"
        for change in line.changes
    ]
    said += [f"{label}: {value}" for label, value in line.details]
    if line.reason:
        said.append(f"{_('Reason')}: {line.reason}")
    return "; ".join(said)


# Give the words and the address of records by their ids.
Describe = Callable[[Collection[uuid.UUID]], dict[uuid.UUID, tuple[str, str]]]
# Give the newest lines of records, up to so many.
Tell = Callable[[Collection[uuid.UUID], int], Iterable[Line]]


@dataclass(frozen=True)
class Subject:
    describe: Describe
    permission: str


@dataclass(frozen=True)
class Source:
    action: str
    tell: Tell
    permission: str


_subjects: dict[str, Subject] = {}
_sources: dict[str, list[Source]] = defaultdict(list)
_details: dict[str, str] = {}


def register_subject(kind: str, describe: Describe, *, permission: str) -> None:
    """Say how records of a kind ("customers.customer") are named in the trail and where they are, in one query, and
    who may see what became of them; no permission where the page itself knows whom it is for.

    Raises ValueError for a kind that is taken.
    """
    if _subjects.setdefault(kind, Subject(describe, permission)).describe is not describe:
        raise ValueError(f"The trail knows how to name {kind!r} already.")


def register_source(kind: str, *, action: str, tell: Tell, permission: str) -> None:
    """Add to the history of records of a kind what another table keeps of them for good, in one query."""
    _sources[kind].append(Source(action, tell, permission))


def register_detail(name: str, kind: str) -> None:
    """Say that a detail of events is the id of a record of a kind, or None, to be named as a subject is."""
    _details[name] = kind


def subject_kinds() -> set[str]:
    return set(_subjects)


def history_of(*records: TenantModel, user: Any, only: Collection[str] = (), limit: int = NEWEST) -> History:
    """Return what became of the records, the newest first; of `only` some actions, where they are named.

    One query for the events, one for the names of each kind of record in them and for the keys of each field that has
    such, one for each other source. Technical details are left out. Raises KeyError for a kind that is not registered.
    """
    kinds = {record._meta.label_lower for record in records}
    seen = {kind for kind in kinds if _may(user, _subjects[kind].permission)}
    ids = {record.pk for record in records if record._meta.label_lower in seen}
    events = AuditEvent.objects.filter(subject_id__in=ids, **({"action__in": only} if only else {}))
    lines = list(_lines(list(events.order_by("-happened_at", "-pk")[: limit + 1]), user, are_subjects_named=False))
    for source in (source for kind in seen for source in _sources[kind]):
        if _may(user, source.permission) and (not only or source.action in only):
            lines += source.tell(ids, limit + 1)
    lines.sort(key=lambda line: line.at, reverse=True)
    return History(lines[:limit], is_cut=len(lines) > limit)


def last_change_of(
    subject: TenantModel, name: str, *, only: Collection[str] = (), to: Any = None
) -> tuple[str, datetime | None]:
    """Return who changed a field of a record last, and when; nobody where the trail does not tell.

    Where the record's parts have fields of the same name, `only` are the actions that tell of such a part, and the
    one is meant in which the field has the value `to`. Two queries.
    """
    events = AuditEvent.objects.filter(subject_id=subject.pk, changes__has_key=name)
    if only:
        events = events.filter(action__in=only)
    for event in events.order_by("-happened_at", "-pk")[:NEWEST]:
        pair = event.changes[name]
        if not only or pair is None or pair[1] == to:
            names = _named([event], are_subjects_named=False)
            return _actor(event.actor_kind, event.actor_id, names), event.happened_at
    return "", None


def lines_of(events: Iterable[AuditEvent], *, user: Any) -> list[Line]:
    """Return events in words; one query for the names of each kind of record in them."""
    return list(_lines(list(events), user, are_subjects_named=True))


@dataclass(frozen=True)
class Asked:
    """An action of the trail; with `told` one that changed a field of that name, or names it among its details
    as `changed`; with a subject one that was done to it.
    """

    action: str
    told: str = ""
    subject_id: uuid.UUID | None = None


def last_done(asked: Collection[Asked]) -> dict[Asked, Done]:
    """Return when each of what is asked for was last done, and by whom; one query for the events, by their index, and
    one for the names of each kind of actor.
    """
    order = list(asked)
    newest = [_newest(each).annotate(place=Value(place)) for place, each in enumerate(order)]
    columns = ("place", "happened_at", "actor_kind", "actor_id")
    parts = [events.values_list(*columns)[:1] for events in newest]
    found = list(parts[0].union(*parts[1:], all=True)) if parts else []
    wanted: dict[str, set[uuid.UUID]] = defaultdict(set)
    for _place, _at, actor_kind, actor_id in found:
        if actor_kind in ACTORS:
            wanted[ACTORS[actor_kind]].add(actor_id)
    names: dict[uuid.UUID, tuple[str, str]] = {}
    for kind in sorted(wanted):
        names |= _subjects[kind].describe(wanted[kind])
    return {order[place]: Done(at, _actor(kind, actor_id, names)) for place, at, kind, actor_id in found}


def _newest(asked: Asked) -> models.QuerySet[AuditEvent]:
    events = AuditEvent.objects.filter(action=asked.action)
    if asked.subject_id is not None:
        events = events.filter(subject_id=asked.subject_id)
    if asked.told:
        events = events.filter(Q(changes__has_key=asked.told) | Q(details__changed__contains=[asked.told]))
    return events.order_by("-happened_at", "-pk")


def _may(user: Any, permission: str) -> bool:
    return not permission or may(user, permission)


def _lines(events: Sequence[AuditEvent], user: Any, *, are_subjects_named: bool) -> Iterator[Line]:
    names = _named(events, are_subjects_named=are_subjects_named)
    keys = _keys_in(events)
    shows_reasons = _may(user, REASONS)
    for event in events:
        subject = _subjects.get(event.subject_kind)
        name, url = names.get(event.subject_id, ("", "")) if are_subjects_named else ("", "")
        has_reason = event.__dict__["reason"] is not None
        yield Line(
            at=event.happened_at,
            action=label_of(event.action),
            actor=_actor(event.actor_kind, event.actor_id, names),
            subject=name,
            subject_url=url if subject and _may(user, subject.permission) else "",
            changes=list(_changes(event, names, keys)),
            details=[
                (field_label(key), _detail(key, value, names))
                for key, value in event.details.items()
                if are_subjects_named or not is_technical(key)
            ],
            reason=event.reason if has_reason and shows_reasons else "",
            is_reason_hidden=has_reason and not shows_reasons,
        )


Names = Mapping[Any, tuple[str, str]]


def _named(events: Sequence[AuditEvent], *, are_subjects_named: bool) -> Names:
    """Return words and addresses of all records whose ids stand in the events, by id."""
    wanted: dict[str, set[uuid.UUID]] = defaultdict(set)
    for event in events:
        if event.actor_id:
            wanted[ACTORS.get(event.actor_kind, "")].add(event.actor_id)
        if event.subject_id and are_subjects_named:
            wanted[event.subject_kind].add(event.subject_id)
        for name, pair in event.changes.items():
            if target := _target_of(_field(event.subject_kind, name)):
                wanted[target] |= {uuid.UUID(value) for value in pair or () if value}
        for name in event.details.keys() & _details.keys():
            if event.details[name]:
                wanted[_details[name]].add(uuid.UUID(event.details[name]))
    found: dict[uuid.UUID, tuple[str, str]] = {}
    for kind in sorted(wanted.keys() & _subjects.keys()):
        found |= _subjects[kind].describe(wanted[kind])
    return found


def _actor(kind: str, actor_id: uuid.UUID | None, names: Names) -> str:
    if kind == SYSTEM:
        return _("The system")
    name = names.get(actor_id, ("", ""))[0]
    if kind == "user":
        return name or _("Somebody who is gone")
    return _("API key “%(name)s”") % {"name": name}


def _has_keys(pair: Any) -> bool:
    return pair is not None and isinstance(pair[0], dict) and isinstance(pair[1], dict)


def _keys_in(events: Iterable[AuditEvent]) -> dict[str, Keys]:
    """Return the words of the keys of each field that changed by key."""
    named = {name for event in events for name, pair in event.changes.items() if _has_keys(pair)}
    return {name: keys_of(name) for name in sorted(named)}


def _changes(event: AuditEvent, names: Names, keys: Mapping[str, Keys]) -> Iterator[Change]:
    for name, pair in event.changes.items():
        if pair is None:
            yield Change(field_label(name), None, None)
        elif _has_keys(pair):
            yield from _changed_keys(name, keys[name], *pair)
        else:
            stored = _field(event.subject_kind, name)
            yield Change(field_label(name), *(_value(stored, name, value, names) for value in pair))


def _changed_keys(name: str, keys: Keys, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for key in sorted(old | new):
        before, after = old.get(key), new.get(key)
        if before != after:
            label = keys.labels.get(key) or f"{field_label(name)}, {key}"
            yield Change(str(label), _of_key(keys, key, before), _of_key(keys, key, after))


def _of_key(keys: Keys, key: str, value: Any) -> str:
    return _words(value) if value in (None, "", []) or keys.say is None else keys.say(key, value)


def _field(kind: str, name: str) -> Any:
    try:
        return apps.get_model(kind)._meta.get_field(name)
    except (LookupError, ValueError, FieldDoesNotExist):
        return None


def _target_of(stored: Any) -> str:
    return stored.related_model._meta.label_lower if isinstance(stored, models.ForeignKey) else ""


def _value(stored: Any, name: str, value: Any, names: Names) -> str:
    """Return the words of a field's value, as the trail keeps it."""
    if value in (None, "") or stored is None:
        return _said(name, value)
    if isinstance(stored, models.ForeignKey):
        return names.get(uuid.UUID(value), (_("one that is gone"), ""))[0]
    if isinstance(stored, MoneyField):
        return format_money(Decimal(value), current_tenant().currency)
    if isinstance(stored, models.DateTimeField):
        return timezone.localtime(datetime.fromisoformat(value)).strftime("%Y-%m-%d %H:%M")
    labels = {str(choice): label for choice, label in stored.flatchoices}
    return str(labels[str(value)]) if str(value) in labels else _said(name, value)


def _detail(name: str, value: Any, names: Names) -> str:
    if value and name in _details:
        return names.get(uuid.UUID(value), (_("one that is gone"), ""))[0]
    if value is not None and (show := show_of(name)):
        return show(value)
    return _said(name, value)


def _said(name: str, value: Any) -> str:
    if isinstance(value, list):
        return _(", ").join(_said(name, each) for each in value) or "–"
    return value_label(name, value) if isinstance(value, str) and value else _words(value)


def _words(value: Any) -> str:
    if value is True:
        return _("Yes")
    if value is False:
        return _("No")
    if isinstance(value, list):
        return _(", ").join(map(_words, value)) or "–"
    if isinstance(value, int):
        return f"{value:,}"
    return "–" if value in (None, "") else str(value)
