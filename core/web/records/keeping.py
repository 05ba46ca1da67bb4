from typing import Any, ClassVar
from uuid import UUID

from django.forms import BaseForm, CheckboxInput, CheckboxSelectMultiple, HiddenInput, RadioSelect, Select
from django.forms.utils import ErrorDict
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from core.web.drafts import MOST_LETTERS, discard_draft, draft_of, keep_draft, typed_in
from core.web.models import Draft
from core.web.views import StaffFormView, go_to

# What a form's post says it is, besides being sent.
DRAFT = "draft"
NOT_TYPED = ("csrfmiddlewaretoken", DRAFT)
TOO_LONG = 413
NO_DRAFT_HEADER = "X-No-Draft"
CHOSEN = (Select, CheckboxInput, CheckboxSelectMultiple, RadioSelect, HiddenInput)


class DraftedFormView(StaffFormView):
    """A form whose input is kept on the server while it is typed, and stands there again when it is opened anew.

    The form posts it to its own address, so whoever may not send the form keeps no draft of it either. `draft_name`
    names the form; without one nothing is kept.
    """

    draft_name: ClassVar[str] = ""

    @property
    def draft_form(self) -> str:
        """The name under which the draft is kept."""
        return self.draft_name

    @property
    def draft_record_id(self) -> UUID:
        """The record that the form changes or adds something to."""
        return self.request.user.pk

    @property
    def draft_subject_id(self) -> UUID:
        """The record whose erasure takes the draft away."""
        return self.draft_record_id

    @property
    def keeps_draft(self) -> bool:
        return bool(self.draft_name)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.POST.get(DRAFT) if self.keeps_draft else None
        if asked == "keep":
            return self.keep_draft()
        if asked == "discard":
            self._discard()
            return self.draft_discarded()
        return super().post(request, *args, **kwargs)

    def keep_draft(self) -> HttpResponse:
        typed = self.request.POST.copy()
        for name in NOT_TYPED:
            typed.pop(name, None)
        if len(typed.urlencode()) > MOST_LETTERS:
            return HttpResponse(status=TOO_LONG)
        if not self._has_words():
            self._discard()
            return HttpResponse(status=204, headers={NO_DRAFT_HEADER: "1"})
        keep_draft(**self._place(), subject_id=self.draft_subject_id, typed=typed, at=timezone.now())
        return HttpResponse(status=204)

    def _has_words(self) -> bool:
        """Say whether anything was typed; what was only chosen is chosen again at once."""
        form = self.get_form()
        return any(not isinstance(form.fields[name].widget, CHOSEN) for name in form.changed_data)

    def draft_discarded(self) -> HttpResponse:
        return go_to(self.request, self.request.get_full_path())

    def get_form(self, form_class: Any = None) -> BaseForm:
        draft = draft_of(**self._place()) if self.keeps_draft and self.request.method == "GET" else None
        if draft is None:
            return super().get_form(form_class)
        self._restored = draft
        return restored(super().get_form(form_class), draft)

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        draft = getattr(self, "_restored", None)
        return {**kwargs, "data": typed_in(draft)} if draft else kwargs

    def go_on(self, target: str) -> HttpResponse:
        if self.keeps_draft:
            self._discard()
        return super().go_on(target)

    def _discard(self) -> None:
        discard_draft(**self._place())

    def _place(self) -> dict[str, Any]:
        return {"user": self.request.user, "form": self.draft_form, "record_id": self.draft_record_id}


def restored(form: BaseForm, draft: Draft) -> BaseForm:
    """Return a form that holds what a draft does, unchecked: nobody has sent it yet."""
    form.draft = draft
    form._errors = ErrorDict()
    form.cleaned_data = {}
    return form
