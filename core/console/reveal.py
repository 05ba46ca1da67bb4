"""Showing one piece of personal data to somebody who says why: a POST, a limit, and a line in the trail."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from core.accounts.models import User
from core.accounts.permissions import may
from core.audit.models import AuditEvent
from core.audit.services import record
from core.crypto import revealable
from core.crypto.revealable import Revealable
from core.tenancy.errors import DomainError
from core.tenancy.models import TenantModel
from core.web.views import EVERY_USER, StaffView

ACTION = "personal.revealed"
HOUR = timedelta(hours=1)


class RevealReason(models.TextChoices):
    CALLBACK = "callback", _("To call or write to the customer")
    IDENTITY = "identity", _("To make sure who is calling")
    DELIVERY = "delivery", _("To deliver or pick up")
    CORRECTION = "correction", _("To correct what is stored")
    REQUEST = "request", _("The person asked what we hold")
    OTHER = "other", _("Another reason, in words")


class TooManyReveals(DomainError):
    code = "too_many_reveals"
    message = _("You have revealed as much as is allowed in one hour. Try again later, or ask your supervisor.")


@transaction.atomic
def reveal(*, of: Revealable, row: TenantModel, reason: str, note: str = "", by: User, at: datetime) -> str:
    """Return the clear value and leave a line in the trail, in one transaction. Raises TooManyReveals."""
    User.objects.select_for_update(of=("self",)).get(pk=by.pk)
    recent = AuditEvent.objects.filter(action=ACTION, actor_id=by.pk, happened_at__gt=at - HOUR)
    if recent.count() >= settings.REVEALS_PER_HOUR:
        raise TooManyReveals
    record(ACTION, subject=of.owner(row), by=by, at=at, details={"revealed": of.kind, "why": reason}, reason=note)
    return str(getattr(row, of.field) or "")


class RevealForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why do you need to see it?"),
        choices=RevealReason.choices,
        widget=forms.Select(attrs={"autofocus": True}),
    )
    note = forms.CharField(label=_("In words"), max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("reason") == RevealReason.OTHER and not cleaned.get("note"):
            self.add_error("note", _("Say why."))
        return cleaned


class RevealView(StaffView, FormView):
    """Ask why, then show the value once. Each kind names the permission it needs."""

    permission_required = EVERY_USER
    needs_second_step = True
    needs_fresh_sign_in = True
    template_name = "console/reveal_form.html"
    form_class = RevealForm

    @classmethod
    def asked_permissions(cls) -> set[str]:
        return {each.permission for each in revealable.registered()}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not may(request.user, self.revealable.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def revealable(self) -> Revealable:
        found = revealable.find(self.kwargs["kind"])
        if found is None:
            raise Http404
        return found

    @cached_property
    def row(self) -> TenantModel:
        return get_object_or_404(self.revealable.model.objects, pk=self.kwargs["pk"])

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(
            revealable=self.revealable,
            row=self.row,
            owner=self.revealable.owner(self.row),
            back_url=self.revealable.url(self.row),
            **context,
        )

    def form_valid(self, form: RevealForm) -> HttpResponse:
        try:
            value = reveal(
                of=self.revealable, row=self.row, **form.cleaned_data, by=self.request.user, at=timezone.now()
            )
        except TooManyReveals as error:
            form.add_error(None, str(error.message))
            status = 422 if self.request.htmx else 429
            return self.render_to_response(self.get_context_data(form=form), status=status)
        return self.render_to_response(self.get_context_data(form=None, value=value))

    def form_invalid(self, form: RevealForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)
