from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.forms import BaseForm
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property

from core.tenancy.errors import DomainError, RecordChanged
from core.tenancy.models import TenantModel
from core.web.facts import ONLY, fact_id, fact_url
from core.web.records.forms import RecordForm
from core.web.records.keeping import DraftedFormView
from core.web.undoing import ChangedSince, UndoableView

FACT_TEMPLATE = "web/fact_form.html"


class CannotStandAgain(DomainError):
    code = "cannot_stand_again"


class RecordFormView(UndoableView, DraftedFormView):
    """The form of a record: a page of all its facts, or with `?only=` of one, which htmx puts where the fact stands.

    Both are the same form with the same checks, and both notice that somebody else wrote meanwhile: then nothing is
    written before it was decided fact by fact. What was written to one fact alone can be undone, by the same form sent
    with what stood there before. A subclass reads the `record`, anew after it was deleted here, and its
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
    def draft_form(self) -> str:
        return f"{self.draft_name}:{self.only}" if self.only else self.draft_name

    def keep_draft(self) -> HttpResponse:
        if self.only:
            # Of a fact that the form asks for, and of no other name.
            self._form_of_fact()
        return super().keep_draft()

    def draft_discarded(self) -> HttpResponse:
        if not self.is_in_place:
            return super().draft_discarded()
        return self.render_to_response(self.get_context_data(form=self._form_of_fact()))

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = {**super().get_form_kwargs(), "record": self.record}
        # Beside other forms of the same page.
        return {**kwargs, "auto_id": f"{self.only}-%s"} if self.is_in_place else kwargs

    def get_form(self, form_class: Any = None) -> BaseForm:
        form = super().get_form(form_class)
        return self._limited(form) if self.only else form

    def _limited(self, form: RecordForm) -> RecordForm:
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
        if form.conflict:
            return self.form_invalid(form)
        if self.only:
            self._before = (form.digest(self.only), form.sent_for(self.only))
        return super().form_valid(form)

    def tell_saved(self, text: str) -> None:
        """Offer to undo it where one fact alone was changed."""
        digest, sent = self._before if self.only else ("", None)
        stands = digest
        if sent is not None:
            del self.record
            stands = self._form_of_fact().digest(self.only)
        if stands == digest:
            super().tell_saved(text)
        else:
            before = {"sent": sent, "stands": stands}
            self.tell_undoable(text, subject_id=self.draft_subject_id, before=before)

    @property
    def undo_place(self) -> str:
        return fact_url(self.request.path, self.only)

    def undo(self, before: Mapping[str, Any]) -> str:
        """Send the form of the fact with what stood there, unless it was changed again; others may have been."""
        form = self._form_of_fact(data={**before["sent"], "version": self.record.version})
        if form.digest(self.only) != before["stands"]:
            raise ChangedSince
        if not form.is_valid():
            raise CannotStandAgain(" ".join(error for errors in form.errors.values() for error in errors))
        return self.save(form)

    def _form_of_fact(self, data: Mapping[str, Any] | None = None) -> RecordForm:
        return self._limited(self.form_class(**{**self.get_form_kwargs(), "data": data, "files": None}))

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
        answer = super().go_on(target)
        # htmx takes the fact as it stands now out of the record's page.
        return HttpResponseRedirect(target) if self.is_in_place else answer
