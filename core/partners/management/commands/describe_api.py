import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.partners.compatibility import breaks
from core.partners.schema import description

PLACE = Path("docs") / "openapi.json"


class Command(BaseCommand):
    help = f"Write the description of the API to {PLACE}; refused where it breaks programs written by the one there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--break", dest="may_break", action="store_true", help="write it even so")

    def handle(self, *args: Any, **options: Any) -> None:
        place = settings.BASE_DIR / PLACE
        text = json.dumps(description(), ensure_ascii=False, indent=1) + "\n"
        if place.exists() and not options["may_break"]:
            broken = breaks(json.loads(place.read_text(encoding="utf-8")), json.loads(text))
            if broken:
                raise CommandError("Programs of partners would break:\n" + "\n".join(broken))
        place.write_text(text, encoding="utf-8")
        self.stdout.write(f"{PLACE} is written.")
