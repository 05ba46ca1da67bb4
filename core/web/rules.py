"""The frame of forms that put a newer version of a tenant's rules in force."""

from typing import Any, ClassVar

from django.forms import BaseForm
from django.http import HttpResponse
from django.utils.functional import Promise

from core.tenancy.errors import DomainError
from core.tenancy.models import TenantModel
from core.web.trail import history_of
from core.web.views import StaffFormView

SHOWN_VERSIONS = 20


class RulesFormView(StaffFormView):
    """The rules in force, to be changed, in a template that is or extends web/rules_form.html; versions are of `model`.

    Whoever has seen an older version gets `overtaken` from the service: the form then says beside each field what is in
    force by now, by its `show_in_force(rules)`, and may replace that. `leads_back` names the page of who cancels.
    """

    model: ClassVar[type[TenantModel]]
    overtaken: ClassVar[type[DomainError]]
    title: str | Promise = ""
    leads_back = "console:home"

    def rules_in_force(self) -> Any:
        """Return the newest version, or, unsaved with version 0, what a new tenant begins with."""
        raise NotImplementedError

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        newest = self.model.objects.order_by("-version")[:SHOWN_VERSIONS]
        return super().get_context_data(
            title=self.title,
            leads_back=self.leads_back,
            in_force=self.rules_in_force(),
            history=history_of(*newest, user=self.request.user),
            **context,
        )

    def form_refused(self, form: BaseForm, error: DomainError) -> HttpResponse:
        if isinstance(error, self.overtaken):
            rules = self.rules_in_force()
            form.data = form.data.copy()
            form.data["replaces"] = rules.version
            form.show_in_force(rules)
        return super().form_refused(form, error)
