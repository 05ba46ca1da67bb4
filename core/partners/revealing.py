"""Personal data in answers: masked, or as it is stored for keys that may reveal it, which the audit trail keeps."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.accounts.permissions import may
from core.partners.models import ApiKey

CONTEXT = "revealed"


class Revealed:
    """What one answer reveals to a key: how many of its records hold personal data that is not masked."""

    def __init__(self, key: ApiKey) -> None:
        self.key = key
        self.records = 0
        self._allowed: dict[str, bool] = {}
        self._is_met = False

    def allows(self, permission: str) -> bool:
        """Tell whether the key holds the permission, asked once for each."""
        if permission not in self._allowed:
            self._allowed[permission] = may(self.key, permission)
        return self._allowed[permission]

    def note(self) -> None:
        """Keep that the record at hand shows something."""
        self._is_met = True

    def end_record(self) -> None:
        self.records += self._is_met
        self._is_met = False


@extend_schema_field(OpenApiTypes.STR)
class PersonalField(serializers.Field):
    """Something about a person: `masked` of the row, or `stored` for a key that holds the permission.

    `is_personal` tells the rows in which the value is about a person at all. A subclass whose rows do not tell how they
    are masked has a `mask()` of its own.
    """

    def __init__(
        self,
        *,
        stored: Callable[[Any], str | None],
        permission: str,
        masked: Callable[[Any], str] | None = None,
        is_personal: Callable[[Any], bool] = bool,
        **kwargs: Any,
    ) -> None:
        self.stored, self.masked, self.is_personal, self.permission = stored, masked, is_personal, permission
        super().__init__(**{**kwargs, "source": "*", "read_only": True})

    def to_representation(self, row: Any) -> str:
        revealed: Revealed | None = self.context.get(CONTEXT)
        if revealed is None or not revealed.allows(self.permission):
            return self.mask(row)
        value = self.stored(row)
        if value and self.is_personal(row):
            revealed.note()
        return value or ""

    def mask(self, row: Any) -> str:
        return self.masked(row)
