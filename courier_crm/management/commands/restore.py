from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.audit.erasures import BadErasureLog
from core.crypto.errors import KeyUnavailable
from core.tenancy.errors import TenantBusy
from courier_crm.backups import BackupRefused, check_backup, put_in_place, restore_backup
from courier_crm.backups.sealed import key_from


class Command(BaseCommand):
    help = (
        "Restore a backup into a new database, prove it, and erase there again what was erased since. The database that"
        " serves is left as it is; with --replace the new one takes its name, and it is kept under another."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="what manage.py backup wrote")
        parser.add_argument("--check", action="store_true", help="only prove it, in a database that is dropped again")
        parser.add_argument("--into", metavar="NAME", default="", help="the new database (the present name_restored)")
        parser.add_argument("--erasures", type=Path, metavar="LOG", help="the newest that manage.py erasure_log wrote")
        parser.add_argument("--no-erasures", action="store_true", help="there is no log: nobody was erased since")
        parser.add_argument("--replace", action="store_true", help="put it in the place of the present database")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._restore(**options)
        except (BackupRefused, BadErasureLog, KeyUnavailable, TenantBusy) as error:
            raise CommandError(str(error)) from error

    def _restore(self, *, file: Path, check: bool, into: str, replace: bool, **options: Any) -> None:
        key, at = key_from(settings.BACKUP_KEY), timezone.now()
        if check:
            proved = check_backup(path=file, key=key)
            self.stdout.write(f"{file} of {proved.made_at:%Y-%m-%d %H:%M} UTC was restored and is the same.")
            return
        contents, name, replay = restore_backup(path=file, key=key, into=into, erasures=_log(options), at=at)
        self.stdout.write(
            f"{file} of {contents.made_at:%Y-%m-%d %H:%M} UTC is restored as {name}, and proved; {replay.done} erasures"
            f" done again, {replay.known} known already, {replay.unknown} of tenants that are not in it."
        )
        if replace:
            aside = put_in_place(name=name, at=at)
            self.stdout.write(f"It has taken its place; the database before is kept as {aside}.")
        else:
            self.stdout.write(f"Lead DATABASE_URL and DATABASE_OWNER_URL to {name}, and start the servers again.")


def _log(options: dict[str, Any]) -> Iterable[str]:
    """Return the lines of the log of erasures. Raises CommandError where nobody says whether there is one."""
    path = options["erasures"]
    if (path is None) != options["no_erasures"]:
        raise CommandError(
            "Give the newest log of erasures (--erasures FILE, which manage.py erasure_log --out FILE wrote), so that"
            " who was erased stays erased; where nobody was erased since the backup, say --no-erasures."
        )
    if path is None:
        return []
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}.") from error
