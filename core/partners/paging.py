from typing import Any

from django.db.models import Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from core.partners.parameters import CURSOR, DEFAULT_LIMIT, EXPAND, INCLUDE_TOTAL, LIMIT, MOST_ROWS, SORT, Parameters

TOTAL_CAP = 10_000
Schema = dict[str, Any]


class CursorPaging(BasePagination):
    """Keyset paging: rows come in the order of the sort and then of their ids, each page after a signed place.

    A row that is added while somebody walks disturbs no other.
    """

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any]:
        self.parameters: Parameters = view.parameters
        self.total = None
        if self.parameters.include_total:
            self.total = queryset.order_by()[: TOTAL_CAP + 1].count()
        minus = "-" if self.parameters.is_descending else ""
        rows = queryset.order_by(f"{minus}{self.parameters.sort_column}", f"{minus}pk")
        if self.parameters.place is not None:
            rows = rows.filter(self._after(queryset.model, self.parameters.place))
        window = list(rows[: self.parameters.limit + 1])
        self.has_more = len(window) > self.parameters.limit
        self.rows = window[: self.parameters.limit]
        return self.rows

    def _after(self, model: Any, place: list[str]) -> Q:
        column = self.parameters.sort_column
        value = model._meta.get_field(column).to_python(place[0])
        key = model._meta.pk.to_python(place[1])
        past = "lt" if self.parameters.is_descending else "gt"
        # The first condition alone is what an index can start from.
        return Q(**{f"{column}__{past}e": value}) & (Q(**{f"{column}__{past}": value}) | Q(**{f"pk__{past}": key}))

    @property
    def next_cursor(self) -> str | None:
        if not self.has_more:
            return None
        last = self.rows[-1]
        column = last._meta.get_field(self.parameters.sort_column)
        return self.parameters.cursor_after(column.value_to_string(last), str(last.pk))

    def get_paginated_response(self, data: list[Any]) -> Response:
        answer = {"data": data, "has_more": self.has_more, "next_cursor": self.next_cursor}
        if self.total is not None:
            answer["total"] = min(self.total, TOTAL_CAP)
            answer["total_is_capped"] = self.total > TOTAL_CAP
        return Response(answer)

    def get_paginated_response_schema(self, schema: Schema) -> Schema:
        return {
            "type": "object",
            "required": ["data", "has_more", "next_cursor"],
            "properties": {
                "data": schema,
                "has_more": {"type": "boolean", "example": True},
                "next_cursor": {
                    "type": ["string", "null"],
                    "description": "Send it as cursor to read on.",
                    "example": "WyIxZjA5…",
                },
                "total": {
                    "type": "integer",
                    "maximum": TOTAL_CAP,
                    "description": "Only with include_total=true.",
                    "example": 412,
                },
                "total_is_capped": {
                    "type": "boolean",
                    "description": f"True when there are more than {TOTAL_CAP}.",
                    "example": False,
                },
            },
            "additionalProperties": False,
        }

    def get_schema_operation_parameters(self, view: Any) -> list[Schema]:
        sorts = [sign + sort.name for sort in view.sorts for sign in ("", "-")]
        limit = {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": DEFAULT_LIMIT}
        words = {
            LIMIT: (limit, "How many rows to answer with."),
            CURSOR: ({"type": "string"}, "next_cursor of the page before, with the same filters and sort."),
            SORT: ({"type": "string", "enum": sorts, "default": view.default_sort}, "A minus sorts downwards."),
            INCLUDE_TOTAL: (
                {"type": "boolean", "default": False},
                f"Count the rows that match, up to {TOTAL_CAP}.",
            ),
        }
        if relations := list(view.get_serializer_class().expandable):
            schema = {"type": "array", "items": {"type": "string", "enum": relations}}
            words[EXPAND] = (schema, "Answer with these relations, too.")
        return [
            {
                "name": name,
                "in": "query",
                "schema": schema,
                "description": description,
                **({"style": "form", "explode": False} if schema["type"] == "array" else {}),
            }
            for name, (schema, description) in words.items()
        ]
