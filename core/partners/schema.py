"""The description of the API, OpenAPI 3.1: what drf-spectacular cannot see for itself."""

import json
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.utils import translation
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_override
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiRequest, OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from core.partners import scopes
from core.partners.bulk.receiving import JSON, MOST_ROWS, NDJSON
from core.partners.idempotency import HEADER as IDEMPOTENCY
from core.partners.idempotency import REPLAYED
from core.partners.parameters import FIELDS
from core.partners.problems import CONTENT_TYPE, NOT_UNDERSTOOD, problem_document
from core.partners.serializers import EXAMPLE_ID, ProblemSerializer, example

KEPT_SECONDS = 300


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "core.partners.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "crm_live_<prefix>_<secret>, or crm_test_… for the sandbox",
            "description": "An API key. Operations name the scope that the key needs.",
        }

    def get_security_requirement(self, auto_schema: AutoSchema) -> dict[str, list[str]]:
        view = auto_schema.view
        return {self.name: scopes.granting(view.permission_for(view.action))}


HEADERS = {
    IDEMPOTENCY: "Makes a retry safe: the same request with the same key has one effect, and one answer for 24 hours.",
    "If-Match": "The ETag of the record as it was read; 412 when it was changed since.",
    "If-None-Match": "The ETag of the answer at hand: 304 while it is that. With PUT an asterisk: 412 if it is there.",
}
ANSWER_HEADERS = {
    "ETag": "The record's version and a digest of this answer, for If-Match and If-None-Match.",
    "Location": "Where what was made stands.",
    REPLAYED: "true where this is the kept answer to an earlier request with the same Idempotency-Key.",
    "Retry-After": "In how many seconds to send the request again.",
    "RateLimit": 'What is left: `"key";r=599;t=42` are 599 requests of the key in the next 42 seconds.',
    "RateLimit-Policy": 'The limits: `"key";q=600;w=60` are 600 requests of the key in 60 seconds.',
}


# What an action answers with that is no plain 200.
SUCCESSES = {
    "create": (HTTPStatus.CREATED,),
    "upsert": (HTTPStatus.OK, HTTPStatus.CREATED),
    "destroy": (HTTPStatus.NO_CONTENT,),
}
MANY_ROWS = (
    f"1 to {MOST_ROWS} rows, at most 10 MiB. The body may be gzipped: say so by `Content-Encoding: gzip`;"
    " unpacked it holds no more than that either. Other encodings and other types are 415."
)
LINES = {"type": "string", "description": "The same rows, each an object as JSON on a line of its own."}


class ResourceSchema(AutoSchema):
    """Adds to every operation its request headers, the problems it may answer with, and sparse fields."""

    def get_override_parameters(self) -> list[Any]:
        if not self._is_resource:
            return []
        header = {name: self._header(name) for name in HEADERS}
        if self.method == "DELETE":
            return [header["If-Match"]]
        names = self.view.field_names
        fields = OpenApiParameter(
            FIELDS,
            {"type": "array", "items": {"type": "string", "enum": names}},
            style="form",
            explode=False,
            description="Answer with these fields only.",
        )
        more = {
            "POST": [header[IDEMPOTENCY]],
            "PUT": [header["If-Match"], header["If-None-Match"]],
            "PATCH": [header["If-Match"]],
            "GET": [header["If-None-Match"]] if self._is_record else [],
        }
        asked = self.view.asks.get(self.view.action)
        return [*([fields] if names else []), *([asked] if asked else []), *more[self.method]]

    def get_description(self) -> str:
        said = super().get_description()
        if not self._is_resource:
            return said
        names = scopes.granting(self.view.permission_for(self.view.action))
        return f"{said}\n\nScope: {' or '.join(f'`{name}`' for name in names)}."

    @staticmethod
    def _header(name: str) -> OpenApiParameter:
        return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=HEADERS[name])

    @property
    def _is_resource(self) -> bool:
        return hasattr(self.view, "permission_required")

    def get_request_serializer(self) -> Any:
        if not self._is_resource:
            return None
        taken = self.view.inputs.get(self.view.action)
        if not self._takes_many:
            return taken
        lines = "".join(f"{json.dumps(each.value)}\n" for each in get_override(taken, "examples"))
        return {JSON: taken(many=True), NDJSON: OpenApiRequest(LINES, examples=[example(lines)])}

    def _get_request_body(self, direction: str = "request") -> dict[str, Any] | None:
        body = super()._get_request_body(direction)
        if body is not None and self._takes_many:
            # A schema that is written out counts as one that may be left out.
            body.update(description=MANY_ROWS, required=True)
        return body

    @property
    def _takes_many(self) -> bool:
        return self._is_resource and self.view.action in self.view.bulk_kinds

    def get_response_serializers(self) -> Any:
        if not self._is_resource:
            return super().get_response_serializers()
        found = self.view.answers.get(self.view.action) or super().get_response_serializers()
        problems = {(status, CONTENT_TYPE): self._problem(status) for status in self._problem_statuses()}
        problems |= {
            414: OpenApiResponse(description="The address is longer than 8 KiB. No problem document."),
            431: OpenApiResponse(description="A header is longer than 8 KiB. No problem document."),
        }
        successes = self.view.successes.get(self.view.action) or {
            status: None if status == HTTPStatus.NO_CONTENT else found
            for status in SUCCESSES.get(self.view.action, (HTTPStatus.OK,))
        }
        return {**successes, **self._not_modified(), **problems}

    def _get_response_headers_for_code(self, status_code: str, direction: str = "response") -> dict[str, Any]:
        if not self._is_resource:
            return {}
        return {
            name: {"schema": {"type": "string"}, "description": ANSWER_HEADERS[name]}
            for name in self._headers_of(int(status_code))
        }

    def _headers_of(self, status: int) -> Iterator[str]:
        """Yield the headers of an answer that programs act upon."""
        is_success, is_post = status < 300, self.method == "POST"
        if self.view.field_names and self.view.action != "list" and status in {200, 201, 304}:
            yield "ETag"
        if status in {201, 202}:
            yield "Location"
        if is_success and is_post:
            yield REPLAYED
        if status in {429, 503} or (status == 409 and is_post):
            yield "Retry-After"
        if is_success or status in {304, 429}:
            yield from ("RateLimit", "RateLimit-Policy")

    def _not_modified(self) -> dict[int, OpenApiResponse]:
        return {304: OpenApiResponse(description="As it was: see If-None-Match.")} if self._is_record else {}

    @property
    def _is_record(self) -> bool:
        return self.method == "GET" and self.view.action != "list" and bool(self.view.field_names)

    def _problem_statuses(self) -> list[int]:
        statuses = {400, 401, 403, 405, 406, 429, 500, 503}
        if "{" in self.path:
            statuses.add(404)
        if self.method in {"POST", "PUT", "PATCH"}:
            statuses |= {409, 411, 413, 415}
        if self.method in {"PUT", "PATCH", "DELETE"}:
            statuses.add(412)
        if self.method == "POST":
            statuses.add(422)
        if self.method == "PATCH":
            statuses.add(428)
        return sorted(statuses)

    def _problem(self, status: int) -> OpenApiResponse:
        facts: dict[int, dict[str, Any]] = {
            400: {
                "code": "invalid_parameters",
                "detail": NOT_UNDERSTOOD,
                "errors": [
                    {
                        "pointer": "#/query/colour",
                        "parameter": "colour",
                        "code": "unknown_parameter",
                        "detail": "Known here: fields.",
                    }
                ],
            },
            401: {"code": "key_missing"},
            403: {"code": "scope_missing"},
        }
        document = problem_document(status, request_id=EXAMPLE_ID, **facts.get(status, {}))
        phrase = HTTPStatus(status).phrase
        return OpenApiResponse(ProblemSerializer, description=phrase, examples=[example(document)])

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        schema = super()._map_basic_serializer(serializer, direction)
        if not getattr(serializer, "is_whole", True):
            # An answer holds the fields that `fields` names, and relations only where `expand` does.
            schema.pop("required", None)
        return schema


@cache
def description() -> dict[str, Any]:
    """Return the OpenAPI document, made once per process."""
    with translation.override("en"):
        return SchemaGenerator().get_schema(request=None, public=True)


class DescriptionView(APIView):
    """The OpenAPI document; it names no tenant's data, so it needs no key."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    http_method_names = ["get", "head"]

    @extend_schema(
        operation_id="openapi",
        summary="Describe this API",
        description="This document.",
        tags=["openapi.json"],
        responses={(200, "application/json"): {"type": "object", "additionalProperties": True}},
        auth=[],
    )
    @method_decorator(cache_control(public=True, max_age=KEPT_SECONDS))
    def get(self, request: HttpRequest) -> Response:
        return Response(description())
