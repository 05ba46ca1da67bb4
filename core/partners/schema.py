"""The description of the API, OpenAPI 3.1: what drf-spectacular cannot see for itself."""

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
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from core.partners import scopes
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
            "bearerFormat": "crm_live_<prefix>_<secret>",
            "description": "An API key. Operations name the scope that the key needs.",
        }

    def get_security_requirement(self, auto_schema: AutoSchema) -> dict[str, list[str]]:
        return {self.name: scopes.granting(auto_schema.view.permission_required)}


class ResourceSchema(AutoSchema):
    """Adds to every operation the problems it may answer with, and sparse fields."""

    def get_override_parameters(self) -> list[Any]:
        if not hasattr(self.view, "permission_required"):
            return []
        names = list(self.view.get_serializer_class()().fields)
        return [
            OpenApiParameter(
                FIELDS,
                {"type": "array", "items": {"type": "string", "enum": names}},
                style="form",
                explode=False,
                description="Answer with these fields only.",
            )
        ]

    def get_response_serializers(self) -> Any:
        found = super().get_response_serializers()
        if not hasattr(self.view, "permission_required"):
            return found
        statuses = [400, 401, 403, *([] if self._is_list_view(found) else [404]), 405, 406, 500, 503]
        return {200: found, **{(status, CONTENT_TYPE): self._problem(status) for status in statuses}}

    def _problem(self, status: int) -> OpenApiResponse:
        facts: dict[int, dict[str, Any]] = {
            400: {
                "code": "invalid_parameters",
                "detail": NOT_UNDERSTOOD,
                "errors": [{"parameter": "colour", "code": "unknown_parameter", "detail": "Known here: fields."}],
            },
            401: {"code": "key_missing"},
            403: {"code": "scope_missing"},
        }
        document = problem_document(status, request_id=EXAMPLE_ID, **facts.get(status, {}))
        phrase = HTTPStatus(status).phrase
        return OpenApiResponse(ProblemSerializer, description=phrase, examples=[example(document)])


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
