from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.audit import actions
from core.audit.models import AuditEvent
from core.web.lists import ChoiceFilter, Column, DateRangeFilter, ListView, Sort, UserFilter
from core.web.trail import Line, lines_of, words_of


@dataclass(kw_only=True)
class ActorFilter(UserFilter):
    """Somebody by the bare id that the trail keeps."""

    def apply(self, rows: QuerySet[Any], cleaned: Any, zone: str) -> QuerySet[Any]:
        person = cleaned.get(self.name)
        return rows.filter(actor_id=person.pk) if person else rows


class AuditTrailView(ListView):
    permission_required = "audit.view"
    template_name = "console/audit_list.html"
    filters = (
        ChoiceFilter(name="action", label=_("What"), choices=actions.choices),
        ActorFilter(name="actor", label=_("Who")),
        DateRangeFilter(name="happened_at", label=_("When")),
    )
    sorts = (Sort("happened_at", _("When"), descending_first=True),)
    default_sort = "-happened_at"
    export_name = "audit-trail"
    export_title = _("Audit trail")
    export_columns = (
        Column(_("When"), lambda line: line.at),
        Column(_("Who"), lambda line: line.actor),
        Column(_("What"), lambda line: line.action),
        Column(_("About"), lambda line: line.subject),
        Column(_("Changes"), words_of),
    )

    def get_export_rows(self, rows: Sequence[AuditEvent], *, user: Any) -> list[Line]:
        return lines_of(rows, user=user)

    def get_queryset(self) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.all()

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(lines=lines_of(context["rows"], user=self.request.user), **context)
