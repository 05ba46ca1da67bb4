from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.permissions import may
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from core.web.drafts import draft_of, typed_in
from core.web.lists import ChoiceFilter, DateRangeFilter, Filter, ListPage, ListView, Sort, UserFilter
from core.web.lists.page import CURSOR
from core.web.records import DraftedFormView, restored
from core.web.undoing import UndoableView
from core.web.views import StaffView, clean_query, go_to
from customers import permissions
from customers.enums import Direction, InteractionKind
from customers.forms.interactions import InteractionForm
from customers.models import Contact, Customer, Interaction
from customers.permissions import LOG, REVEAL, VIEW, may_remove_interaction
from customers.querysets import SHOWN_ON_RECORD, contacts_in_order, for_timeline
from customers.services import record_interaction, remove_interaction
from customers.services.restoring import interaction_before, restore_interaction
from customers.timeline import MOST_NAMES, entries, holding, known_names

# The part of the customer's page that is put anew when something was written down.
TIMELINE = "timeline"
DRAFT = "customers.interaction"
# And of that, what stands anew when its filters change, or when more is asked for.
ENTRIES = ("timeline-entries", "timeline-more")


# By these the timeline of the record's page is filtered, and so they stand in its address.
FILTERED_BY = ("kind", "direction", "contact")
# So many entries are read for words at once, and so many shown of those that hold them.
MOST_READ, MOST_FOUND = 2000, 100


def timeline_context(
    customer: Customer,
    user: Any,
    *,
    contacts: list[Contact],
    merged: Sequence[Customer] | None = None,
    form: Any = None,
    asked: QueryDict | None = None,
) -> dict[str, Any]:
    """Return what `customers/timeline.html` needs: the newest entries, and the list that goes on where they end.

    `contacts` are up to MOST_NAMES of the customer's, `merged` those merged into it, if they have been read. Of what
    was `asked` the filters count, and nothing else.
    """
    names = known_names(customer, contacts=contacts, merged=merged)
    contacts = contacts[:SHOWN_ON_RECORD]
    path = reverse("customers:interactions", args=[customer.pk])
    params = _filters_of(asked) if asked else QueryDict()
    page = _page_of(customer, contacts, path=path, params=params, size=SHOWN_ON_RECORD)
    may_log = may(user, LOG)
    return {
        "timeline": page,
        "entries": entries(page.rows, names=names),
        "interaction_form": form or (_form_with_draft(customer, user, contacts) if may_log else None),
        "may_log": may_log,
    }


def _page_of(customer: Customer, contacts: Sequence[Contact], *, path: str, params: QueryDict, size: int) -> ListPage:
    return ListPage(
        path=path,
        params=params,
        queryset=for_timeline(Interaction.objects.filter(customer=customer)),
        filters=timeline_filters(contacts),
        sorts=InteractionListView.sorts,
        default_sort=InteractionListView.default_sort,
        tenant=current_tenant(),
        size=size,
    )


def _filters_of(asked: QueryDict, *more: str) -> QueryDict:
    params = QueryDict(mutable=True)
    params.update({name: asked[name] for name in (*FILTERED_BY, *more) if asked.get(name)})
    return params


def timeline_filters(contacts: Sequence[Contact]) -> list[Filter]:
    """Return the filters of one customer's timeline; of its contacts the given ones are offered, masked."""
    persons = [(str(contact.pk), contact.masked_name) for contact in contacts]
    return [
        ChoiceFilter(name="kind", label=gettext_lazy("How"), choices=InteractionKind.choices),
        ChoiceFilter(name="direction", label=gettext_lazy("Direction"), choices=Direction.choices),
        ChoiceFilter(
            name="contact", label=gettext_lazy("With"), choices=persons, none=gettext_lazy("Nobody in particular")
        ),
        UserFilter(name="recorded_by", label=gettext_lazy("Written by")),
        DateRangeFilter(name="happened", label=gettext_lazy("When"), field="happened_at"),
    ]


def _form_with_draft(customer: Customer, user: Any, contacts: list[Contact]) -> InteractionForm:
    draft = draft_of(user=user, form=DRAFT, record_id=customer.pk)
    if draft is None:
        return InteractionForm(contacts=contacts)
    return restored(InteractionForm(typed_in(draft), contacts=contacts), draft)


class InteractionListView(ListView):
    """The whole timeline of one customer, by itself, or as the entries that its page puts where those were."""

    permission_required = permissions.TIMELINE
    template_name = "customers/interaction_list.html"
    filters = timeline_filters(())
    sorts = (Sort("happened", gettext_lazy("When"), column="happened_at", descending_first=True),)
    default_sort = "-happened"

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer.objects, pk=self.kwargs["pk"])

    def page_of(self, params: QueryDict, **facts: Any) -> ListPage:
        contacts = contacts_in_order().filter(customer=self.customer)
        self.filters = timeline_filters(contacts[:MOST_NAMES])
        return super().page_of(params, **facts)

    def get_template_names(self) -> list[str]:
        is_in_page = self.request.htmx.target in ENTRIES
        return ["customers/timeline_entries.html"] if is_in_page else super().get_template_names()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().get(request, *args, **kwargs)
        page = reverse("customers:detail", args=[self.customer.pk])
        # Of the record's page the address says how its timeline is filtered; that of a list beside it stays.
        if request.htmx.target == ENTRIES[0] and urlsplit(request.htmx.current_url or "").path == page:
            query = _filters_of(request.GET).urlencode()
            answer.headers["HX-Push-Url"] = f"{page}?{query}" if query else page
        return answer

    def get_queryset(self) -> QuerySet[Interaction]:
        return for_timeline(Interaction.objects.filter(customer=self.customer))

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        user = self.request.user
        shown = entries(context["rows"], names=known_names(self.customer))
        return super().get_context_data(
            customer=self.customer,
            timeline=context["list"],
            entries=shown,
            removable=[(entry, may_remove_interaction(user, entry.interaction)) for entry in shown],
            may_log=may(user, LOG),
            may_reveal=may(user, REVEAL),
            **context,
        )


class FindEntriesView(StaffView):
    """The entries of one customer that hold some words; by POST, because words may be personal.

    So many are read at once, the newest first, of those that the filters leave; whoever wants to goes on from there.
    """

    permission_required = permissions.TIMELINE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        customer = get_object_or_404(Customer.objects, pk=pk)
        words = clean_query(request.POST.get("words", ""))
        is_in_page = request.htmx.target == ENTRIES[0]
        contacts = list(contacts_in_order().filter(customer=customer)[:MOST_NAMES])
        context = {"customer": customer, "may_reveal": may(request.user, REVEAL)}
        if not words and not is_in_page:
            return redirect("customers:interactions", pk)
        if not words:
            context |= timeline_context(customer, request.user, contacts=contacts, asked=request.POST)
            return TemplateResponse(request, "customers/timeline_entries.html", context)
        params = _filters_of(request.GET or request.POST, CURSOR)
        page = _page_of(customer, contacts[:SHOWN_ON_RECORD], path=request.path, params=params, size=MOST_READ)
        found = holding(entries(page.rows, names=known_names(customer, contacts=contacts)), words)
        context |= {"words": words, "entries": found[:MOST_FOUND], "found": len(found), "read": len(page.rows)}
        context |= {"more_url": page.more_url}
        name = "customers/found_entries.html" if is_in_page else "customers/found_entries_page.html"
        return TemplateResponse(request, name, context)


class RecordInteractionView(DraftedFormView):
    """Write down what was said: from the customer's page, whose timeline comes back, or from a page of its own."""

    permission_required = LOG
    template_name = "customers/interaction_form.html"
    draft_name = DRAFT
    form_class = InteractionForm
    success_message = gettext_lazy("It stands in the timeline.")

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer.objects, pk=self.kwargs["pk"])

    @cached_property
    def contacts(self) -> list[Contact]:
        return list(contacts_in_order().filter(customer=self.customer)[:MOST_NAMES])

    @property
    def draft_record_id(self) -> UUID:
        return self.customer.pk

    @property
    def is_in_page(self) -> bool:
        return self.request.htmx.target == TIMELINE

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        kwargs.pop("prefix")
        return {**kwargs, "contacts": self.contacts[:SHOWN_ON_RECORD]}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, **context)

    def save(self, form: InteractionForm) -> str:
        record_interaction(customer=self.customer, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("customers:detail", args=[self.customer.pk])

    def form_valid(self, form: InteractionForm) -> HttpResponse:
        answer = super().form_valid(form)
        if not self.is_in_page or form.errors:
            return answer
        # The timeline itself says what was kept.
        list(messages.get_messages(self.request))
        return self._timeline()

    def form_invalid(self, form: InteractionForm) -> HttpResponse:
        if not self.is_in_page:
            return super().form_invalid(form)
        return self._timeline(form, status=422)

    def draft_discarded(self) -> HttpResponse:
        return self._timeline() if self.is_in_page else super().draft_discarded()

    def _timeline(self, form: InteractionForm | None = None, status: int = 200) -> HttpResponse:
        context = timeline_context(self.customer, self.request.user, contacts=self.contacts, form=form)
        context |= {"customer": self.customer, "may_reveal": may(self.request.user, REVEAL)}
        return TemplateResponse(self.request, "customers/timeline.html", context, status=status)


class RemoveInteractionView(UndoableView):
    permission_required = VIEW
    http_method_names = ["post"]

    def act(self, request: HttpRequest, pk: UUID, interaction: UUID) -> HttpResponse:
        found = get_object_or_404(Interaction.objects, pk=interaction, customer_id=pk)
        if not may_remove_interaction(request.user, found):
            raise PermissionDenied
        before = interaction_before(found)
        try:
            remove_interaction(interaction=found, version=found.version, by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            self.tell_undoable(_("The entry was removed."), subject_id=pk, before=before)
        return go_to(request, reverse("customers:interactions", args=[pk]))

    def undo(self, before: Mapping[str, Any]) -> str:
        customer_id = self.kwargs["pk"]
        restore_interaction(customer_id=customer_id, before=before, by=self.request.user, at=timezone.now())
        return reverse("customers:interactions", args=[customer_id])
