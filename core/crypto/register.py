"""The register of personal data: what every field of every model holds. Rooms fill it in AppConfig.ready().

It drives masking, export, erasure, the audit trail and what may stand in a log.
"""

from enum import StrEnum

from django.db import models


class Kind(StrEnum):
    """What a field holds: nothing of a person, something of a person, or something that can hurt them."""

    BUSINESS = "business"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


_fields: dict[tuple[str, str], Kind] = {}
# The same in every model.
PLUMBING = frozenset({"id", "tenant"})


def classify(label: str, *, business: str = "", personal: str = "", sensitive: str = "") -> None:
    """Classify fields of the model `label` ("customers.Customer"), each kind as names between blanks.

    Raises ValueError for a field that has two kinds.
    """
    for kind, names in ((Kind.BUSINESS, business), (Kind.PERSONAL, personal), (Kind.SENSITIVE, sensitive)):
        for name in names.split():
            key = (label.lower(), name)
            if _fields.setdefault(key, kind) != kind:
                raise ValueError(f"{label}.{name} is both {_fields[key]} and {kind}.")


def kind_of(field: models.Field) -> Kind:
    """Return what a field holds. Raises KeyError for one that nobody classified."""
    if field.name in PLUMBING:
        return Kind.BUSINESS
    return _fields[field.model._meta.label_lower, field.name]


def classified() -> dict[tuple[str, str], Kind]:
    """Return the whole register: (model label in lower case, field name) → kind."""
    return dict(_fields)
