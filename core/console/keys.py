from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from core.console.forms import ApiKeyForm
from core.partners import scopes
from core.partners.models import ApiKey
from core.partners.services import create_api_key, revoke_api_key
from core.tenancy.clock import day_start
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from core.web.lists import ListView, PrefixFilter, Sort
from core.web.views import StaffFormView, StaffView, go_to

MANAGE = "keys.manage"


class ApiKeysView(ListView):
    permission_required = MANAGE
    template_name = "console/apikey_list.html"
    filters = (PrefixFilter(name="name", label=gettext_lazy("Name")),)
    sorts = (Sort("created", gettext_lazy("Created"), column="created_at", descending_first=True),)
    default_sort = "-created"

    def get_queryset(self) -> QuerySet[ApiKey]:
        return ApiKey.objects.select_related("created_by")


class ApiKeyView(StaffView, TemplateView):
    permission_required = MANAGE
    template_name = "console/apikey_detail.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        key = get_object_or_404(ApiKey.objects.select_related("created_by"), pk=self.kwargs["pk"])
        granted = [scope for name, scope in scopes.declared().items() if name in key.scopes]
        return super().get_context_data(key=key, granted=granted, **context)


class CreateApiKeyView(StaffFormView):
    """Make a key. The answer shows it, this once, so it is a page and no redirect."""

    permission_required = MANAGE
    needs_fresh_sign_in = True
    template_name = "console/apikey_form.html"
    form_class = ApiKeyForm
    error_fields = {"api_key_name_taken": "name", "unknown_scope": "scopes", "expiry_in_the_past": "expires_on"}

    def form_valid(self, form: BaseForm) -> HttpResponse:
        last_day = form.cleaned_data["expires_on"]
        zone = current_tenant().time_zone
        try:
            key, text = create_api_key(
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                expires_at=day_start(last_day + timedelta(days=1), zone) if last_day else None,
                by=self.request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            form.add_error(self.error_fields.get(error.code), str(error.message))
            return self.form_invalid(form)
        return self.render_to_response(self.get_context_data(form=form, key=key, text=text.reveal()), status=201)


class RevokeApiKeyView(StaffView):
    permission_required = MANAGE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        key = get_object_or_404(ApiKey.objects, pk=pk)
        try:
            revoke_api_key(key=key, by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("The key “%(name)s” no longer works.") % {"name": key.name})
        return go_to(request, reverse("console:keys"))
