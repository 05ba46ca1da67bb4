from core.tenancy.errors import DomainError


class BackupRefused(DomainError):
    """What is wrong with a file, a key or a database, and what to do; nothing was changed."""

    code = "backup_refused"
