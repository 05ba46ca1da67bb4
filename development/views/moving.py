"""Moving an opportunity: by a form that asks for a remark, or from a card of the board."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.tenancy.errors import DomainError
from core.web.views import StaffFormView, StaffView, go_to, own_path
from development.enums import DealStage
from development.forms import MoveForm
from development.models import Opportunity
from development.permissions import WRITE
from development.services import move_opportunity
from development.views.opportunities import page_of


class MoveView(StaffFormView):
    permission_required = WRITE
    template_name = "development/move_form.html"
    form_class = MoveForm
    error_fields = {"lost_for_no_reason": "lost_reason"}
    success_message = gettext_lazy("The opportunity was moved.")

    @cached_property
    def opportunity(self) -> Opportunity:
        return get_object_or_404(Opportunity.objects.select_related("customer"), pk=self.kwargs["pk"])

    @property
    def stage(self) -> DealStage:
        if self.kwargs["stage"] not in DealStage.values:
            raise Http404
        return DealStage(self.kwargs["stage"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "stage": self.stage}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(opportunity=self.opportunity, stage=self.stage, **context)

    def save(self, form: MoveForm) -> str:
        moved = move_opportunity(
            opportunity=self.opportunity,
            stage=self.stage,
            **form.cleaned_data,
            by=self.request.user,
            at=timezone.now(),
        )
        return page_of(moved)


class MoveCardView(StaffView):
    """A move from the board, back to the board; what is lost is asked why first."""

    permission_required = WRITE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        opportunity = get_object_or_404(Opportunity.objects, pk=pk)
        stage = request.POST.get("stage", "")
        if stage == DealStage.LOST:
            return go_to(request, reverse("development:move", args=[pk, stage]))
        board = own_path(request, request.POST.get("next"), reverse("development:board"))
        if stage not in DealStage.values:
            messages.error(request, _("Choose a stage."))
            return go_to(request, board)
        try:
            moved = move_opportunity(opportunity=opportunity, stage=stage, by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            told = {"title": moved.title, "stage": moved.get_deal_stage_display()}
            messages.success(request, _("%(title)s is in the stage %(stage)s now.") % told)
        return go_to(request, board)
