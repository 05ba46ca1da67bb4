from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.views.generic.base import TemplateResponseMixin

from core.tenancy.scope import current_tenant
from core.web.lists.filters import Filter
from core.web.lists.page import ListPage, Sort
from core.web.views import StaffView


class ListView(TemplateResponseMixin, StaffView):
    """A list page. A subclass names its template, filters, sorts and default sort, and returns its queryset.

    The template gets the ListPage as `list`.
    """

    filters: ClassVar[Sequence[Filter]] = ()
    sorts: ClassVar[Sequence[Sort]]
    default_sort: ClassVar[str]
    page_size: ClassVar[int] = 50
    page_title: ClassVar[str | Promise] = ""
    # A list with a name and columns may be exported; its room registers it.
    export_name: ClassVar[str] = ""
    export_title: ClassVar[str | Promise] = ""
    export_columns: ClassVar[Sequence[Any]] = ()

    def get_queryset(self) -> QuerySet[Any]:
        raise NotImplementedError

    def get_export_rows(self, rows: Sequence[Any], *, user: Any) -> Sequence[Any]:
        """Return what the export's columns take their values from, one for each row."""
        return rows

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return context

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        page = ListPage(
            path=request.path,
            params=request.GET,
            queryset=self.get_queryset(),
            filters=self.filters,
            sorts=self.sorts,
            default_sort=self.default_sort,
            tenant=current_tenant(),
            size=self.page_size,
        )
        rows = page.rows
        context = self.get_context_data(view=self, list=page, rows=rows, page_title=self.page_title)
        return self.render_to_response(context, status=200 if page.is_valid else 422)
