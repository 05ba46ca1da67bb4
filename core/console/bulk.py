"""Changing many rows of a list: the plan, which says how many, the start, and what became of each row."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.accounts.permissions import may
from core.console.background import own_jobs
from core.console.lists import OfList
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from core.web import bulk, exports
from core.web.bulk import Selection
from core.web.context import WATCH_JOBS
from core.web.enums import RowOutcome
from core.web.lists import ChoiceFilter, ListPage, Sort, actions
from core.web.models import BulkOutcome
from core.web.views import EVERY_USER, StaffView, go_to

ALL = "all"


class ChangeRowsView(OfList):
    """Say what an action will do to how many rows and ask for what it needs; sent with `start`, start the job."""

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        action = actions.find(name, request.POST.get("action", ""))
        if action is None:
            raise Http404
        if not may(request.user, action.permission):
            raise PermissionDenied
        selection = self.selection()
        form = action.form(request.POST if "start" in request.POST else None)
        try:
            count = bulk.count_rows(selection)
            if "start" in request.POST and form.is_valid():
                job = bulk.start(action=action, selection=selection, form=form, by=request.user, at=timezone.now())
                request.session[WATCH_JOBS] = True
                return go_to(request, reverse("console:job", args=[job.pk]))
        except DomainError as error:
            messages.error(request, str(error.message))
            return self.back()
        return self.plan(action, selection, form, count)

    def plan(self, action: actions.BulkAction, selection: Selection, form: Any, count: int) -> HttpResponse:
        context = {
            "action": action,
            "form": form,
            "count": count,
            "selection": selection,
            "list": self.page,
            "list_view": self.list_view,
            "back_url": f"{self.path}?{selection.query}" if selection.query else self.path,
        }
        status = 422 if form.errors else 200
        return TemplateResponse(self.request, "console/bulk_plan.html", context, status=status)

    def selection(self) -> Selection:
        """Return the rows that were ticked, or all that match where those were."""
        query = self.page.params.urlencode()
        if self.request.POST.get("scope") == ALL:
            return Selection(view=self.list_view, query=query, rows=None)
        return Selection(
            view=self.list_view, query=query, rows=[*filter(None, map(_uuid, self.request.POST.getlist("row")))]
        )


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


class JobRowsView(StaffView, TemplateView):
    """What became of each row that one's own job was to change, while that is kept."""

    permission_required = EVERY_USER
    template_name = "console/bulk_rows.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        job = get_object_or_404(own_jobs(self.request).filter(kind=bulk.KIND), pk=self.kwargs["pk"])
        view = exports.find(job.parameters["list"])
        if view is None or not may(self.request.user, view.permission_required):
            raise PermissionDenied
        page = ListPage(
            path=self.request.path,
            params=self.request.GET,
            queryset=BulkOutcome.objects.filter(job=job),
            filters=(ChoiceFilter(name="outcome", label=_("Outcome"), choices=RowOutcome.choices),),
            sorts=(Sort("order", _("Order"), column="id"),),
            default_sort="order",
            tenant=current_tenant(),
        )
        shown = view()
        found = list(shown.get_queryset().filter(pk__in=[outcome.subject_id for outcome in page.rows]))
        records = {row.pk: row for row in shown.get_export_rows(found, user=self.request.user)}
        head = next(column for column in view.export_columns if column.is_head)
        rows = [(outcome, records.get(outcome.subject_id)) for outcome in page.rows]
        return super().get_context_data(job=job, list=page, rows=rows, head=head, **context)
