"""Backups of the whole database: made by pg_dump, encrypted, proved by restoring them, restored with the erasures."""

from courier_crm.backups.errors import BackupRefused
from courier_crm.backups.services import Contents, check_backup, make_backup, put_in_place, restore_backup

__all__ = ["BackupRefused", "Contents", "check_backup", "make_backup", "put_in_place", "restore_backup"]
