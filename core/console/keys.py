from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from core.console.forms import ApiKeyForm, LimitApiKeyForm, RestrictApiKeyForm, RotateApiKeyForm
from core.partners import scopes
from core.partners.keys import KeyText
from core.partners.limits import limit_of_key, limit_of_tenant
from core.partners.models import ApiKey
from core.partners.querysets import ownerless, unused
from core.partners.services import (
    create_api_key,
    end_old_secret,
    limit_api_key,
    restrict_api_key,
    revoke_api_key,
    rotate_api_key,
)
from core.tenancy.clock import day_start
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from core.web.lists import BooleanFilter, Column, Filter, ListView, PrefixFilter, Sort, UserFilter
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView, StepView

MANAGE = "keys.manage"


CARE = {
    "unused": (gettext_lazy("Unused for 90 days"), unused),
    "ownerless": (gettext_lazy("Without an owner who works here"), ownerless),
}


class CareFilter(Filter):
    """The keys that somebody should look after, for one of the reasons."""

    def form_fields(self) -> dict[str, forms.Field]:
        choices = [("", gettext_lazy("Any")), *((name, label) for name, (label, _rows) in CARE.items())]
        return {self.name: forms.ChoiceField(label=self.label, required=False, choices=choices)}

    def apply(self, rows: QuerySet[Any], cleaned: Mapping[str, Any], zone: str) -> QuerySet[Any]:
        reason = cleaned.get(self.name)
        return CARE[reason][1](rows, at=timezone.now()) if reason else rows

    def chip(self, cleaned: Mapping[str, Any], currency: str) -> str:
        reason = cleaned.get(self.name)
        return str(CARE[reason][0]) if reason else ""


class ApiKeysView(ListView):
    permission_required = MANAGE
    template_name = "console/apikey_list.html"
    filters = (
        PrefixFilter(name="name", label=gettext_lazy("Name")),
        CareFilter(name="care", label=gettext_lazy("To look after"), field="last_used_at"),
        UserFilter(name="owner", label=gettext_lazy("Owner")),
        BooleanFilter(
            name="test",
            label=gettext_lazy("Works on"),
            field="is_test",
            yes=gettext_lazy("The sandbox, for trying out"),
            no=gettext_lazy("The company's records"),
        ),
    )
    sorts = (Sort("created", gettext_lazy("Created"), column="created_at", descending_first=True),)
    default_sort = "-created"
    export_name = "api-keys"
    export_title = gettext_lazy("API keys")
    export_columns = (
        Column(gettext_lazy("Name"), lambda key: key.name),
        Column(gettext_lazy("Begins with"), lambda key: key.begins_with),
        Column(gettext_lazy("What the key may do"), lambda key: ", ".join(key.scopes)),
        Column(gettext_lazy("Networks"), lambda key: ", ".join(key.networks)),
        Column(gettext_lazy("Last used"), lambda key: key.last_used_at),
        Column(gettext_lazy("Works until"), lambda key: key.expires_at),
        Column(gettext_lazy("Revoked"), lambda key: key.revoked_at),
        Column(gettext_lazy("Created"), lambda key: key.created_at),
        Column(gettext_lazy("Owner"), lambda key: key.owner and key.owner.name),
    )

    def get_queryset(self) -> QuerySet[ApiKey]:
        return ApiKey.objects.select_related("owner")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(
            each=settings.API_REQUESTS_PER_KEY, all_together=limit_of_tenant(current_tenant()), **context
        )


class ApiKeyView(StaffView, TemplateView):
    permission_required = MANAGE
    template_name = "console/apikey_detail.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        key = get_object_or_404(ApiKey.objects.select_related("owner"), pk=self.kwargs["pk"])
        granted = [scope for name, scope in scopes.declared().items() if name in key.scopes]
        has_two_secrets = key.has_two_secrets(timezone.now())
        return super().get_context_data(
            key=key,
            granted=granted,
            has_two_secrets=has_two_secrets,
            limit=limit_of_key(key),
            history=history_of(key, user=self.request.user),
            **context,
        )


class ShowsSecretView(StaffFormView):
    """A form whose answer shows the text of a key, this once, so it is a page and no redirect."""

    permission_required = MANAGE
    needs_fresh_sign_in = True

    def issue(self, form: BaseForm) -> tuple[ApiKey, KeyText]:
        """Call the service; a DomainError is shown beside the field that `error_fields` names for it."""
        raise NotImplementedError

    def form_valid(self, form: BaseForm) -> HttpResponse:
        try:
            key, text = self.issue(form)
        except DomainError as error:
            form.add_error(self.error_fields.get(error.code), str(error.message))
            return self.form_invalid(form)
        return self.render_to_response(self.get_context_data(form=form, key=key, text=text.reveal()), status=201)


class CreateApiKeyView(ShowsSecretView):
    template_name = "console/apikey_form.html"
    form_class = ApiKeyForm
    error_fields = {
        "api_key_name_taken": "name",
        "unknown_scope": "scopes",
        "bad_network": "networks",
        "expiry_in_the_past": "expires_on",
    }

    def issue(self, form: BaseForm) -> tuple[ApiKey, KeyText]:
        facts = form.cleaned_data
        last_day = facts.pop("expires_on")
        expires_at = day_start(last_day + timedelta(days=1), current_tenant().time_zone) if last_day else None
        return create_api_key(**facts, expires_at=expires_at, by=self.request.user, at=timezone.now())


class RotateApiKeyView(ShowsSecretView):
    template_name = "console/apikey_rotate.html"
    form_class = RotateApiKeyForm

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**{"key": _key(self.kwargs["pk"]), **context})

    def issue(self, form: BaseForm) -> tuple[ApiKey, KeyText]:
        at = timezone.now()
        return rotate_api_key(
            key=_key(self.kwargs["pk"]),
            old_ends_at=at + timedelta(hours=form.cleaned_data["hours"]),
            by=self.request.user,
            at=at,
        )


class RestrictApiKeyView(StaffFormView):
    permission_required = MANAGE
    template_name = "console/apikey_restrict.html"
    form_class = RestrictApiKeyForm
    error_fields = {"bad_network": "networks"}
    success_message = gettext_lazy("From now on the key is taken from these networks alone.")

    def get_initial(self) -> dict[str, Any]:
        return {"networks": self.key.networks}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(key=self.key, **context)

    @cached_property
    def key(self) -> ApiKey:
        return _key(self.kwargs["pk"])

    def save(self, form: BaseForm) -> str:
        networks = form.cleaned_data["networks"]
        restrict_api_key(key=self.key, networks=networks, by=self.request.user, at=timezone.now())
        if not networks:
            self.success_message = _("From now on the key is taken from anywhere.")
        return reverse("console:key", args=[self.key.pk])


class LimitApiKeyView(StaffFormView):
    permission_required = MANAGE
    template_name = "console/apikey_limit.html"
    form_class = LimitApiKeyForm
    error_fields = {"limit_too_high": "requests_per_minute"}
    success_message = gettext_lazy("The limit holds from the next request on.")

    def get_initial(self) -> dict[str, Any]:
        return {"requests_per_minute": self.key.requests_per_minute}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(key=self.key, all_together=limit_of_tenant(current_tenant()), **context)

    @cached_property
    def key(self) -> ApiKey:
        return _key(self.kwargs["pk"])

    def save(self, form: BaseForm) -> str:
        limit_api_key(key=self.key, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("console:key", args=[self.key.pk])


class EndOldSecretView(StepView):
    permission_required = MANAGE

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        key = _key(pk)
        said = _("The old secret of “%(name)s” no longer works.") % {"name": key.name}
        return self.take(end_old_secret, key=key, said=said, then=reverse("console:key", args=[key.pk]))


class RevokeApiKeyView(StepView):
    permission_required = MANAGE

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        key = _key(pk)
        said = _("The key “%(name)s” no longer works.") % {"name": key.name}
        return self.take(revoke_api_key, key=key, said=said, then=reverse("console:keys"))


def _key(pk: Any) -> ApiKey:
    return get_object_or_404(ApiKey.objects, pk=pk)
