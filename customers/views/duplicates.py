from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.web.lists import ChoiceFilter, Column, ListView, Sort
from core.web.views import StaffView, go_to, own_path
from customers.duplicates import standing
from customers.enums import DuplicateState
from customers.models import DuplicateCandidate
from customers.permissions import MERGE
from customers.services import decide_on_duplicate


class StateFilter(ChoiceFilter):
    """Pairs that nobody has decided on, unless the others are asked for."""

    def apply(self, rows: QuerySet[Any], cleaned: dict[str, Any], zone: str) -> QuerySet[Any]:
        return rows.filter(state=cleaned.get(self.name) or DuplicateState.OPEN)


class DuplicateListView(ListView):
    """Pairs of customers that may be the same, to be compared and merged, or told apart for good."""

    permission_required = MERGE
    template_name = "customers/duplicate_list.html"
    filters = (StateFilter(name="state", label=_("State"), choices=DuplicateState.choices),)
    sorts = (Sort("score", _("Likeness"), descending_first=True),)
    default_sort = "-score"
    export_name = "duplicates"
    export_title = _("Possible duplicates")
    export_columns = (
        Column(_("Likeness"), lambda pair: pair.score),
        Column(_("Customer number"), lambda pair: pair.first.number),
        Column(_("Name"), lambda pair: pair.first.display_name),
        Column(_("Number of the other"), lambda pair: pair.second.number),
        Column(_("Name of the other"), lambda pair: pair.second.display_name),
        Column(_("Reason"), lambda pair: ", ".join(map(str, pair.reason_labels))),
        Column(_("State"), lambda pair: pair.get_state_display()),
        Column(_("Found"), lambda pair: pair.found_at),
    )

    def get_queryset(self) -> QuerySet[DuplicateCandidate]:
        return standing(DuplicateCandidate.objects.all())


class DecideOnDuplicateView(StaffView):
    """Tell two customers apart, or take that back."""

    permission_required = MERGE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        candidate = get_object_or_404(DuplicateCandidate.objects.all(), pk=kwargs["pk"])
        are_same = kwargs["decision"] == "reopen"
        decide_on_duplicate(candidate=candidate, are_same=are_same, by=request.user, at=timezone.now())
        if are_same:
            messages.success(request, gettext("The two are compared again."))
        else:
            messages.success(
                request, gettext("The two are not brought up again. The list of possible duplicates has them.")
            )
        return go_to(request, own_path(request, request.POST.get("next"), reverse("customers:duplicates")))
