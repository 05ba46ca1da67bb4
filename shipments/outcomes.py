"""What became of a shipment or a scan that somebody sent."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from shipments.rows import WARNINGS


@dataclass(slots=True)
class Outcome:
    """What became of one row: created, updated, unchanged or failed, with codes and reasons.

    `fields` are those that made it fail, each by its code, where they are known.
    """

    line: int
    waybill_number: str
    status: str = "unchanged"
    codes: Sequence[str] = ()
    reasons: Sequence[str | Promise] = ()
    fields: Sequence[str] = ()

    def warn(self, code: str) -> None:
        self.codes = [*self.codes, code]
        self.reasons = [*self.reasons, WARNINGS[code]]

    def fail(self, code: str, reason: str | Promise, *fields: str) -> None:
        self.status, self.fields = "failed", fields
        self.codes, self.reasons = [code] * max(1, len(fields)), [reason] * max(1, len(fields))
