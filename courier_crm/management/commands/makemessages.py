"""Bring the translation files up to date with the sources, or check that they are; needs no gettext."""

from argparse import ArgumentParser
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from courier_crm.catalogues import Message, messages

SKIPPED = {"node_modules", "tests", "benchmarks", "docs", "script", "staticfiles", "migrations"}


class Command(BaseCommand):
    help = "Write the texts of the sources into locale/*.po; --check only says what is missing."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="change nothing; fail on a missing, stale, empty or unsure entry",
        )

    def handle(self, *args: object, **options: object) -> None:
        found = messages(Path(settings.BASE_DIR), skip=SKIPPED)
        problems = []
        for file in catalogue_files():
            catalogue = read(file)
            if options["check"]:
                problems += [f"{file}: {problem}" for problem in check(catalogue, found)]
                continue
            update(catalogue, found)
            file.write_bytes(as_bytes(catalogue))
            self.stdout.write(f"{file}: {len(catalogue)} texts, {len(list(untranslated(catalogue)))} to translate")
        if problems:
            raise CommandError("\n".join(problems))


def catalogue_files() -> list[Path]:
    """Return the file of each language but English, which is written in the sources."""
    folder = Path(settings.LOCALE_PATHS[0])
    files = [folder / "zh_Hans" / "LC_MESSAGES" / "django.po"]
    for file in files:
        if not file.exists():
            raise CommandError(f"{file} is missing.")
    return files


def read(file: Path) -> Catalog:
    with file.open("rb") as source:
        return read_po(source, locale=file.parts[-3])


def as_bytes(catalogue: Catalog) -> bytes:
    target = BytesIO()
    write_po(target, catalogue, width=110, sort_output=True, omit_header=False, include_lineno=False)
    return target.getvalue()


def key(message: Message) -> tuple[str, str | None]:
    return message.singular, message.context


def update(catalogue: Catalog, found: list[Message]) -> None:
    """Add what is new and remove what the sources no longer ask for; no translation is guessed."""
    wanted = {key(message) for message in found}
    for entry in list(catalogue):
        if entry.id and (singular_of(entry.id), entry.context) not in wanted:
            catalogue.delete(entry.id, entry.context)
    places: dict[tuple[str, str | None], set[str]] = {}
    for message in found:
        places.setdefault(key(message), set()).add(message.place)
    for message in found:
        entry = catalogue.get(message.singular, message.context)
        identity = (message.singular, message.plural) if message.plural else message.singular
        if entry is None or (message.plural and isinstance(entry.id, str)):
            translation = entry.string if entry else ""
            if entry:
                catalogue.delete(entry.id, entry.context)
            catalogue.add(identity, (translation,) if message.plural else translation, context=message.context)
            entry = catalogue.get(message.singular, message.context)
        entry.locations = [(place, None) for place in sorted(places[key(message)])]


def check(catalogue: Catalog, found: list[Message]) -> list[str]:
    """Return what is wrong with the catalogue, one line each."""
    there = {(singular_of(entry.id), entry.context) for entry in catalogue if entry.id}
    wanted = {key(message): message for message in found}
    return [
        *(f"missing, from {message.place}: {name[0]!r}" for name, message in wanted.items() if name not in there),
        *(
            f"no longer in the sources: {name!r}"
            for name, context in sorted(there, key=str)
            if (name, context) not in wanted
        ),
        *(f"not translated: {name!r}" for name in untranslated(catalogue)),
        *(f"unsure (fuzzy): {singular_of(entry.id)!r}" for entry in catalogue if entry.id and entry.fuzzy),
        *(f"{singular_of(entry.id)!r}: {error}" for entry in catalogue if entry.id for error in entry.check(catalogue)),
    ]


def untranslated(catalogue: Catalog) -> list[str]:
    return [
        singular_of(entry.id)
        for entry in catalogue
        if entry.id and not all(entry.string if isinstance(entry.string, tuple) else (entry.string,))
    ]


def singular_of(identity: str | tuple[str, ...] | list[str]) -> str:
    return identity if isinstance(identity, str) else identity[0]
