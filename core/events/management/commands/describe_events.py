import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core.events.registry import EventType, declared

HEAD = """# Events

What the product tells of what happens in it: receivers in its own rooms, and later partners. Written by
`manage.py describe_events --out docs/events.md` from what the rooms declare; a test says when it is out of date.

Every event has an `id` (UUIDv7, the same however often it is delivered), a `name`, a `version` of its payload, the
`subject_id` of the record that it is about, `occurred_at`, and a payload that holds ids, numbers and states, and
nothing of a person. A payload changes only with its version. Each receiver's effect is made once, in no certain
order; whoever passes an event on may do so more than once, with the same id.
"""


class Command(BaseCommand):
    help = "Print every event with its payload, as docs/events.md has it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, help="write to this file instead")

    def handle(self, *args: Any, **options: Any) -> None:
        text = "\n".join([HEAD, *map(described, declared().values())])
        if options["out"]:
            options["out"].write_text(text, encoding="utf-8")
        else:
            self.stdout.write(text, ending="")


def described(event: EventType) -> str:
    """Return one event's section."""
    schema = json.dumps(event.schema(), indent=2)
    return (
        f"## {event.name}, version {event.version}\n\n{event.doc} Subject: {event.subject}.\n\n```json\n{schema}\n```\n"
    )
