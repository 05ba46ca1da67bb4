"""What every resource of the API stands on."""

from collections.abc import Sequence
from typing import Any, ClassVar

import django_filters
from django.db import models
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from core.audit.services import record
from core.partners.parameters import Parameters, Sort
from core.partners.revealing import CONTEXT, Revealed
from core.partners.serializers import ResourceSerializer


class Resource(GenericViewSet):
    """A resource: its rows, who may read them, and what a list of them offers.

    A subclass returns its rows from `rows()`; `serializer_class` shows one in a list, `record_serializer_class`
    one by itself.
    """

    model: ClassVar[type[models.Model]]
    permission_required: ClassVar[str]
    filters: ClassVar[type[django_filters.FilterSet]]
    sorts: ClassVar[Sequence[Sort]]
    default_sort: ClassVar[str]
    record_serializer_class: ClassVar[type[ResourceSerializer] | None] = None
    # Without OPTIONS: the description says what there is.
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    parameters: Parameters
    revealed: Revealed | None = None

    def rows(self) -> QuerySet[Any]:
        """Return the rows that `action` may show."""
        raise NotImplementedError

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the key first and the address's parameters then, so that strangers learn nothing of them."""
        super().initial(request, *args, **kwargs)
        self.revealed = Revealed(request.auth)
        if self.action is None:
            return
        self.parameters = self._parameters(request)
        self.parameters.check()

    def _parameters(self, request: Request) -> Parameters:
        names = list(self.get_serializer_class()().fields)
        if self.action != "list":
            return Parameters(given=request.query_params, resource=self.basename, field_names=names)
        return Parameters(
            given=request.query_params,
            resource=self.basename,
            field_names=names,
            sorts=self.sorts,
            default_sort=self.default_sort,
            filters=self.filters,
        )

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return self.model.all_tenants.none()
        return self.rows()

    def get_serializer_class(self) -> type[ResourceSerializer]:
        if self.action != "list" and self.record_serializer_class is not None:
            return self.record_serializer_class
        return self.serializer_class

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), CONTEXT: self.revealed}

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Keep in the trail, in one row, that the answer shows personal data, and of how many records."""
        if self.revealed is not None and self.revealed.records:
            details = {"resource": self.basename, "records": self.revealed.records}
            record("personal.read_by_key", by=request.auth, at=timezone.now(), details=details)
        return super().finalize_response(request, response, *args, **kwargs)

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        parameters = getattr(self, "parameters", None)
        if parameters is not None:
            kwargs["only"] = parameters.fields
        return super().get_serializer(*args, **kwargs)
