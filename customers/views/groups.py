from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from core.web.lists import Column, ColumnKind, ListView, PrefixFilter, Sort
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView, StepView
from customers.forms.groups import RenameGroupForm
from customers.models import MAX_GROUP_NAME, Customer, CustomerGroup
from customers.permissions import CONFIGURE, VIEW
from customers.services import delete_group, rename_group

# Names to choose from while one is typed.
MOST_KNOWN = 500


def customers_of(group: CustomerGroup) -> str:
    """Return where the customers of a group are listed."""
    return f"{reverse('customers:list')}?{urlencode({'group': group.name})}"


class GroupListView(ListView):
    permission_required = CONFIGURE
    template_name = "customers/group_list.html"
    filters = (PrefixFilter(name="name", label=gettext_lazy("Name"), max_length=MAX_GROUP_NAME),)
    sorts = (Sort("name", gettext_lazy("Name")),)
    default_sort = "name"
    export_name = "customer_groups"
    export_title = gettext_lazy("Groups of customers")
    export_columns = (
        Column(gettext_lazy("Name"), lambda group: group.name),
        Column(gettext_lazy("Customers"), lambda group: group.customer_count, kind=ColumnKind.NUMBER),
    )

    def get_queryset(self) -> QuerySet[CustomerGroup]:
        members = Customer.objects.filter(group=OuterRef("pk")).order_by().values("group")
        counted = members.annotate(count=Count("*")).values("count")
        return CustomerGroup.objects.annotate(customer_count=Coalesce(Subquery(counted), 0))


class RenameGroupView(StaffFormView):
    permission_required = CONFIGURE
    template_name = "customers/group_form.html"
    form_class = RenameGroupForm
    error_fields = {"group_name_taken": "name"}
    success_message = gettext_lazy("Saved.")

    @cached_property
    def group(self) -> CustomerGroup:
        return get_object_or_404(CustomerGroup.objects, pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {"name": self.group.name}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(
            group=self.group,
            customers_url=customers_of(self.group),
            customer_count=Customer.objects.filter(group=self.group).count(),
            history=history_of(self.group, user=self.request.user),
            **context,
        )

    def save(self, form: BaseForm) -> str:
        rename_group(group=self.group, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("customers:groups")


class DeleteGroupView(StepView):
    permission_required = CONFIGURE

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        group = get_object_or_404(CustomerGroup.objects, pk=pk)
        said = _("The group %(name)s was deleted.") % {"name": group.name}
        return self.take(delete_group, group=group, said=said, then=reverse("customers:groups"))


class KnownGroupsView(StaffView, TemplateView):
    """The names of the groups that there are, for whoever types one."""

    permission_required = VIEW
    template_name = "customers/known_groups.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        names = CustomerGroup.objects.order_by("name").values_list("name", flat=True)[:MOST_KNOWN]
        return super().get_context_data(names=names, **context)
