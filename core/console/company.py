"""The company itself: its name, its zone and its language."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from core.console.forms import ZoneField
from core.console.own import local_language_names
from core.console.services import update_company
from core.tenancy.scope import current_tenant
from core.tenancy.zones import zone_words
from core.web.navigation import Part
from core.web.trail import history_of
from core.web.views import StaffFormView

COMPANY = "console:company"
MANAGE = "company.manage"


class CompanyForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name of the company"),
        max_length=200,
        help_text=gettext_lazy("Stands on public pages and in mail."),
    )
    time_zone = ZoneField(
        label=gettext_lazy("Time zone"), help_text=gettext_lazy("Decides when a day begins and people work.")
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=local_language_names,
        help_text=gettext_lazy("Invitations are in it unless another one is chosen."),
    )


class CompanyView(StaffFormView):
    permission_required = MANAGE
    template_name = "console/company.html"
    form_class = CompanyForm
    success_message = gettext_lazy("Saved.")

    def get_initial(self) -> dict[str, Any]:
        tenant = current_tenant()
        return {"name": tenant.name, "time_zone": tenant.time_zone, "language": tenant.language}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        history = history_of(current_tenant(), user=self.request.user)
        return super().get_context_data(history=history, **context)

    def save(self, form: forms.BaseForm) -> str:
        update_company(**form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse(COMPANY)


PARTS = (
    Part(
        key="name",
        label=gettext_lazy("Name of the company"),
        changes=gettext_lazy("What public pages, invitations and other mail call the company."),
        url_name=COMPANY,
        fields=("name",),
        told="name",
    ),
    Part(
        key="time_zone",
        label=gettext_lazy("Time zone"),
        changes=gettext_lazy("When a day begins: working hours, deadlines, figures by day, nightly work."),
        url_name=COMPANY,
        fields=("time_zone",),
        told="time_zone",
    ),
    Part(
        key="language",
        label=gettext_lazy("Language of the company"),
        changes=gettext_lazy("The language of invitations, unless another one is chosen."),
        url_name=COMPANY,
        fields=("language",),
        told="language",
    ),
    Part(
        key="currency",
        label=gettext_lazy("Currency"),
        changes=gettext_lazy("What amounts are in; it was chosen when the company was set up and stays."),
        url_name=COMPANY,
        anchor="currency",
        actions=(),
    ),
)


def values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    tenant = current_tenant()
    return {
        "name": tenant.name,
        "time_zone": zone_words(tenant.time_zone),
        "language": dict(local_language_names()).get(tenant.language, tenant.language),
        "currency": tenant.currency,
    }
