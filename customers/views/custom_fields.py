from typing import Any

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
from core.web.views import StaffFormView, StaffView, StepView
from customers.custom_fields import MAX_FIELDS
from customers.enums import CustomFieldKind
from customers.forms.custom_fields import AddCustomFieldForm, UpdateCustomFieldForm
from customers.models import CustomField
from customers.permissions import CONFIGURE
from customers.services import add_custom_field, retire_custom_field, revive_custom_field, update_custom_field


class CustomFieldListView(StaffView, TemplateView):
    permission_required = CONFIGURE
    template_name = "customers/customfield_list.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(
            custom_fields=CustomField.objects.order_by("-is_active", "order", "id"), most=MAX_FIELDS, **context
        )


class AddCustomFieldView(StaffFormView):
    permission_required = CONFIGURE
    template_name = "customers/customfield_form.html"
    form_class = AddCustomFieldForm
    error_fields = {
        "custom_field_key_taken": "key",
        "bad_custom_field_key": "key",
        "bad_custom_field_choices": "choices",
        "too_many_filtered_fields": "is_filtered",
    }
    success_message = gettext_lazy("The field was added.")

    def save(self, form: BaseForm) -> str:
        add_custom_field(**form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("customers:custom_fields")


class UpdateCustomFieldView(StaffFormView):
    permission_required = CONFIGURE
    template_name = "customers/customfield_form.html"
    form_class = UpdateCustomFieldForm
    error_fields = {"bad_custom_field_choices": "choices", "too_many_filtered_fields": "is_filtered"}
    success_message = gettext_lazy("Saved.")

    @cached_property
    def custom_field(self) -> CustomField:
        return get_object_or_404(CustomField.objects, pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.custom_field, name) for name in UpdateCustomFieldForm.base_fields}

    def get_form(self, form_class: Any = None) -> BaseForm:
        form = super().get_form(form_class)
        if self.custom_field.kind != CustomFieldKind.CHOICE:
            del form.fields["choices"]
        return form

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        history = history_of(self.custom_field, user=self.request.user)
        return super().get_context_data(custom_field=self.custom_field, history=history, **context)

    def save(self, form: BaseForm) -> str:
        update_custom_field(field=self.custom_field, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("customers:custom_fields")


class RetireCustomFieldView(StepView):
    permission_required = CONFIGURE

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        custom_field = get_object_or_404(CustomField.objects, pk=pk)
        said = _("%(label)s is no longer shown.") % {"label": custom_field.label}
        return self.take(retire_custom_field, field=custom_field, said=said, then=reverse("customers:custom_fields"))


class ReviveCustomFieldView(StepView):
    permission_required = CONFIGURE

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        custom_field = get_object_or_404(CustomField.objects, pk=pk)
        said = _("%(label)s is shown again.") % {"label": custom_field.label}
        return self.take(revive_custom_field, field=custom_field, said=said, then=reverse("customers:custom_fields"))
