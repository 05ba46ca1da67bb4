"""Every route of the URLconf, found by walking it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Route:
    """One address: its name with the namespaces, the ids it takes, the view behind it."""

    name: str
    path: str
    arguments: tuple[str, ...]
    view: Any
    methods: frozenset[str]
    actions: Mapping[str, str]

    @property
    def is_api(self) -> bool:
        return self.path.startswith("api/")


def all_routes(urlconf: str | None = None) -> list[Route]:
    return list(_walk(get_resolver(urlconf), "", "", ()))


def _walk(resolver: URLResolver, path: str, namespace: str, arguments: tuple[str, ...]) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        below = path + str(entry.pattern)
        known = (*arguments, *entry.pattern.converters)
        if isinstance(entry, URLPattern):
            view = _view_of(entry.callback)
            actions = getattr(entry.callback, "actions", {})
            methods = _methods_of(entry.callback, view)
            yield Route(f"{namespace}{entry.name}", below, known, view, methods, actions)
        else:
            inside = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, below, inside, known)


def _view_of(callback: Any) -> Any:
    return getattr(callback, "view_class", None) or getattr(callback, "cls", None) or callback


def _methods_of(callback: Any, view: Any) -> frozenset[str]:
    """Return the methods that the view answers; a plain function is taken to answer them all."""
    if actions := getattr(callback, "actions", None):
        return frozenset(actions)
    if not isinstance(view, type):
        return frozenset(METHODS)
    return frozenset(method for method in METHODS if method in view.http_method_names and hasattr(view, method))
