"""What there is to translate in the sources, found without gettext's programs."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation.template import templatize

# The functions that mark a text, and which of their arguments are singular, plural and context.
SIMPLE = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
CONTEXT = {"pgettext", "pgettext_lazy"}
CONTEXT_PLURAL = {"npgettext", "npgettext_lazy"}
STRING = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
TEMPLATE_CALL = re.compile(rf"\b(n?p?gettext|_)\(({STRING}(?:\s*,\s*{STRING})*)", re.DOTALL)


@dataclass(frozen=True)
class Message:
    """One text to translate and the place that asks for it."""

    singular: str
    plural: str | None
    context: str | None
    place: str


def messages(root: Path, *, skip: Iterable[str]) -> list[Message]:
    """Return every marked text of the Python files and templates under the root, in a stable order."""
    skipped = set(skip)
    found: list[Message] = []
    for file in sorted([*root.rglob("*.py"), *root.rglob("*.html"), *root.rglob("*.txt")]):
        inside = file.relative_to(root)
        if any(part in skipped or part.startswith(".") for part in inside.parts):
            continue
        source = file.read_text(encoding="utf-8")
        place = inside.as_posix()
        found += from_python(source, place) if file.suffix == ".py" else from_template(source, place)
    return found


def from_python(source: str, place: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source, place)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
        texts = []
        for argument in node.args:
            if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                break
            texts.append(argument.value)
        yield from _message(name, texts, place)


def from_template(source: str, place: str) -> Iterator[Message]:
    for call in TEMPLATE_CALL.finditer(templatize(source, origin=place)):
        texts = [ast.literal_eval(text) for text in re.findall(STRING, call[2], re.DOTALL)]
        yield from _message(call[1], texts, place)


def _message(name: str, texts: list[str], place: str) -> Iterator[Message]:
    match texts:
        case [singular, *_] if name in SIMPLE:
            yield Message(singular, None, None, place)
        case [singular, plural, *_] if name in PLURAL:
            yield Message(singular, plural, None, place)
        case [context, singular, *_] if name in CONTEXT:
            yield Message(singular, None, context, place)
        case [context, singular, plural, *_] if name in CONTEXT_PLURAL:
            yield Message(singular, plural, context, place)
