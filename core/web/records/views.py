from typing import Any
from uuid import UUID

from django.forms import BaseForm
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property

from core.tenancy.errors import DomainError, RecordChanged
from core.tenancy.models import TenantModel
from core.web.facts import ONLY, fact_id
from core.web.records.forms import RecordForm
from core.web.records.keeping import DraftedFormView

FACT_TEMPLATE = "web/fact_form.html"


class RecordFormView(DraftedFormView):
    """The form of a record: a page of all its facts, or with `?only=` of one, which htmx puts where the fact stands.

    Both are the same form with the same checks, and both notice that somebody else wrote meanwhile: then nothing is
    written before it was decided fact by fact. A subclass reads the `record`, anew after it was deleted here, and its
    `save(form)` calls a service with the `version` of that record, which raises RecordChanged for a newer one.
    """

    form_class: type[RecordForm]

    @cached_property
    def record(self) -> TenantModel:
        raise NotImplementedError

    @property
    def only(self) -> str:
        return self.request.GET.get(ONLY, "")

    @property
    def is_in_place(self) -> bool:
        return bool(self.only) and bool(self.request.htmx) and not self.request.htmx.boosted

    @property
    def draft_record_id(self) -> UUID:
        return self.record.pk

    @property
    def keeps_draft(self) -> bool:
        return super().keeps_draft and not self.only

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = {**super().get_form_kwargs(), "record": self.record}
        # Beside other forms of the same page.
        return {**kwargs, "auto_id": f"{self.only}-%s"} if self.is_in_place else kwargs

    def get_form(self, form_class: Any = None) -> BaseForm:
        form = super().get_form(form_class)
        if self.only:
            try:
                form.limit_to(self.only)
            except KeyError as error:
                raise Http404 from error
        return form

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(fact=fact_id(self.record, self.only), whole_url=self.request.path, **context)

    def get_template_names(self) -> list[str]:
        return [FACT_TEMPLATE] if self.is_in_place else super().get_template_names()

    def form_valid(self, form: RecordForm) -> HttpResponse:
        form.compare()
        return self.form_invalid(form) if form.conflict else super().form_valid(form)

    def form_refused(self, form: RecordForm, error: DomainError) -> HttpResponse:
        if not isinstance(error, RecordChanged):
            return super().form_refused(form, error)
        # Somebody was faster by a moment: what is compared is what they wrote.
        del self.record
        return self.post(self.request)

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        response = super().form_invalid(form)
        if self.is_in_place:
            form_id = f"#form-{fact_id(self.record, self.only)}"
            for name, value in (("Retarget", form_id), ("Reselect", form_id), ("Reswap", "outerHTML")):
                response.headers[f"HX-{name}"] = value
        return response

    def go_on(self, target: str) -> HttpResponse:
        # htmx takes the fact as it stands now out of the record's page.
        return HttpResponseRedirect(target) if self.is_in_place else super().go_on(target)
