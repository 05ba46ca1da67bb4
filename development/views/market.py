"""Notes of the market: the list, one, writing, changing and removing."""

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from core.accounts.permissions import may
from core.web.lists import Column, ColumnKind, DateRangeFilter, ListView, PrefixFilter, RecordFilter, Sort, UserFilter
from core.web.records import RecordFormView
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView, go_to
from customers.models import Customer
from customers.permissions import REVEAL
from development.forms import UpdateMarketNoteForm, WriteMarketNoteForm
from development.models import MarketNote, Opportunity
from development.permissions import VIEW, WRITE
from development.querysets import note_in_words, notes_for_list
from development.services import remove_market_note, update_market_note, write_market_note
from development.views.opportunities import every_competitor, page_of
from shipments.filters import CustomerFilter


def note_page(note: MarketNote) -> str:
    return reverse("development:market_note", args=[note.pk])


class MarketNoteListView(ListView):
    """All notes, the newest first."""

    permission_required = VIEW
    template_name = "development/note_list.html"
    filters = (
        RecordFilter(name="competitor", label=gettext_lazy("Competitor"), options=every_competitor),
        PrefixFilter(name="region", label=gettext_lazy("Region"), max_length=100),
        PrefixFilter(name="industry", label=gettext_lazy("Industry"), max_length=100),
        CustomerFilter(name="customer", label=gettext_lazy("Customer number")),
        UserFilter(name="written_by", label=gettext_lazy("Written by")),
        DateRangeFilter(name="written", label=gettext_lazy("Written"), field="written_at"),
    )
    sorts = (Sort("written", gettext_lazy("Written"), column="written_at", descending_first=True),)
    default_sort = "-written"
    export_name = "market-notes"
    export_title = gettext_lazy("Market notes")
    export_columns = (
        Column(gettext_lazy("What was learnt"), note_in_words, name="text", url=note_page, is_head=True),
        Column(gettext_lazy("Region"), lambda note: note.region, name="region"),
        Column(gettext_lazy("Industry"), lambda note: note.industry, name="industry"),
        Column(gettext_lazy("Competitor"), lambda note: note.competitor and note.competitor.name, name="competitor"),
        Column(gettext_lazy("Customer"), lambda note: note.customer and note.customer.display_name, name="customer"),
        Column(
            gettext_lazy("Opportunity"), lambda note: note.opportunity and note.opportunity.title, name="opportunity"
        ),
        Column(gettext_lazy("Written by"), lambda note: note.written_by and note.written_by.name, name="written_by"),
        Column(
            gettext_lazy("Written"), lambda note: note.written_at, name="written", kind=ColumnKind.TIME, sort="written"
        ),
    )
    page_columns = ("text", "region", "industry", "competitor", "customer", "written_by", "written")

    def get_queryset(self) -> QuerySet[MarketNote]:
        return notes_for_list(MarketNote.objects.all())

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(may_write=may(self.request.user, WRITE), **context)


class MarketNoteView(StaffView, TemplateView):
    permission_required = VIEW
    template_name = "development/note_detail.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        note = get_object_or_404(notes_for_list(MarketNote.objects.all()), pk=self.kwargs["pk"])
        user = self.request.user
        return super().get_context_data(
            note=note,
            text=note_in_words(note),
            may_write=may(user, WRITE),
            may_reveal=may(user, REVEAL),
            history=history_of(note, user=user),
            **context,
        )


class WriteMarketNoteView(StaffFormView):
    permission_required = WRITE
    template_name = "development/note_form.html"
    form_class = WriteMarketNoteForm
    error_fields = {"nothing_noted": "text"}
    success_message = gettext_lazy("The note was kept.")

    @cached_property
    def opportunity(self) -> Opportunity | None:
        return self._asked("opportunity", Opportunity.objects.select_related("customer"))

    @cached_property
    def customer(self) -> Customer | None:
        return self.opportunity.customer if self.opportunity else self._asked("customer", Customer.objects.all())

    def _asked(self, name: str, rows: QuerySet[Any]) -> Model | None:
        asked = self.request.GET.get(name)
        if not asked:
            return None
        try:
            return get_object_or_404(rows, pk=uuid.UUID(asked))
        except ValueError as error:
            raise Http404 from error

    def get_initial(self) -> dict[str, Any]:
        if self.customer is None:
            return {}
        competitor = self.opportunity and self.opportunity.competitor_id
        return {"region": self.customer.region, "industry": self.customer.industry, "competitor": competitor}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "customer": self.customer}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(opportunity=self.opportunity, customer=self.customer, **context)

    def save(self, form: WriteMarketNoteForm) -> str:
        note = write_market_note(**form.facts, opportunity=self.opportunity, by=self.request.user, at=timezone.now())
        return page_of(self.opportunity) if self.opportunity else note_page(note)


class UpdateMarketNoteView(RecordFormView):
    permission_required = WRITE
    template_name = "development/note_form.html"
    draft_name = "market_notes.facts"
    form_class = UpdateMarketNoteForm
    error_fields = {"nothing_noted": "text"}
    success_message = gettext_lazy("Saved.")

    @cached_property
    def record(self) -> MarketNote:
        return get_object_or_404(notes_for_list(MarketNote.objects.all()), pk=self.kwargs["pk"])

    @property
    def draft_subject_id(self) -> uuid.UUID:
        return self.record.customer_id or self.record.pk

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(note=self.record, customer=self.record.customer, **context)

    def save(self, form: UpdateMarketNoteForm) -> str:
        note = self.record
        update_market_note(
            note=note, version=note.version, **form.cleaned_data, by=self.request.user, at=timezone.now()
        )
        return note_page(note)


class RemoveMarketNoteView(StaffView):
    permission_required = WRITE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        note = get_object_or_404(MarketNote.objects, pk=pk)
        remove_market_note(note=note, by=request.user, at=timezone.now())
        messages.success(request, _("The note was removed."))
        return go_to(request, reverse("development:market_notes"))
