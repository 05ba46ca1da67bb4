"""What the pipeline is set to, as the settings show it."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.web.navigation import Part
from development.offers import services_in_use
from development.querysets import competitors
from development.services import rules_in_force
from development.stages import OPEN

RULES_PARTS = tuple(
    Part(
        key=stage.value,
        label=format_lazy(gettext_lazy("Chance in the stage {stage}"), stage=stage.label),
        changes=gettext_lazy("How much of the freight expected of opportunities in this stage the forecast counts on."),
        url_name="development:rules",
        fields=(stage.value,),
        told=stage.value,
    )
    for stage in OPEN
)
COMPETITOR_PARTS = (
    Part(
        key="competitors",
        label=gettext_lazy("Competitors in use"),
        changes=gettext_lazy("Which competitors an opportunity can name."),
        url_name="development:competitors",
    ),
)

CATALOGUE_PARTS = (
    Part(
        key="services",
        label=gettext_lazy("Services in use"),
        changes=gettext_lazy("What proposals can offer, at what price, and with what promise."),
        url_name="development:catalogue",
    ),
)


def catalogue_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    return {"services": _(", ").join(each.name for each in services_in_use()) or _("None")}


def rules_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    rules = rules_in_force()
    return {stage.value: f"{rules.chance(stage)} %" for stage in OPEN}


def competitor_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    return {"competitors": _(", ").join(each.name for each in competitors()) or _("None")}
