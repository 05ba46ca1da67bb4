"""What is said of a contact point by one press on its customer's page: verified or not, to be used or not."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from core.tenancy.errors import DomainError
from core.web.undoing import UndoableView
from core.web.views import go_to, own_path
from customers.forms.points import OptOutForm, VerifyForm
from customers.models import ContactPoint
from customers.permissions import EDIT
from customers.services.points import (
    allow_point,
    doubt_point,
    marks_before,
    opt_out_point,
    restore_marks,
    verify_point,
)


class MarkPointView(UndoableView):
    """What is common: the point, the form that says how, the service, and the way back."""

    permission_required = EDIT
    http_method_names = ["post"]
    form_class: ClassVar[type[forms.Form]] = forms.Form
    mark: ClassVar[Callable[..., ContactPoint]]
    done: ClassVar[Promise]

    @cached_property
    def point(self) -> ContactPoint:
        points = ContactPoint.objects.select_related("contact")
        return get_object_or_404(points, pk=self.kwargs["point"], contact__customer_id=self.kwargs["pk"])

    @property
    def page(self) -> str:
        return reverse("customers:detail", args=[self.kwargs["pk"]])

    def act(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        point = self.point
        form = self.form_class(request.POST)
        if form.is_valid():
            self._mark(point, form.cleaned_data)
        else:
            for errors in form.errors.values():
                messages.error(request, " ".join(errors))
        return go_to(request, own_path(request, request.headers.get("Referer"), default=self.page))

    def _mark(self, point: ContactPoint, said: Mapping[str, Any]) -> None:
        before = marks_before(point)
        try:
            marked = type(self).mark(point=point, **said, by=self.request.user, at=timezone.now())
        except DomainError as error:
            messages.error(self.request, str(error.message))
            return
        has_changed = marked.contact.version == point.contact.version + 1
        kept = {"version": marked.contact.version, "marks": before} if has_changed else None
        self.tell_undoable(str(self.done), subject_id=point.contact.customer_id, before=kept)

    def undo(self, before: Mapping[str, Any]) -> str:
        restore_marks(
            point=self.point,
            version=before["version"],
            before=before["marks"],
            by=self.request.user,
            at=timezone.now(),
        )
        return self.page


class VerifyPointView(MarkPointView):
    form_class = VerifyForm
    mark = staticmethod(verify_point)
    done = _("Marked as verified.")


class DoubtPointView(MarkPointView):
    mark = staticmethod(doubt_point)
    done = _("No longer marked as verified.")


class OptOutPointView(MarkPointView):
    form_class = OptOutForm
    mark = staticmethod(opt_out_point)
    done = _("It is not used any more. Search and duplicates still find by it.")


class AllowPointView(MarkPointView):
    mark = staticmethod(allow_point)
    done = _("It may be used again.")
