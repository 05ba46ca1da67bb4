from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.generic import TemplateView

from core.accounts.models import Team
from core.accounts.permissions import may
from core.web.lists import (
    BooleanFilter,
    ChoiceFilter,
    Column,
    ColumnKind,
    DateRangeFilter,
    HandsFilter,
    ListView,
    PrefixFilter,
    RecordFilter,
    RuleFilter,
    Sort,
    UserFilter,
)
from core.web.records import DraftedFormView, RecordFormView
from core.web.trail import history_of
from core.web.views import StaffView
from customers.enums import FollowUpKind, FollowUpOrigin, FollowUpState, Priority, Tier
from customers.follow_ups.querysets import for_list, in_hands_of, is_overdue, is_snoozed, on_record
from customers.follow_ups.words import Shown, happened_of, repeats_in_words, show
from customers.forms.follow_ups import DUE, FollowUpForm, UpdateFollowUpForm, morning_in
from customers.models import Customer, FollowUp
from customers.permissions import FOLLOW_UPS_VIEW, FOLLOW_UPS_WORK, REVEAL, may_change_follow_up
from customers.services.follow_ups import open_follow_up, update_follow_up
from customers.templatetags.customers import follow_up_badges, tier_badge
from customers.views.steps import own_follow_up

DRAFT = "customers.follow_up"
PROMISED = pgettext_lazy("follow-up", "Promised")


def _page_of(shown: Shown) -> str:
    return reverse("customers:follow_up", args=[shown.pk])


def _customer(shown: Shown) -> str:
    return shown.follow_up.customer.display_name if shown.follow_up.customer else ""


def _teams() -> QuerySet[Team]:
    return Team.objects.order_by("name", "id")


class FollowUpListView(ListView):
    permission_required = FOLLOW_UPS_VIEW
    template_name = "customers/followup_list.html"
    filters = (
        ChoiceFilter(name="state", label=_("State"), choices=FollowUpState.choices),
        RuleFilter(
            name="overdue",
            label=_("Overdue"),
            field="due_at",
            condition=lambda: is_overdue(timezone.now()),
        ),
        RuleFilter(
            name="snoozed",
            label=_("Snoozed"),
            field="snoozed_until",
            condition=lambda: is_snoozed(timezone.now()),
        ),
        HandsFilter(name="hands", label=_("In the hands of"), leave=in_hands_of),
        UserFilter(name="assignee", label=_("Assignee")),
        RecordFilter(name="team", label=_("Team"), options=_teams),
        DateRangeFilter(name="due", label=DUE, field="due_at"),
        ChoiceFilter(name="kind", label=_("Kind"), choices=FollowUpKind.choices),
        ChoiceFilter(name="priority", label=_("Priority"), choices=Priority.choices),
        ChoiceFilter(name="tier", label=_("Tier"), field="customer__tier", choices=Tier.choices),
        PrefixFilter(name="customer", label=_("Customer number"), field="customer__number", max_length=40),
        BooleanFilter(name="promised", label=PROMISED, field="is_promised"),
        ChoiceFilter(name="origin", label=_("How it came about"), choices=FollowUpOrigin.choices),
        UserFilter(name="closed_by", label=_("Closed by")),
        DateRangeFilter(name="closed", label=_("Closed"), field="closed_at"),
    )
    sorts = (
        Sort("due", DUE, column="due_at"),
        Sort("created", _("Opened"), column="created_at", descending_first=True),
    )
    default_sort = "-created"
    export_name = "follow-ups"
    export_title = _("Follow-ups")
    export_columns = (
        Column(_("What is to be done"), lambda shown: shown.subject, name="subject", url=_page_of, is_head=True),
        Column(_("Customer"), _customer, name="customer"),
        Column(
            _("Customer number"),
            lambda shown: shown.follow_up.customer.number if shown.follow_up.customer else "",
            name="number",
        ),
        Column(
            _("Tier"),
            lambda shown: shown.follow_up.customer.get_tier_display() if shown.follow_up.customer else "",
            name="tier",
            draw=lambda shown: tier_badge(shown.follow_up.customer and shown.follow_up.customer.tier),
        ),
        Column(_("Kind"), lambda shown: shown.follow_up.get_kind_display(), name="kind"),
        Column(DUE, lambda shown: shown.follow_up.due_at, name="due", kind=ColumnKind.TIME, sort="due"),
        Column(_("Priority"), lambda shown: shown.follow_up.get_priority_display(), name="priority"),
        Column(PROMISED, lambda shown: shown.follow_up.is_promised, name="promised"),
        Column(
            _("State"),
            lambda shown: shown.follow_up.get_state_display(),
            name="state",
            draw=lambda shown: follow_up_badges(shown.follow_up),
        ),
        Column(_("Assignee"), lambda shown: shown.follow_up.assignee, name="assignee"),
        Column(_("Team"), lambda shown: shown.follow_up.team, name="team"),
        Column(_("Snoozed until"), lambda shown: shown.follow_up.snoozed_until, name="snoozed", kind=ColumnKind.TIME),
        Column(_("How it came about"), lambda shown: shown.follow_up.get_origin_display(), name="origin"),
        Column(_("Outcome"), lambda shown: shown.outcome, name="outcome"),
        Column(_("Closed"), lambda shown: shown.follow_up.closed_at, name="closed", kind=ColumnKind.TIME),
        Column(
            _("Opened"),
            lambda shown: shown.follow_up.created_at,
            name="created",
            kind=ColumnKind.TIME,
            sort="created",
        ),
    )
    page_columns = ("subject", "customer", "tier", "kind", "due", "priority", "state", "assignee")

    def get_queryset(self) -> QuerySet[FollowUp]:
        return for_list(FollowUp.objects.all())

    def get_export_rows(self, rows: Sequence[FollowUp], *, user: Any) -> list[Shown]:
        return show(rows)

    def get_context_data(self, rows: Sequence[FollowUp], **context: Any) -> dict[str, Any]:
        return super().get_context_data(rows=show(rows), may_work=may(self.request.user, FOLLOW_UPS_WORK), **context)


class FollowUpDetailView(StaffView, TemplateView):
    permission_required = FOLLOW_UPS_VIEW
    template_name = "customers/followup_detail.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        follow_up = get_object_or_404(on_record(FollowUp.objects.all()), pk=self.kwargs["pk"])
        user = self.request.user
        may_change = may_change_follow_up(user, follow_up) and follow_up.state == FollowUpState.OPEN
        return super().get_context_data(
            follow_up=follow_up,
            shown=show([follow_up])[0],
            happened=happened_of(follow_up),
            repeats=repeats_in_words(follow_up),
            may_change=may_change,
            may_reveal=may(user, REVEAL),
            facts_url=reverse("customers:update_follow_up", args=[follow_up.pk]) if may_change else "",
            history=history_of(follow_up, user=user),
            **context,
        )


class CreateFollowUpView(DraftedFormView):
    """Ask for something to be done: for the customer whose page leads here, for one by its number, or for nobody."""

    permission_required = FOLLOW_UPS_WORK
    template_name = "customers/followup_form.html"
    draft_name = DRAFT
    form_class = FollowUpForm
    error_fields = {
        "subject_missing": "subject",
        "due_in_past": "due_at",
        "bad_recurrence": "repeats_until",
        "assignee_may_not": "assignee",
        "nobody_in_team": "team",
    }
    success_message = _("The follow-up is open.")

    @cached_property
    def customer(self) -> Customer | None:
        pk = self.kwargs.get("pk")
        return get_object_or_404(Customer.objects, pk=pk) if pk else None

    @property
    def draft_record_id(self) -> UUID:
        return self.customer.pk if self.customer else self.request.user.pk

    def get_initial(self) -> dict[str, Any]:
        return {"assignee": self.request.user.pk, "due_at": morning_in(1), "team": self.request.user.team_id}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "customer": self.customer}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, **context)

    def save(self, form: FollowUpForm) -> str:
        follow_up = open_follow_up(**form.cleaned_data, by=self.request.user, at=timezone.now())
        if self.customer:
            return reverse("customers:detail", args=[self.customer.pk])
        return reverse("customers:follow_up", args=[follow_up.pk])


class UpdateFollowUpView(RecordFormView):
    """Change what an open follow-up says."""

    permission_required = FOLLOW_UPS_WORK
    template_name = "customers/followup_form.html"
    draft_name = "follow_ups.facts"
    form_class = UpdateFollowUpForm
    error_fields = {"due_in_past": "due_at", "bad_recurrence": "repeats_until"}
    success_message = _("Saved.")

    @cached_property
    def record(self) -> FollowUp:
        return own_follow_up(self.request.user, self.kwargs["pk"])

    @property
    def draft_subject_id(self) -> UUID:
        return self.record.customer_id or self.record.pk

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        (shown,) = show([self.record])
        return super().get_context_data(follow_up=self.record, customer=self.record.customer, shown=shown, **context)

    def save(self, form: UpdateFollowUpForm) -> str:
        follow_up = self.record
        update_follow_up(
            follow_up=follow_up, version=follow_up.version, **form.facts, by=self.request.user, at=timezone.now()
        )
        return reverse("customers:follow_up", args=[follow_up.pk])
