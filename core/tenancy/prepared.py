"""Queries that every request asks, put into SQL once: Django takes longer for that than the database to answer."""

import uuid
from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet

from core.tenancy.models import TenantModel
from core.tenancy.scope import required_tenant_id, standing_in

M = TypeVar("M", bound=TenantModel)


class Prepared(Generic[M]):
    """The query that `build` makes for an id: compiled once, then run for any id in any tenant's scope.

    `build` is called with ids that stand in for the tenant's and the given one; it may join to filter, not to fetch.
    """

    def __init__(self, build: Callable[[uuid.UUID], QuerySet[M]]) -> None:
        self.build = build

    def rows(self, given: uuid.UUID) -> list[M]:
        """Return the rows of the active tenant, in one query. Raises NoActiveTenant."""
        model, sql, parameters = self._compiled
        values = {self._tenant: required_tenant_id(), self._given: given}
        return list(model.objects.raw(sql, [values.get(each, each) for each in parameters]))

    _tenant, _given = uuid.uuid4(), uuid.uuid4()

    @cached_property
    def _compiled(self) -> tuple[type[M], str, list[Any]]:
        with standing_in(self._tenant):
            queryset = self.build(self._given)
        if queryset._prefetch_related_lookups or queryset.query.select_related:
            raise TypeError("A prepared query brings the rows of one table.")
        sql, parameters = queryset.query.sql_with_params()
        if not {self._tenant, self._given} <= set(parameters):
            raise TypeError("A prepared query asks for the tenant and the given id.")
        return queryset.model, sql, list(parameters)
