"""What rules, sources, reasons and playbooks come to, as the settings show it."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.web.navigation import Part
from customers.enums import Stage
from lifecycle.models import LeadSource, LostReason, PlaybookStep
from lifecycle.services import current_policy
from lifecycle.words import HELP, RULES, rule_in_words

POLICY_PARTS = tuple(
    Part(key=name, label=label, changes=HELP[name], url_name="lifecycle:policy", fields=(name,), told=name)
    for name, label in RULES.items()
)
PLAYBOOK_PARTS = (
    Part(
        key="steps",
        label=gettext_lazy("Steps by stage"),
        changes=gettext_lazy("Which follow-ups are opened when a customer comes into a stage, and for whom."),
        url_name="lifecycle:playbooks",
    ),
)
SOURCE_PARTS = (
    Part(
        key="sources",
        label=gettext_lazy("Sources in use"),
        changes=gettext_lazy("Where leads may come from, and what each source costs a month."),
        url_name="lifecycle:sources",
        anchor="sources",
    ),
    Part(
        key="reasons",
        label=gettext_lazy("Reasons in use"),
        changes=gettext_lazy("Why leads may be given up."),
        url_name="lifecycle:sources",
        anchor="reasons",
    ),
)


def policy_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    policy = current_policy()
    return {name: rule_in_words(name, policy) for name in RULES}


def playbook_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    stages = list(PlaybookStep.objects.values_list("stage", flat=True))
    counted = [(stage.label, stages.count(stage)) for stage in Stage if stage in stages]
    said = [
        ngettext("%(stage)s: %(count)s step", "%(stage)s: %(count)s steps", count) % {"stage": label, "count": count}
        for label, count in counted
    ]
    return {"steps": _(", ").join(said) or _("None")}


def source_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    return {"sources": _in_use(LeadSource), "reasons": _in_use(LostReason)}


def _in_use(model: type[LeadSource] | type[LostReason]) -> str:
    return _(", ").join(str(row) for row in model.objects.filter(is_active=True).order_by("pk")) or _("None")
