from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from core.tenancy.errors import DomainError


@contextmanager
def refused_as(error: type[DomainError]) -> Iterator[None]:
    """Turn a refusal of the database's unique constraint into words."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as refused:
        if getattr(refused.__cause__, "pgcode", None) != "23505":
            raise
        raise error from refused
