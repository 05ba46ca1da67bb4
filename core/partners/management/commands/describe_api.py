import json
import subprocess
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
        parser.add_argument("--against", metavar="REVISION", help="write nothing; compare with that of a git revision")

    def handle(self, *args: Any, **options: Any) -> None:
        place = settings.BASE_DIR / PLACE
        text = json.dumps(description(), ensure_ascii=False, indent=1) + "\n"
        if options["against"]:
            self._compare(options["against"], text)
            return
        if place.exists() and not options["may_break"]:
            _refuse_breaks(place.read_text(encoding="utf-8"), text)
        place.write_text(text, encoding="utf-8")
        self.stdout.write(f"{PLACE} is written.")

    def _compare(self, revision: str, text: str) -> None:
        command = ["git", "show", f"{revision}:{PLACE.as_posix()}"]
        shown = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
        if shown.returncode:
            self.stdout.write(f"There is no description in {revision} to compare with.")
            return
        _refuse_breaks(shown.stdout, text)
        self.stdout.write(f"Programs that were written by the description in {revision} go on working.")


def _refuse_breaks(old: str, new: str) -> None:
    if broken := breaks(json.loads(old), json.loads(new)):
        raise CommandError("Programs of partners would break:\n" + "\n".join(broken))
