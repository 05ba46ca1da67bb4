from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.crypto.errors import KeyUnavailable
from courier_crm.backups import BackupRefused, make_backup
from courier_crm.backups.sealed import key_from


class Command(BaseCommand):
    help = (
        "Write an encrypted backup of the whole database, and prove it: it is restored into a throw-away database,"
        " whose rows, audit chains and a decrypted sample must be the same."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="where to write it; never over another")
        parser.add_argument(
            "--unproved", action="store_true", help="do not restore it here: restore --check does so elsewhere"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path, is_checked = options["file"], not options["unproved"]
        try:
            made = make_backup(path=path, key=key_from(settings.BACKUP_KEY), is_checked=is_checked, at=timezone.now())
        except (BackupRefused, KeyUnavailable) as error:
            raise CommandError(str(error)) from error
        figures = made.figures
        self.stdout.write(
            f"{path}: {path.stat().st_size:,} bytes, {sum(figures.rows.values()):,} rows in {len(figures.rows)} tables,"
            f" {len(figures.trails)} audit chains, {len(figures.sample)} values decrypted;"
            f" {'restored and the same' if is_checked else 'not proved yet'}."
        )
        for slug, (_head, *findings) in figures.trails.items():
            if findings:
                self.stderr.write(f"The audit trail of {slug} does not verify: manage.py verify_audit names where.")
