"""What people may do, and why: the permissions of each role, and of one person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.views.generic import TemplateView

from core.accounts import permissions
from core.accounts.enums import Role
from core.accounts.models import User
from core.accounts.permissions import Permission
from core.audit.models import AuditEvent
from core.web.views import StaffView


@dataclass(frozen=True)
class Grant:
    """When somebody was given the role they have, and by whom; None for the system."""

    at: datetime
    by: User | None


class RolesView(StaffView, TemplateView):
    """Every permission against every role."""

    permission_required = "people.manage"
    template_name = "console/roles.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        rows = [(each.label, [(role.label, role in each.roles) for role in Role]) for each in _in_order()]
        return super().get_context_data(roles=Role, rows=rows, **context)


class RightsView(StaffView, TemplateView):
    """What one person may do, which role gives it, and since when they have that."""

    permission_required = "people.manage"
    template_name = "console/rights.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        person = get_object_or_404(User.objects, pk=self.kwargs["pk"])
        held = permissions.permissions(person)
        return super().get_context_data(
            person=person,
            grant=role_given(person),
            held=[each for each in _in_order() if each.name in held],
            lacking=[each for each in _in_order() if each.name not in held],
            **context,
        )


def role_given(person: User) -> Grant | None:
    """Return when the person's present role was given, by the audit trail; two queries."""
    told = AuditEvent.objects.filter(subject_kind=User._meta.label_lower, subject_id=person.pk)
    told = told.filter(Q(action="user.created") | Q(action="user.updated", changes__has_key="role"))
    event = told.order_by("-happened_at", "-pk").first()
    if event is None:
        return None
    return Grant(event.happened_at, User.objects.filter(pk=event.actor_id).first())


def _in_order() -> list[Permission]:
    return sorted(permissions.declared().values(), key=lambda each: each.name)
