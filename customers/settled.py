"""What own fields, groups of customers and purposes, and a person's calendar come to, as the settings show it."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.web.navigation import Part
from customers.models import CalendarFeed, CustomerGroup, CustomField, Purpose

CUSTOM_FIELD_PARTS = (
    Part(
        key="fields",
        label=gettext_lazy("Fields in use"),
        changes=gettext_lazy("Which facts of your own stand on each customer's page, in forms, files and the API."),
        url_name="customers:custom_fields",
    ),
)
GROUP_PARTS = (
    Part(
        key="groups",
        label=gettext_lazy("Groups"),
        changes=gettext_lazy("What concerns are called on the pages of the customers that belong to them."),
        url_name="customers:groups",
    ),
)
PURPOSE_PARTS = (
    Part(
        key="purposes",
        label=gettext_lazy("Purposes in use"),
        changes=gettext_lazy(
            "What customers are asked for their consent to, and what nobody contacts them for without."
        ),
        url_name="customers:purposes",
    ),
)
CALENDAR_PARTS = (
    Part(
        key="link",
        label=gettext_lazy("Link to the calendar"),
        changes=gettext_lazy("Whether another program may read your open follow-ups."),
        url_name="customers:calendar",
    ),
)


def custom_field_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    labels = CustomField.objects.filter(is_active=True).order_by("order", "id").values_list("label", flat=True)
    return {"fields": _(", ").join(labels) or _("None")}


def group_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    count = CustomerGroup.objects.count()
    return {"groups": ngettext("%(count)s group", "%(count)s groups", count) % {"count": count}}


def purpose_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    purposes = Purpose.objects.filter(is_active=True).order_by("order", "id")
    return {"purposes": _(", ").join(purpose.name for purpose in purposes) or _("None")}


def calendar_values(request: HttpRequest) -> Mapping[str, str | Promise]:
    return {"link": _("Made") if CalendarFeed.objects.filter(user=request.user).exists() else _("Not made")}
