"""The register of purposes, among the settings."""

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView, go_to
from customers.forms.consents import AddPurposeForm, UpdatePurposeForm
from customers.models import Purpose, PurposeText
from customers.permissions import CONSENTS_CONFIGURE
from customers.services.purposes import (
    MOST,
    add_purpose,
    newest_text,
    retire_purpose,
    revive_purpose,
    update_purpose,
)


class PurposeListView(StaffView, TemplateView):
    permission_required = CONSENTS_CONFIGURE
    template_name = "customers/purpose_list.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        purposes = Purpose.objects.order_by("-is_active", "order", "id")
        return super().get_context_data(purposes=purposes, most=MOST, **context)


class AddPurposeView(StaffFormView):
    permission_required = CONSENTS_CONFIGURE
    template_name = "customers/purpose_form.html"
    form_class = AddPurposeForm
    error_fields = {"purpose_key_taken": "key", "bad_purpose_key": "key"}
    success_message = gettext_lazy("The purpose was added.")

    def save(self, form: BaseForm) -> str:
        add_purpose(**form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("customers:purposes")


class UpdatePurposeView(StaffFormView):
    permission_required = CONSENTS_CONFIGURE
    template_name = "customers/purpose_form.html"
    form_class = UpdatePurposeForm
    success_message = gettext_lazy("Saved.")

    @cached_property
    def purpose(self) -> Purpose:
        return get_object_or_404(Purpose.objects, pk=self.kwargs["pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "basis": self.purpose.basis}

    def get_initial(self) -> dict[str, Any]:
        text = newest_text(self.purpose)
        names = ("name_zh", "name_en", "channels", "lapses_after_months", "order", "version")
        return {name: getattr(self.purpose, name) for name in names} | {
            "text_zh": text.text_zh,
            "text_en": text.text_en,
        }

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        texts = PurposeText.objects.filter(purpose=self.purpose).select_related("written_by").order_by("-version")
        history = history_of(self.purpose, user=self.request.user)
        return super().get_context_data(purpose=self.purpose, texts=texts[1:20], history=history, **context)

    def save(self, form: BaseForm) -> str:
        update_purpose(
            purpose=self.purpose,
            **{"asks_anew": False, **form.cleaned_data},
            by=self.request.user,
            at=timezone.now(),
        )
        return reverse("customers:purposes")


class RetirePurposeView(StaffView):
    permission_required = CONSENTS_CONFIGURE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        purpose = get_object_or_404(Purpose.objects, pk=pk)
        retire_purpose(purpose=purpose, by=request.user, at=timezone.now())
        messages.success(request, _("Nobody is contacted for “%(name)s” any more.") % {"name": purpose.name})
        return go_to(request, reverse("customers:purposes"))


class RevivePurposeView(StaffView):
    permission_required = CONSENTS_CONFIGURE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        purpose = get_object_or_404(Purpose.objects, pk=pk)
        revive_purpose(purpose=purpose, by=request.user, at=timezone.now())
        messages.success(request, _("“%(name)s” is in use again.") % {"name": purpose.name})
        return go_to(request, reverse("customers:purposes"))
