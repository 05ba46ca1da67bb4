from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.functional import Promise
from django.views.generic.base import TemplateResponseMixin

from core.tenancy.scope import current_tenant
from core.web.lists.actions import actions_for
from core.web.lists.columns import Column
from core.web.lists.filters import Filter
from core.web.lists.page import ListPage, Sort
from core.web.lists.saved import ViewsBar, view_url
from core.web.saved_views import choice_of
from core.web.views import StaffView


class ListView(TemplateResponseMixin, StaffView):
    """A list page. A subclass names its template, filters, sorts and default sort, and returns its queryset.

    The template gets the ListPage as `list`, the ViewsBar of a list with a name as `views`, and as `bulk_actions` what
    the user may do to many rows.
    """

    filters: ClassVar[Sequence[Filter]] = ()
    sorts: ClassVar[Sequence[Sort]]
    default_sort: ClassVar[str]
    page_size: ClassVar[int] = 50
    page_title: ClassVar[str | Promise] = ""
    # A list with a name and columns may be exported and its views saved; its room registers it.
    export_name: ClassVar[str] = ""
    export_title: ClassVar[str | Promise] = ""
    export_columns: ClassVar[Sequence[Column]] = ()
    # Names of those among them that the page shows of itself; where there are any, readers choose others.
    page_columns: ClassVar[Sequence[str]] = ()

    def get_queryset(self) -> QuerySet[Any]:
        raise NotImplementedError

    def get_filters(self) -> Sequence[Filter]:
        """Return all filters; a list that has more for some tenants adds them behind."""
        return self.filters

    def get_columns(self) -> Sequence[Column]:
        """Return all columns of page and file; a list that has more for some tenants adds them behind."""
        return self.export_columns

    def get_export_rows(self, rows: Sequence[Any], *, user: Any) -> Sequence[Any]:
        """Return what the export's columns take their values from, one for each row."""
        return rows

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return context

    def page_of(self, params: QueryDict, *, path: str, size: int | None = None, **facts: Any) -> ListPage:
        """Return the list as the parameters of an address have it; `facts` are further ones of the ListPage."""
        return ListPage(
            path=path,
            params=params,
            queryset=self.get_queryset(),
            filters=self.get_filters(),
            sorts=self.sorts,
            default_sort=self.default_sort,
            tenant=current_tenant(),
            size=size or self.page_size,
            keeps_views=bool(self.export_name),
            columns=self.get_columns(),
            page_columns=self.page_columns,
            **facts,
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        choice = choice_of(request.user, self.export_name) if self.export_name else None
        default = choice and choice.default_view
        if default and not request.GET:
            return HttpResponseRedirect(view_url(request.path, default))
        page = self.page_of(
            request.GET,
            path=request.path,
            has_default_view=bool(default),
            own_columns=choice.columns if choice else (),
        )
        rows = page.rows
        views = ViewsBar(self.export_name, page=page, user=request.user, default=default) if self.export_name else None
        context = self.get_context_data(
            view=self,
            list=page,
            rows=rows,
            views=views,
            bulk_actions=actions_for(self.export_name, request.user),
            page_title=self.page_title,
        )
        return self.render_to_response(context, status=200 if page.is_valid else 422)
