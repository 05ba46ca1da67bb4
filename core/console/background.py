"""What somebody has running in the background: how far it is, its end, its file; and exports, which start here."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from core.accounts.permissions import may
from core.audit.services import record
from core.console.job_ends import mark_end_read
from core.jobs.background import kind_of
from core.jobs.enums import UNFINISHED, BackgroundState
from core.jobs.models import BackgroundJob
from core.jobs.running import cancel_job, has_file, result_of, run_again, start_job
from core.tenancy.errors import DomainError
from core.web import exports
from core.web.context import WATCH_JOBS
from core.web.exports import ExportFormat, ListChanged
from core.web.lists import ChoiceFilter, ListView, Sort
from core.web.trail import history_of
from core.web.views import EVERY_USER, StaffView, go_to, own_path

# What htmx takes as the end of polling.
STOP_POLLING = 286
MOST_QUERY_LETTERS = 4000


class OwnJobsView(ListView):
    permission_required = EVERY_USER
    template_name = "console/background_list.html"
    filters = (ChoiceFilter(name="state", label=gettext_lazy("State"), choices=BackgroundState.choices),)
    sorts = (Sort("created_at", gettext_lazy("Started"), descending_first=True),)
    default_sort = "-created_at"

    def get_queryset(self) -> QuerySet[BackgroundJob]:
        return own_jobs(self.request)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(jobs=[(job, kind_of(job)) for job in context["rows"]], **context)


def own_jobs(request: HttpRequest) -> QuerySet[BackgroundJob]:
    return BackgroundJob.objects.filter(owner=request.user).select_related("owner")


class JobView(StaffView, TemplateView):
    """One job with its bar; the page asks for itself every second until the job has ended."""

    permission_required = EVERY_USER
    template_name = "console/background_detail.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        job = get_object_or_404(own_jobs(self.request), pk=self.kwargs["pk"])
        if not job.is_unfinished:
            BackgroundJob.objects.filter(pk=job.pk).update(is_seen=True)
            mark_end_read(job=job, at=timezone.now())
        kind = kind_of(job)
        counts = [(label, job.counts.get(name, 0)) for name, label in kind.counts.items()]
        page_url = kind.page(job) if kind.page else ""
        return super().get_context_data(
            job=job,
            kind=kind,
            counts=counts,
            page_url=page_url,
            has_file=has_file(job),
            kept_until=job.finished_at and job.finished_at + timedelta(days=settings.JOB_FILE_DAYS),
            may_repeat=not job.is_unfinished and kind.may_repeat(job),
            history=history_of(job, user=self.request.user),
            **context,
        )


class CancelJobView(StaffView):
    permission_required = EVERY_USER
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        job = get_object_or_404(own_jobs(request), pk=pk)
        try:
            cancel_job(job=job, by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error.message))
        return go_to(request, reverse("console:job", args=[job.pk]))


class RunAgainView(StaffView):
    permission_required = EVERY_USER
    needs_second_step = True
    needs_fresh_sign_in = True
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        job = get_object_or_404(own_jobs(request), pk=pk)
        try:
            job = run_again(job=job, by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            request.session[WATCH_JOBS] = True
        return go_to(request, reverse("console:job", args=[job.pk]))


class DownloadView(StaffView):
    permission_required = EVERY_USER
    needs_second_step = True
    needs_fresh_sign_in = True
    http_method_names = ["get"]

    def ask_if_it_is_still_you(self, request: HttpRequest) -> HttpResponse:
        """Lead back to the job's page: behind a file that loads, the question would stay on the screen."""
        messages.info(request, _("It has been a while. Confirm that it is still you, then download the file."))
        there = urlencode({"next": reverse("console:job", args=[self.kwargs["pk"]])})
        return go_to(request, f"{reverse('account_reauthenticate')}?{there}")

    def get(self, request: HttpRequest, pk: str) -> HttpResponseBase:
        job = get_object_or_404(own_jobs(request), pk=pk)
        if not has_file(job):
            raise Http404
        if not may(request.user, kind_of(job).permission(job)):
            raise PermissionDenied
        record("job.downloaded", of=job, by=request.user, at=timezone.now(), details={"rows": job.done})
        response = StreamingHttpResponse(result_of(job), content_type="application/octet-stream")
        response.headers["Content-Disposition"] = f'attachment; filename="{job.file_name}"'
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


class StartExportView(StaffView):
    """Start the export of a list as it is filtered and sorted now."""

    permission_required = EVERY_USER
    needs_second_step = True
    needs_fresh_sign_in = True
    http_method_names = ["post"]

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        view = exports.find(name)
        if view is None:
            raise Http404
        if not may(request.user, view.permission_required):
            raise PermissionDenied
        file_format = request.POST.get("format", "")
        path = own_path(request, request.POST.get("path"))
        if file_format not in ExportFormat.values:
            messages.error(request, _("Choose a format for the file."))
            return go_to(request, path)
        query = request.POST.get("query", "")
        if len(query) > MOST_QUERY_LETTERS:
            messages.error(request, str(ListChanged.message))
            return go_to(request, path)
        try:
            job = start_job(
                kind=exports.KIND,
                title=_("Export: %(list)s") % {"list": view.export_title},
                parameters={"list": name, "path": path, "query": query, "format": file_format},
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            messages.error(request, str(error.message))
            return go_to(request, path)
        request.session[WATCH_JOBS] = True
        return go_to(request, reverse("console:job", args=[job.pk]))


class JobNoticesView(StaffView):
    """The ends of one's own jobs that have not been told yet; asked for by pages while something runs."""

    permission_required = EVERY_USER
    http_method_names = ["get"]

    def get(self, request: HttpRequest) -> HttpResponse:
        jobs = own_jobs(request)
        ended = list(jobs.filter(is_seen=False).exclude(state__in=UNFINISHED).order_by("finished_at"))
        BackgroundJob.objects.filter(pk__in=[job.pk for job in ended]).update(is_seen=True)
        goes_on = jobs.filter(state__in=UNFINISHED).exists()
        if not goes_on:
            request.session.pop(WATCH_JOBS, None)
        return TemplateResponse(
            request, "console/background_notices.html", {"jobs": ended}, status=200 if goes_on else STOP_POLLING
        )
