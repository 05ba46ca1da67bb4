from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.accounts.permissions import may, permissions
from core.imports.enums import AT_WORK, PLANNED, BatchState, RowStatus
from core.imports.forms import ColumnsForm, StartForm, UploadForm
from core.imports.kinds import ImportKind, all_kinds, kind_of, labels, mask_values
from core.imports.left_out import LeftOut, columns_left_out
from core.imports.models import ImportBatch, ImportTemplate
from core.imports.permissions import IMPORTS
from core.imports.presets import NO_PRESET, preset_of, presets_for
from core.imports.record_actions import may_undo
from core.imports.results import in_language, noted, refused_file, result_file
from core.imports.running import position_of
from core.imports.services import (
    GOOD,
    KEPT_TO_UNDO,
    BadMapping,
    go_on,
    mapping_of,
    receive_file,
    remove_template,
    start_check,
    start_import,
    start_undo,
    template_for,
)
from core.tenancy.errors import DomainError
from core.web.lists import ChoiceFilter, Column, ListView, Sort
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView, go_to

ROWS_SHOWN, VALUES_SHOWN, TEMPLATES_SHOWN = 50, 3, 200
# The part of a file's page that asks by itself how far the job is.
PROGRESS = "import"
_DONE = {status: status.label for status in RowStatus}


def page_of(batch: ImportBatch) -> str:
    return reverse("imports:batch", args=[batch.pk])


def allowed(kind: ImportKind, user: Any) -> ImportKind:
    """Return a kind that somebody may bring in. Raises PermissionDenied."""
    if not may(user, kind.permission):
        raise PermissionDenied
    return kind


def _count(status: str) -> Any:
    return lambda batch: batch.counts.get(status, 0)


class BatchListView(ListView):
    permission_required = IMPORTS
    template_name = "imports/batch_list.html"
    filters = (
        ChoiceFilter(name="kind", label=_("What it brings"), choices=lambda: labels().items()),
        ChoiceFilter(name="state", label=_("State"), choices=BatchState.choices),
    )
    sorts = (Sort("received", _("Received"), column="received_at", descending_first=True),)
    default_sort = "-received"
    export_name = "import_batches"
    export_title = _("Imports")
    export_columns = (
        Column(_("File"), lambda batch: batch.file_name),
        Column(_("What it brings"), lambda batch: kind_of(batch.kind).label),
        Column(_("Received"), lambda batch: batch.received_at),
        Column(_("By"), lambda batch: batch.received_by.name),
        Column(_("State"), lambda batch: batch.get_state_display()),
        Column(_("Rows"), lambda batch: batch.row_total),
        *(Column(status.label, _count(status)) for status in RowStatus),
        Column(_("With a warning"), lambda batch: batch.warned),
    )

    def get_queryset(self) -> QuerySet[ImportBatch]:
        batches = ImportBatch.objects.select_related("received_by").defer("columns", "values", "mapping", "problems")
        return batches.filter(kind__in=labels())

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        held = permissions(self.request.user)
        kinds = [kind for kind in all_kinds() if kind.permission in held]
        batches = [(batch, kind_of(batch.kind).label) for batch in context["rows"]]
        return super().get_context_data(batches=batches, kinds=kinds, **context)


class TemplateListView(StaffView, TemplateView):
    """Which column holds which field, as it was kept for files that come again."""

    permission_required = IMPORTS
    template_name = "imports/template_list.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        templates = ImportTemplate.objects.filter(kind__in=labels()).select_related("saved_by").order_by("-pk")
        shown = [(each, kind_of(each.kind).label) for each in templates[:TEMPLATES_SHOWN]]
        return super().get_context_data(templates=shown, **context)


class RemoveTemplateView(StaffView):
    permission_required = IMPORTS
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        template = get_object_or_404(ImportTemplate.objects, pk=self.kwargs["pk"])
        remove_template(template=template, by=request.user, at=timezone.now())
        messages.success(request, gettext("The template is removed."))
        return go_to(request, reverse("imports:templates"))


class UploadView(StaffFormView):
    permission_required = IMPORTS
    template_name = "imports/upload.html"
    form_class = UploadForm
    error_fields = {
        **dict.fromkeys(
            (
                "file_too_large",
                "not_a_table",
                "wrong_encoding",
                "broken_workbook",
                "wrong_separator",
                "bad_header",
                "empty_file",
            ),
            "file",
        ),
        "not_this_encoding": "encoding",
    }

    @cached_property
    def kind(self) -> ImportKind:
        """Return the kind in the address. Raises Http404 or PermissionDenied."""
        if self.kwargs["kind"] not in labels():
            raise Http404
        return allowed(kind_of(self.kwargs["kind"]), self.request.user)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(kind=self.kind, **context)

    def save(self, form: UploadForm) -> str:
        file = form.cleaned_data["file"]
        batch = receive_file(
            kind=self.kind,
            stream=file.file,
            size=file.size,
            file_name=file.name,
            encoding=form.cleaned_data["encoding"],
            by=self.request.user,
            at=timezone.now(),
        )
        return reverse("imports:columns", args=[batch.pk])


class BatchMixin:
    """A page of one file, for who may bring in its kind."""

    @cached_property
    def batch(self) -> ImportBatch:
        """Return the file in the address. Raises Http404 or PermissionDenied."""
        batches = ImportBatch.objects.select_related("received_by", "job")
        batch = get_object_or_404(batches, pk=self.kwargs["pk"], kind__in=labels())
        allowed(kind_of(batch.kind), self.request.user)
        return batch

    @property
    def kind(self) -> ImportKind:
        return kind_of(self.batch.kind)


class ColumnsView(BatchMixin, StaffFormView):
    """The second step: which column is which. A file that is on its way has its own page instead."""

    permission_required = IMPORTS
    template_name = "imports/columns.html"
    form_class = ColumnsForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return super().get(request, *args, **kwargs) if self.is_open else redirect(page_of(self.batch))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return super().post(request, *args, **kwargs) if self.is_open else redirect(page_of(self.batch))

    @property
    def is_open(self) -> bool:
        return self.batch.values is not None and self.batch.state in (BatchState.WAITING, BatchState.CHECKED)

    @cached_property
    def preset(self) -> str:
        """The system whose export the file is read as: the one asked for, or the one it has, or "" for none."""
        asked = self.request.GET.get("preset", "")
        if asked and (asked == NO_PRESET or preset_of(self.batch.kind, asked)):
            return "" if asked == NO_PRESET else asked
        return self.batch.preset

    @cached_property
    def mapping(self) -> list[str]:
        is_asked = "preset" in self.request.GET and self.preset != self.batch.preset
        return mapping_of(self.batch, self.preset) if is_asked else self.batch.mapping

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        kwargs["initial"] = {**kwargs.get("initial", {}), "preset": self.preset}
        return {**kwargs, "kind": self.kind, "columns": self.batch.columns, "mapping": self.mapping}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        batch = self.batch
        context = super().get_context_data(**context)
        fields = {field.name: field for field in self.kind.fields()}
        values = [
            mask_values(told[:VALUES_SHOWN], fields.get(name))
            for told, name in zip(batch.values, self.mapping, strict=True)
        ]
        columns = list(zip(context["form"].column_fields, values, strict=True))
        template = template_for(batch)
        is_by_template = template is not None and list(template.mapping) == self.mapping
        presets = presets_for(batch.kind)
        return {
            **context,
            "batch": batch,
            "kind": self.kind,
            "columns": columns,
            "template": template if is_by_template else None,
            "presets": [each for each in presets if each.name != self.preset],
            "preset": preset_of(batch.kind, self.preset),
        }

    def form_refused(self, form: ColumnsForm, error: DomainError) -> HttpResponse:
        if isinstance(error, BadMapping):
            for place in error.places:
                form.add_error(f"column_{place}", str(error.message))
            if error.places:
                return self.form_invalid(form)
        return super().form_refused(form, error)

    def save(self, form: ColumnsForm) -> str:
        start_check(
            batch=self.batch,
            mapping=form.mapping,
            preset=form.cleaned_data["preset"],
            template_name=form.cleaned_data["template_name_kept"],
            by=self.request.user,
            at=timezone.now(),
        )
        return page_of(self.batch)


class BatchView(BatchMixin, StaffView, TemplateView):
    """What would become, or became, of the rows of a file; while a job is at it, how far it is."""

    permission_required = IMPORTS
    template_name = "imports/batch_detail.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        batch = self.batch
        if batch.state == BatchState.WAITING:
            return redirect("imports:columns", batch.pk)
        response = super().get(request, *args, **kwargs)
        if request.htmx.target == PROGRESS and not self.is_at_work:
            # What may be done now stands in the header of the page.
            response.headers["HX-Refresh"] = "true"
        return response

    @property
    def is_at_work(self) -> bool:
        batch = self.batch
        return batch.state in AT_WORK and batch.job is not None and batch.job.is_unfinished

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        batch = self.batch
        try:
            after = position_of(self.request.GET.get("after", ""))
        except ValueError as error:
            raise Http404 from error
        language = get_language()
        rows, more = ([], "") if self.is_at_work else noted(batch, after=after, most=ROWS_SHOWN)
        good = sum(batch.counts.get(status, 0) for status in GOOD)
        labels_of = PLANNED if batch.state in (BatchState.CHECKING, BatchState.CHECKED) else _DONE
        counts = [(status, labels_of[status], batch.counts.get(status, 0)) for status in self._statuses()]
        return super().get_context_data(
            batch=batch,
            kind=self.kind,
            is_at_work=self.is_at_work,
            is_stopped=batch.state in AT_WORK and not self.is_at_work,
            counts=counts,
            problems=[(in_language(each["words"], language), each) for each in batch.problems or ()],
            rows=[(row, labels_of[RowStatus(row.status)], row.said(language)) for row in rows],
            more=more,
            is_first=after == (0, 0),
            good_total=good,
            can_start=good > 0,
            form=StartForm(),
            left_out=self._left_out(),
            may_undo=may_undo(batch),
            undo_until=batch.imported_at and batch.imported_at + KEPT_TO_UNDO,
            history=history_of(batch, user=self.request.user),
            **context,
        )

    def _left_out(self) -> list[LeftOut]:
        held = permissions(self.request.user)
        return columns_left_out(self.batch, permissions=held) if self.batch.state == BatchState.CHECKED else []

    def _statuses(self) -> list[RowStatus]:
        written = [RowStatus.CREATED, RowStatus.UPDATED]
        after = [RowStatus.UNDONE, RowStatus.KEPT]
        is_undone = self.batch.state in (BatchState.UNDOING, BatchState.UNDONE)
        return [*(after if is_undone else written), RowStatus.UNCHANGED, RowStatus.REFUSED]


class StageView(BatchMixin, StaffView):
    """One step of a file, taken by a post; a refusal is said on the file's page."""

    permission_required = IMPORTS
    http_method_names = ["post"]

    def take(self, **asked: Any) -> None:
        """Call the service of the step."""
        raise NotImplementedError

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            self.take(batch=self.batch, by=request.user, at=timezone.now())
        except DomainError as refusal:
            messages.error(request, str(refusal.message))
        return go_to(request, page_of(self.batch))


class StartView(StageView):
    def take(self, **asked: Any) -> None:
        form = StartForm(self.request.POST)
        start_import(**asked, skips_alike=form.is_valid() and form.cleaned_data["skips_alike"])


class GoOnView(StageView):
    def take(self, **asked: Any) -> None:
        go_on(**asked)


class UndoView(StageView):
    def take(self, **asked: Any) -> None:
        start_undo(**asked)


class ResultView(BatchMixin, StaffView):
    """What became of every row, as a file."""

    permission_required = IMPORTS
    ending = "result"

    def content(self) -> Iterator[bytes]:
        return result_file(self.batch, get_language())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.batch.parts.filter(result__isnull=False).exists():
            raise Http404
        response = StreamingHttpResponse(self.content(), content_type="text/csv; charset=utf-8")
        name = f"{PurePath(self.batch.file_name).stem or self.batch.kind}-{self.ending}.csv"
        response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


class RefusedView(ResultView):
    """The refused rows as they stood in the file, for who sent it."""

    ending = "refused"

    def content(self) -> Iterator[bytes]:
        return refused_file(self.batch, get_language())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.batch.received_by_id != request.user.pk:
            raise Http404
        return super().get(request, *args, **kwargs)
