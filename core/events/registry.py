"""Every event the product tells, with its version and payload, and who receives it.

Rooms declare and receive in AppConfig.ready(); a room receives events of its own and of rooms to its left.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

KINDS = {"string": str, "integer": int, "array": list}


@dataclass(frozen=True)
class Field:
    """One fact of a payload; `type` is JSON Schema's string, integer, or array, which is of strings."""

    type: str
    doc: str
    values: Sequence[str] = ()
    format: str = ""
    is_nullable: bool = False

    def fits(self, value: Any) -> bool:
        """Tell whether the value is of this kind."""
        if value is None:
            return self.is_nullable
        if not isinstance(value, KINDS[self.type]) or isinstance(value, bool):
            return False
        items = value if self.type == "array" else [value]
        return all(not self.values or item in self.values for item in items)

    def schema(self) -> dict[str, Any]:
        """Return the fact's JSON Schema."""
        item = {"type": "string"} if self.type == "array" else {}
        allowed: dict[str, Any] = {"enum": [*self.values, *([None] if self.is_nullable else [])]} if self.values else {}
        return {
            "type": [self.type, "null"] if self.is_nullable else self.type,
            "description": self.doc,
            **({"format": self.format} if self.format else {}),
            **({"items": {**item, **allowed}} if item else allowed),
        }


def text(doc: str, *, values: Sequence[str] = (), is_nullable: bool = False) -> Field:
    return Field("string", doc, values=tuple(values), is_nullable=is_nullable)


def texts(doc: str, *, values: Sequence[str] = ()) -> Field:
    return Field("array", doc, values=tuple(values))


def whole_number(doc: str) -> Field:
    return Field("integer", doc)


def record_id(doc: str, *, is_nullable: bool = False) -> Field:
    return Field("string", doc, format="uuid", is_nullable=is_nullable)


def day(doc: str) -> Field:
    return Field("string", doc, format="date")


def moment(doc: str, *, is_nullable: bool = False) -> Field:
    return Field("string", doc, format="date-time", is_nullable=is_nullable)


@dataclass(frozen=True)
class EventType:
    """A kind of event; `subject` says what the event's `subject_id` is the id of."""

    name: str
    version: int
    subject: str
    payload: dict[str, Field]
    doc: str

    def check(self, payload: dict[str, Any]) -> None:
        """Raise ValueError for a payload that differs from the declared one."""
        if set(payload) != set(self.payload):
            raise ValueError(f"{self.name} carries {sorted(self.payload)}, not {sorted(payload)}.")
        for name, field in self.payload.items():
            if not field.fits(payload[name]):
                raise ValueError(f"{self.name} carries {name} as {field.schema()['type']}.")

    def schema(self) -> dict[str, Any]:
        """Return the payload's JSON Schema."""
        return {
            "type": "object",
            "properties": {name: field.schema() for name, field in self.payload.items()},
            "required": list(self.payload),
            "additionalProperties": False,
        }


Receiver = Callable[..., None]
_types: dict[str, EventType] = {}
_receivers: dict[str, tuple[str, Receiver]] = {}


def declare(name: str, *, version: int, subject: str, payload: dict[str, Field], doc: str) -> EventType:
    """Declare an event; a payload that changes is another version."""
    _types[name] = EventType(name, version, subject, payload, doc)
    return _types[name]


def event_type(name: str) -> EventType:
    """Return a declared event. Raises KeyError."""
    return _types[name]


def declared() -> dict[str, EventType]:
    """Return every declared event by name, in alphabetical order."""
    return dict(sorted(_types.items()))


def receive(event: str, *, name: str, call: Receiver) -> None:
    """Have `call(event=…, at=…)` called once for each such event published from now on.

    It runs in the tenant's scope; its effect and the note that it is done are one transaction. What it raises rolls
    its effect back, and it is called again later; a DomainError is a refusal and makes a dead letter at once. Events
    come in no certain order. `name` stands in the database and stays the same. Raises KeyError for an event that is
    not declared and ValueError for a name that is taken.
    """
    event_type(event)
    if name in _receivers:
        raise ValueError(f"There is a receiver {name!r} already.")
    _receivers[name] = (event, call)


def receiver_named(name: str) -> Receiver:
    """Return what is to be called. Raises KeyError."""
    return _receivers[name][1]


def receivers() -> list[tuple[str, str]]:
    """Return (event, receiver's name) for all receivers."""
    return [(event, name) for name, (event, _call) in _receivers.items()]


def is_received(event: str) -> bool:
    """Tell whether anybody receives the event."""
    return any(received == event for received, _call in _receivers.values())
