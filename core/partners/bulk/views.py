"""Jobs and the results of their rows over the API, and what resources that take many rows have in common."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from http import HTTPStatus
from itertools import islice
from typing import Any, ClassVar

from django.db import models
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from core.jobs.enums import BackgroundState
from core.jobs.models import BackgroundJob
from core.partners.bulk.kinds import RowStatus, kind_named, kinds_of
from core.partners.bulk.receiving import MOST_AWAITED, read_rows, receive
from core.partners.bulk.results import count_results, results_of
from core.partners.filters import CHOICE, RANGE, filters_for
from core.partners.models import BulkPart
from core.partners.paging import CursorPaging
from core.partners.permissions import JOBS
from core.partners.problems import problem_document
from core.partners.serializers import EXAMPLE_ID, ProblemSerializer, ResourceSerializer, SparseFields, example
from core.partners.views import Resource, Sort

EXAMPLE_JOB = {
    "id": EXAMPLE_ID,
    "kind": "shipments",
    "state": "done",
    "total": 3,
    "done": 3,
    "counts": {"created": 1, "updated": 0, "unchanged": 1, "failed": 1},
    "error": "",
    "created_at": "2026-03-02T04:30:00Z",
    "started_at": "2026-03-02T04:30:01Z",
    "finished_at": "2026-03-02T04:30:02Z",
}
EXAMPLE_WAITING = {
    "state": "waiting",
    "done": 0,
    "counts": {"created": 0, "updated": 0, "unchanged": 0, "failed": 0},
    "started_at": None,
    "finished_at": None,
}
EXAMPLE_RESULTS = [
    {"row": 1, "status": "created", "number": "SD202600001234", "warnings": [], "problem": None},
    {"row": 2, "status": "unchanged", "number": "SD202600001235", "warnings": ["zero_weight"], "problem": None},
    {
        "row": 3,
        "status": "failed",
        "number": "SD202600001236",
        "warnings": [],
        "problem": problem_document(
            400,
            code="invalid_body",
            errors=[{"pointer": "#/freight", "code": "required", "detail": "A new shipment needs this."}],
            request_id=EXAMPLE_ID,
        ),
    },
]
WAIT = OpenApiParameter(
    "wait",
    OpenApiTypes.BOOL,
    description=f"Answer when all rows are done, with their results; for at most {MOST_AWAITED} rows.",
)


class JobCountsSerializer(serializers.Serializer):
    """How many of the rows that are done became what."""

    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    failed = serializers.IntegerField()

    def to_representation(self, instance: Mapping[str, int]) -> dict[str, int]:
        return {name: instance.get(name, 0) for name in self.fields}


@extend_schema_serializer(examples=[example(EXAMPLE_JOB)])
class JobSerializer(ResourceSerializer):
    """Rows that were sent at once. `total` and `done` count rows; `error` says why a job failed as a whole."""

    counts = JobCountsSerializer(read_only=True)
    state = serializers.ChoiceField(BackgroundState.choices, read_only=True)

    class Meta:
        model = BackgroundJob
        fields = (
            "id",
            "kind",
            "state",
            "total",
            "done",
            "counts",
            "error",
            "created_at",
            "started_at",
            "finished_at",
        )
        read_only_fields = fields


class RowResultSerializer(SparseFields, serializers.Serializer):
    """What became of a row: the first is row 1. `number` is what the row calls its record."""

    row = serializers.IntegerField()
    status = serializers.ChoiceField(RowStatus.choices)
    number = serializers.CharField()
    warnings = serializers.ListField(child=serializers.CharField(), help_text="What was kept though it is odd.")
    problem = ProblemSerializer(allow_null=True, help_text="Why the row failed; null for the others.")


@extend_schema_serializer(examples=[example(EXAMPLE_RESULTS[2])])
class JobResultSerializer(RowResultSerializer):
    """The result of one row of a job."""


@extend_schema_serializer(examples=[example({**EXAMPLE_JOB, "results": EXAMPLE_RESULTS})])
class JobWithResultsSerializer(JobSerializer):
    """A job that is done, with the result of every row."""

    results = RowResultSerializer(many=True, read_only=True)

    class Meta(JobSerializer.Meta):
        fields = (*JobSerializer.Meta.fields, "results")
        read_only_fields = fields


@extend_schema_view(
    list=extend_schema(summary="List jobs"),
    retrieve=extend_schema(summary="Retrieve a job"),
)
class JobViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Rows that were sent at once, by any of the courier's keys; of the kinds that this key may send itself."""

    model = BackgroundJob
    permission_required = JOBS
    serializer_class = JobSerializer
    filters = filters_for(
        BackgroundJob,
        {"kind": ("kind", ("eq", "in")), "state": ("state", CHOICE), "created_at": ("created_at", RANGE)},
    )
    sorts = (Sort("created_at"),)
    default_sort = "-created_at"

    def rows(self) -> QuerySet[Any]:
        return BackgroundJob.objects.filter(kind__in=kinds_of(self.request.auth))


class _Row(models.Model):
    """What of a result the filters ask for."""

    status = models.CharField(max_length=10, choices=RowStatus.choices)

    class Meta:
        abstract = True
        app_label = "partners"


class ResultPaging(CursorPaging):
    """The same pages over results, which stand packed: the place is the row's number."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[dict[str, Any]]:
        self.parameters = view.parameters
        self.total = count_results(view.job, view.statuses) if self.parameters.include_total else None
        place = self.parameters.place
        found: Iterator[dict[str, Any]] = results_of(
            view.job,
            statuses=view.statuses,
            after=None if place is None else int(place[0]),
            is_descending=self.parameters.is_descending,
        )
        window = list(islice(found, self.parameters.limit + 1))
        self.has_more = len(window) > self.parameters.limit
        self.rows = window[: self.parameters.limit]
        return self.rows

    @property
    def next_cursor(self) -> str | None:
        return self.parameters.cursor_after(str(self.rows[-1]["row"]), "") if self.has_more else None


JOB = OpenApiParameter("job", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The job's id.")


@extend_schema(parameters=[JOB])
@extend_schema_view(list=extend_schema(summary="List the results of a job's rows"))
class JobResultViewSet(ListModelMixin, Resource):
    """What became of each row of a job, as far as it is done."""

    model = BulkPart
    permission_required = JOBS
    serializer_class = JobResultSerializer
    pagination_class = ResultPaging
    filters = filters_for(_Row, {"status": ("status", CHOICE)}, listed=BulkPart)
    sorts = (Sort("row"),)
    default_sort = "row"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action is not None:
            jobs = BackgroundJob.objects.filter(kind__in=kinds_of(request.auth))
            self.job = get_object_or_404(jobs, pk=self.kwargs["job"])

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset

    def rows(self) -> QuerySet[Any]:
        return BulkPart.objects.none()

    @cached_property
    def statuses(self) -> list[str]:
        """The statuses that the filters leave."""
        form = self.filters(data=self.request.query_params).form
        form.full_clean()
        asked = form.cleaned_data
        chosen = {
            "eq": lambda status, value: status == value,
            "ne": lambda status, value: status != value,
            "in": lambda status, values: status in values,
        }
        given = {operator: value for operator in chosen if (value := asked[f"filter[status][{operator}]"])}
        return [
            status
            for status in RowStatus.values
            if all(chosen[operator](status, value) for operator, value in given.items())
        ]


class TakesMany(Resource):
    """A resource that takes many rows at once: `bulk_kinds` names the kind of each action that does."""

    bulk_successes: ClassVar[Mapping[int, Any]] = {
        HTTPStatus.OK: JobWithResultsSerializer,
        HTTPStatus.ACCEPTED: OpenApiResponse(
            JobSerializer,
            description="Taken; a job does the rows.",
            examples=[example({**EXAMPLE_JOB, **EXAMPLE_WAITING})],
        ),
    }

    def take_many(self, request: Request) -> Response:
        """Answer with the job that does the rows of the body, or with their results for who waits."""
        kind = kind_named(self.bulk_kinds[self.action])
        job = receive(
            kind=kind,
            rows=read_rows(request._request, body=request._request.body, rows_per_part=kind.rows_per_part),
            is_awaited=self.parameters.flag("wait"),
            request_id=getattr(request, "request_id", ""),
            by=request.auth,
            at=timezone.now(),
        )
        if self.parameters.flag("wait"):
            job.results = list(results_of(job))
            return Response(JobWithResultsSerializer(job).data)
        location = reverse("api:job-detail", args=[job.pk])
        return Response(JobSerializer(job).data, status=HTTPStatus.ACCEPTED, headers={"Location": location})
