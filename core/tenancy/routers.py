from typing import Any


class OwnerMigratesRouter:
    """Tables are made by the owner's connection alone; the application's role could not."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"

    def allow_relation(self, obj1: Any, obj2: Any, **hints: Any) -> bool:
        return True
