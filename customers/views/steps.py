"""The steps with a follow-up: a page each, and one key each in "my day", which then stands anew."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm, Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from core.web.undoing import UndoableView
from core.web.views import StaffFormView, own_path
from customers.day_page import DAY, day_page
from customers.enums import FollowUpState
from customers.follow_ups.querysets import on_record
from customers.follow_ups.words import show
from customers.forms.follow_ups import (
    CancelForm,
    DoneForm,
    HandOverForm,
    RescheduleForm,
    SnoozeForm,
    morning_in,
)
from customers.models import FollowUp
from customers.permissions import FOLLOW_UPS_WORK, may_change_follow_up
from customers.services.follow_up_steps import (
    cancel_follow_up,
    complete_follow_up,
    hand_over_follow_up,
    reopen_follow_up,
    reschedule_follow_up,
    snooze_follow_up,
)
from customers.services.restoring import step_before, take_back_step

NEXT = "next"


def own_follow_up(user: Any, pk: Any) -> FollowUp:
    """Return a follow-up with which somebody may take a step. Raises Http404 or PermissionDenied."""
    follow_up = get_object_or_404(on_record(FollowUp.objects.all()), pk=pk)
    if not may_change_follow_up(user, follow_up):
        raise PermissionDenied
    return follow_up


class StepView(UndoableView, StaffFormView):
    """One step: `take` is the service, which gets what the form asks for.

    One that `can_be_undone` is taken back by the notice, unless a series went on with the next one.
    """

    permission_required = FOLLOW_UPS_WORK
    template_name = "customers/followup_step.html"
    title: ClassVar[str | Promise]
    take: ClassVar[Callable[..., FollowUp]]
    can_be_undone: ClassVar[bool] = False

    @cached_property
    def follow_up(self) -> FollowUp:
        return own_follow_up(self.request.user, self.kwargs["pk"])

    @property
    def is_in_day(self) -> bool:
        return self.request.htmx.target == DAY

    @property
    def next_url(self) -> str:
        page = reverse("customers:follow_up", args=[self.follow_up.pk])
        return own_path(self.request, self.request.GET.get(NEXT), default=page)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        (shown,) = show([self.follow_up])
        return super().get_context_data(
            follow_up=self.follow_up, shown=shown, title=self.title, next_url=self.next_url, **context
        )

    def save(self, form: BaseForm) -> str:
        follow_up = self.follow_up
        taken = type(self).take(follow_up=follow_up, **form.cleaned_data, by=self.request.user, at=timezone.now())
        went_on = bool(follow_up.recurrence) and taken.state == FollowUpState.DONE
        if self.can_be_undone and taken.version == follow_up.version + 1 and not went_on:
            self._before = {"version": taken.version, "row": step_before(follow_up)}
        return self.next_url

    def tell_saved(self, text: str) -> None:
        before = getattr(self, "_before", None)
        if before is None or before["row"] is None:
            super().tell_saved(text)
        else:
            self.tell_undoable(text, subject_id=self.follow_up.customer_id or self.follow_up.pk, before=before)

    def undo(self, before: Mapping[str, Any]) -> str:
        follow_up = self.follow_up
        take_back_step(
            follow_up=follow_up,
            version=before["version"],
            before=before["row"],
            by=self.request.user,
            at=timezone.now(),
        )
        return reverse("customers:follow_up", args=[follow_up.pk])

    def go_on(self, target: str) -> HttpResponse:
        return day_page(self.request) if self.is_in_day else super().go_on(target)

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        # Of somebody else's there is nothing to say.
        _found = self.follow_up
        if not self.is_in_day:
            return super().form_invalid(form)
        for errors in form.errors.values():
            messages.error(self.request, " ".join(errors))
        return day_page(self.request)


class DoneView(StepView):
    title = _("Done")
    form_class = DoneForm
    take = staticmethod(complete_follow_up)
    can_be_undone = True
    success_message = _("Done.")


class CancelView(StepView):
    title = _("Give up")
    form_class = CancelForm
    take = staticmethod(cancel_follow_up)
    can_be_undone = True
    success_message = _("The follow-up is cancelled.")


class ReopenView(StepView):
    title = _("Open again")
    form_class = Form
    take = staticmethod(reopen_follow_up)
    success_message = _("The follow-up is open again.")


class SnoozeView(StepView):
    title = _("Snooze")
    form_class = SnoozeForm
    take = staticmethod(snooze_follow_up)
    can_be_undone = True
    error_fields = {"snooze_in_past": "until"}
    success_message = _("Snoozed.")

    def get_initial(self) -> dict[str, Any]:
        return {"until": morning_in(1)}


class RescheduleView(StepView):
    title = _("Reschedule")
    form_class = RescheduleForm
    take = staticmethod(reschedule_follow_up)
    can_be_undone = True
    error_fields = {"due_in_past": "due_at"}
    success_message = _("Rescheduled.")

    def get_initial(self) -> dict[str, Any]:
        return {"due_at": morning_in(1)}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "follow_up": self.follow_up}


class HandOverView(StepView):
    title = _("Hand over")
    form_class = HandOverForm
    take = staticmethod(hand_over_follow_up)
    error_fields = {"assignee_may_not": "assignee"}
    success_message = _("Handed over.")

    def get_initial(self) -> dict[str, Any]:
        return {"assignee": self.follow_up.assignee_id, "team": self.follow_up.team_id}
