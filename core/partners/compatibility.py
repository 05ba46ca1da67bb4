"""What a new description of the API breaks for programs that were written by the old one."""

from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]
METHODS = ("get", "put", "post", "delete", "patch")


def breaks(old: Document, new: Document) -> list[str]:
    """Return what of the old description the new one takes away, or asks for besides."""
    return [*_operations(old, new), *_schemas(old, new)]


def _operations(old: Document, new: Document) -> Iterator[str]:
    for path, methods in old["paths"].items():
        for method in filter(methods.__contains__, METHODS):
            name = f"{method.upper()} {path}"
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{name} is gone"
            else:
                yield from _operation(name, methods[method], now)


def _operation(name: str, old: Document, new: Document) -> Iterator[str]:
    if old["operationId"] != new["operationId"]:
        yield f"{name} is called {new['operationId']}"
    before, after = _parameters(old), _parameters(new)
    for each in before:
        if each not in after:
            yield f"{name} takes {each} no longer"
        else:
            yield from _narrowed(f"{name}: {each}", before[each]["schema"], after[each]["schema"])
    for each, parameter in after.items():
        if parameter.get("required") and not before.get(each, {}).get("required"):
            yield f"{name} now needs {each}"
    for status in old["responses"]:
        if status not in new["responses"]:
            yield f"{name} answers {status} no longer"
    if "requestBody" in new and "requestBody" not in old:
        yield f"{name} now needs a body"
    for media_type in _media_types(old) - _media_types(new):
        yield f"{name} reads {media_type} no longer"


def _parameters(operation: Document) -> dict[str, Document]:
    return {f"{each['in']} {each['name']}": each for each in operation.get("parameters", [])}


def _media_types(operation: Document) -> set[str]:
    return set(operation.get("requestBody", {}).get("content", {}))


def _schemas(old: Document, new: Document) -> Iterator[str]:
    read = _bodies(new)
    for name, schema in old["components"]["schemas"].items():
        now = new["components"]["schemas"].get(name)
        if now is None:
            yield f"{name} is gone"
            continue
        yield from _narrowed(name, schema, now)
        if name in read:
            for field in set(now.get("required", [])) - set(schema.get("required", [])):
                yield f"{name} now needs {field}"
        else:
            for field in set(schema.get("required", [])) - set(now.get("required", [])):
                yield f"{name} may lack {field}"


def _bodies(document: Document) -> set[str]:
    """Return the schemas that stand in bodies of requests, and what they refer to."""
    found: set[str] = set()
    waiting = [
        operation.get("requestBody", {})
        for methods in document["paths"].values()
        for operation in methods.values()
        if isinstance(operation, Mapping)
    ]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(document["components"]["schemas"][name])
    return found


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        if "$ref" in part:
            yield part["$ref"].rpartition("/")[2]
        for below in part.values():
            yield from _references(below)
    elif isinstance(part, list):
        for below in part:
            yield from _references(below)


def _narrowed(place: str, old: Document, new: Document) -> Iterator[str]:
    """Yield the fields and values that are gone, and the types and limits that are others."""
    for field, schema in old.get("properties", {}).items():
        if field not in new.get("properties", {}):
            yield f"{place}.{field} is gone"
        else:
            yield from _narrowed(f"{place}.{field}", schema, new["properties"][field])
    for value in set(old.get("enum", [])) - set(new.get("enum", old.get("enum", []))):
        yield f"{place} knows {value!r} no longer"
    for word in ("type", "format", "$ref"):
        if old.get(word) != new.get(word):
            yield f"{place}: {word} is {new.get(word)!r}, was {old.get(word)!r}"
    yield from _limits(place, old, new)
    if "items" in old and "items" in new:
        yield from _narrowed(f"{place}[]", old["items"], new["items"])


def _limits(place: str, old: Document, new: Document) -> Iterator[str]:
    for word in ("maxLength", "maximum", "maxItems"):
        if new.get(word, float("inf")) < old.get(word, float("inf")):
            yield f"{place}: {word} is {new[word]}"
    for word in ("minLength", "minimum", "minItems"):
        if new.get(word, float("-inf")) > old.get(word, float("-inf")):
            yield f"{place}: {word} is {new[word]}"
