import time
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView

from core.web.public import PublicView
from customers.enums import PurposeBasis
from customers.models import PurposeText
from customers.querysets import current_texts
from lifecycle.joining.forms import JoinForm
from lifecycle.joining.limits import WINDOW_SECONDS, may_send
from lifecycle.joining.work import BITS, new_challenge
from lifecycle.services.joining import FormSent, receive_form
from lifecycle.services.settings import SOURCE_KEY

TOO_MANY = _("This was sent too often from where you are. Try again in an hour.")


class JoinView(PublicView, FormView):
    """The form by which somebody asks to ship. Whoever is known gets the same answer as anybody else."""

    http_method_names = ["get", "post"]
    template_name = "lifecycle/joining/form.html"
    form_class = JoinForm

    @cached_property
    def offers(self) -> list[PurposeText]:
        """What may be agreed to, with the texts that hold now."""
        return [text for text in current_texts() if text.purpose.basis == PurposeBasis.CONSENT]

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "offers": self.offers}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        texts = {text.purpose.key: text.version for text in self.offers}
        challenge = new_challenge(texts, source=self._source(context.get("form")))
        ticked = set(self.request.POST.getlist("agreed"))
        boxes = [(text, text.purpose.key in ticked) for text in self.offers]
        return super().get_context_data(challenge=challenge, bits=BITS, boxes=boxes, **context)

    def _source(self, form: JoinForm | None) -> str:
        """Return by which source they came: what the address says, or what was sealed when it said so."""
        if form is not None and form.source:
            return form.source
        asked = self.request.GET.get("source", "")
        return asked if SOURCE_KEY.fullmatch(asked) else ""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_send(request, now=time.time()):
            form = self.get_form()
            form.add_error(None, TOO_MANY)
            response = self._shown_again(form, status=429)
            response.headers["Retry-After"] = str(WINDOW_SECONDS)
            return response
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: JoinForm) -> HttpResponse:
        try:
            if not form.is_trapped:
                receive_form(**form.facts, at=timezone.now())
        except FormSent as error:
            form.add_error(None, str(error.message))
            return self._shown_again(form, status=409)
        return redirect("lifecycle:joined", slug=self.tenant.slug)

    def form_invalid(self, form: Form) -> HttpResponse:
        return self._shown_again(form, status=422)

    def _shown_again(self, form: Form, *, status: int) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=status)


class JoinedView(PublicView, TemplateView):
    http_method_names = ["get"]
    template_name = "lifecycle/joining/done.html"
