"""What every resource of the API stands on."""

import uuid
from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, ClassVar

import django_filters
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from core.audit.services import record
from core.partners import bodies, conditions
from core.partners.idempotency import Once, Replay
from core.partners.parameters import Parameters, Sort
from core.partners.revealing import CONTEXT, Revealed
from core.partners.serializers import InputSerializer, ResourceSerializer

SAFE = frozenset({"GET", "HEAD"})
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
# What no address of a resource answers to: a method that it has no action for, and OPTIONS.
NOT_ALLOWED = frozenset({None, "metadata"})
# Whatever else a resource does is a write, so that a new action is never open to who may only read.
READS = NOT_ALLOWED | frozenset({"list", "retrieve", "by_number", "search", "plan", "may_contact"})


@cache
def _names_of(serializer_class: type[ResourceSerializer]) -> list[str]:
    """Return the fields of a serializer, which are dear to make."""
    return list(serializer_class().fields)


class Resource(GenericViewSet):
    """A resource: its rows, who may read and write them, and what a list of them offers.

    A subclass returns its rows from `rows()`. `serializer_class` shows one in a list, `record_serializer_class` one by
    itself; `inputs` names what each writing action reads, `asks` what an action that asks something of its own reads
    from the address, `answers` what an action answers with that is no record,
    `successes` the answers by status of an action that has others than its kind, `bulk_kinds` the kind of rows of each
    action that takes many, `refusals` the status and the place in the body of each DomainError that is no plain 409.
    """

    model: ClassVar[type[models.Model]]
    permission_required: ClassVar[str]
    write_permission: ClassVar[str] = ""
    filters: ClassVar[type[django_filters.FilterSet]]
    sorts: ClassVar[Sequence[Sort]]
    default_sort: ClassVar[str]
    record_serializer_class: ClassVar[type[ResourceSerializer] | None] = None
    inputs: ClassVar[Mapping[str, type[InputSerializer]]] = {}
    asks: ClassVar[Mapping[str, type[Serializer]]] = {}
    answers: ClassVar[Mapping[str, type[Serializer]]] = {}
    successes: ClassVar[Mapping[str, Mapping[int, Any]]] = {}
    bulk_kinds: ClassVar[Mapping[str, str]] = {}
    refusals: ClassVar[Mapping[str, tuple[int, str | None]]] = {}
    # Without OPTIONS: the description says what there is.
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    parameters: Parameters
    revealed: Revealed | None = None
    once: Once | None = None
    shown: models.Model | None = None

    @classmethod
    def permission_for(cls, action: str | None) -> str:
        """Return the permission that an action needs."""
        return cls.permission_required if action in READS else cls.write_permission

    def rows(self) -> QuerySet[Any]:
        """Return the rows that `action` may show."""
        raise NotImplementedError

    def filters_of(self, given: QueryDict) -> type[django_filters.FilterSet]:
        """Return the filters of a list; one that has more for some tenants adds them where an address asks for any."""
        return self.filters

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the key first and the address's parameters then, so that strangers learn nothing of them."""
        super().initial(request, *args, **kwargs)
        self.revealed = Revealed(request.auth)
        if self.action in NOT_ALLOWED:
            return
        self.parameters = self._parameters(request)
        self.parameters.check()
        if request.method in WITH_BODY:
            body = bodies.read(request._request, may_be_gzip=self.action in self.bulk_kinds)
            if request.method == "POST":
                self.once = Once.begin(request._request, body=body, by=request.auth, at=timezone.now())

    @property
    def field_names(self) -> list[str]:
        """The fields of a record's answer; none of an answer that is no record."""
        is_record = self.action not in self.answers and self.action not in self.bulk_kinds
        return _names_of(self.get_serializer_class()) if is_record else []

    def _parameters(self, request: Request) -> Parameters:
        names = self.field_names
        if self.action != "list":
            flags = ("wait",) if self.action in self.bulk_kinds else ()
            asks = self.asks.get(self.action)
            return Parameters(
                given=request.query_params, resource=self.basename, field_names=names, flags=flags, asks=asks
            )
        return Parameters(
            given=request.query_params,
            # With the ids of what the list stands below.
            resource=request.path,
            field_names=names,
            expandable=self.get_serializer_class().expandable,
            sorts=self.sorts,
            default_sort=self.default_sort,
            filters=self.filters_of(request.query_params),
        )

    def handle_exception(self, exc: Exception) -> HttpResponse:
        if isinstance(exc, Replay):
            self._record_reads(exc.revealed_records)
            return exc.response
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Give a record its ETag, note what personal data the answer shows, keep it for the same request again."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if not isinstance(response, Response):
            return response
        response.render()
        if self.shown is not None and response.content:
            etag = conditions.etag_of(getattr(self.shown, "version", None), response.content)
            response.headers["ETag"] = etag
            if request.method in SAFE and conditions.is_unchanged(request, etag):
                return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": etag})
        revealed_records = 0 if self.revealed is None else self.revealed.records
        self._record_reads(revealed_records)
        if self.once is not None:
            self.once.keep(response, revealed_records=revealed_records, at=timezone.now())
        return response

    def _record_reads(self, records: int) -> None:
        if records:
            details = {"resource": self.basename, "records": records}
            record("personal.read_by_key", by=self.request.auth, at=timezone.now(), details=details)

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return self.model.all_tenants.none()
        return self.rows()

    def find(self, pk: uuid.UUID) -> Any:
        """Return a record as it is shown by itself. Raises DoesNotExist."""
        return self.rows().get(pk=pk)

    def get_object(self) -> Any:
        try:
            self.shown = self.find(uuid.UUID(self.kwargs["pk"]))
        except (ValueError, self.model.DoesNotExist):
            raise Http404 from None
        return self.shown

    def get_serializer_class(self) -> type[ResourceSerializer]:
        if self.action != "list" and self.record_serializer_class is not None:
            return self.record_serializer_class
        return self.serializer_class

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), CONTEXT: self.revealed}

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        parameters = getattr(self, "parameters", None)
        if parameters is not None:
            kwargs.update(only=parameters.fields, expand=parameters.expand)
        return super().get_serializer(*args, **kwargs)

    def read_input(self) -> dict[str, Any]:
        """Return the body as the action takes it. Raises ValidationError, naming each field that it does not."""
        serializer = self.inputs[self.action](data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def check_version(self, row: Any, *, is_required: bool) -> int | None:
        """Hold the write unless the caller has seen the record as it stands; return the version that it is to have
        still when it is locked, None for any.
        """
        conditions.check_version(self.request, row.version, is_required=is_required)
        names_one = self.request.headers.get("If-Match", conditions.ANY).strip() != conditions.ANY
        return row.version if is_required or names_one else None

    def check_upsert(self, stored: Any) -> int | None:
        """Do the same for a record that may not be there yet (None); 0 is the version of one that is to be new."""
        if conditions.check_absent(self.request, exists=stored is not None):
            return 0
        return None if stored is None else self.check_version(stored, is_required=False)

    def answer_with(
        self, row: Any, *, status: int = HTTPStatus.OK, location: str = "", is_read: bool = False
    ) -> Response:
        """Answer with one record, read anew as a GET would show it, unless it is as `rows` brings it."""
        self.shown = row if is_read else self.find(row.pk)
        headers = {"Location": location} if location else None
        return Response(self.get_serializer(self.shown).data, status=status, headers=headers)
