"""Every action that the trail may hold and every field it may name, in words; rooms declare theirs in
AppConfig.ready().
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

_labels: dict[str, str | Promise] = {}
_fields: dict[str, str | Promise] = {}
_values: dict[str, Callable[[], Mapping[str, str | Promise]]] = {}
_keys: dict[str, Callable[[], "Keys"]] = {}
_shown: dict[str, Callable[[Any], str]] = {}
_technical: set[str] = set()


def declare(name: str, label: str | Promise) -> None:
    """Declare an action such as "customer.updated"; `label` says it in people's words."""
    _labels[name] = label


def label_of(name: str) -> str:
    """Return an action's words, or its name where it is not declared any more."""
    return str(_labels.get(name, name))


def is_declared(name: str) -> bool:
    return name in _labels


def choices() -> list[tuple[str, str | Promise]]:
    """Return all declared actions by name, for a select box."""
    return sorted(_labels.items())


def declare_fields(**labels: str | Promise) -> None:
    """Declare the words of fields and details; one name has one meaning in the whole product.

    Raises ValueError for a name that has its words already.
    """
    twice = sorted(labels.keys() & _fields.keys())
    if twice:
        raise ValueError(f"The trail has words for these fields already: {', '.join(twice)}.")
    _fields.update(labels)


def fields() -> Mapping[str, str | Promise]:
    """Return the words of every declared field, by its name."""
    return dict(_fields)


def field_label(name: str) -> str:
    """Return a field's words, or its name where nobody declared them."""
    return str(_fields.get(name, name))


def declare_values(name: str, words: Callable[[], Mapping[str, str | Promise]]) -> None:
    """Declare how the values of a detail are said; `words` is asked when they are shown."""
    _values[name] = words


def value_label(name: str, value: str) -> str:
    """Return the words of a detail's value, or the value itself."""
    return str(_values[name]().get(value, value)) if name in _values else value


@dataclass(frozen=True)
class Keys:
    """What the keys of a field that holds several values are called, and how `say(key, value)` says their values."""

    labels: Mapping[str, str | Promise]
    say: Callable[[str, Any], str] | None = None


def declare_keys(name: str, keys: Callable[[], Keys]) -> None:
    """Declare the words of a field that holds several values by key; `keys` is asked when they are shown."""
    _keys[name] = keys


def keys_of(name: str) -> Keys:
    """Return the words of the keys of a field; it may take a query."""
    return _keys[name]() if name in _keys else Keys({})


def declare_shown(name: str, show: Callable[[Any], str]) -> None:
    """Declare how a detail that is a number of something, such as of bytes, is said."""
    _shown[name] = show


def show_of(name: str) -> Callable[[Any], str] | None:
    """Return how a detail is said, None where it is said as it stands."""
    return _shown.get(name)


def declare_technical(*names: str) -> None:
    """Declare details that prove something and tell readers of a record nothing: they stand in the trail alone."""
    _technical.update(names)


def is_technical(name: str) -> bool:
    return name in _technical
