"""Every event the product tells, with its version and payload; rooms declare theirs in AppConfig.ready()."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EventType:
    name: str
    version: int
    payload: dict[str, str]
    doc: str


_types: dict[str, EventType] = {}


def declare(name: str, *, version: int, payload: dict[str, str], doc: str) -> EventType:
    """Declare an event: `payload` maps each field to what it means."""
    _types[name] = EventType(name, version, payload, doc)
    return _types[name]


def event_type(name: str) -> EventType:
    """Return a declared event. Raises KeyError."""
    return _types[name]
