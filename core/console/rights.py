"""What people may do, and why: the permissions of each role, and of one person."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.urls import URLResolver, get_resolver
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView

from core.accounts import permissions
from core.accounts.enums import Role, SecondStep
from core.accounts.models import User
from core.accounts.permissions import Permission
from core.accounts.second_step import is_waived, must_have_second_step
from core.audit.models import AuditEvent
from core.web.views import StaffView


@dataclass(frozen=True)
class Grant:
    """When somebody was given the role they have, and by whom; None for the system."""

    at: datetime
    by: User | None


@dataclass(frozen=True)
class Proof:
    """What pages ask for besides a permission; `is_partial` where others that it opens do not."""

    second_step: bool
    fresh: bool
    is_partial: bool

    @property
    def words(self) -> str:
        minutes = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT // 60
        recent = ngettext(
            "a sign-in of the last %(count)s minute", "a sign-in of the last %(count)s minutes", minutes
        ) % {"count": minutes}
        what = _(" and ").join([*([_("a second step")] if self.second_step else []), *([recent] if self.fresh else [])])
        return (_("Parts of it ask for %(what)s") if self.is_partial else _("Asks for %(what)s")) % {"what": what}


@dataclass(frozen=True)
class Right:
    """A permission as one person has it or lacks it: by which roles, with which proof, and whether that is wanting."""

    permission: Permission
    is_held: bool
    proof: Proof | None
    is_blocked: bool

    @property
    def roles(self) -> str:
        return _(", ").join(str(role.label) for role in Role if role in self.permission.roles)


@dataclass(frozen=True)
class Area:
    """What permissions are about, and those that are as one person has them or lacks them, those they have first."""

    label: str | Promise
    rights: list[Right]

    @property
    def held(self) -> list[Right]:
        return [each for each in self.rights if each.is_held]


class RolesView(StaffView, TemplateView):
    """Every permission against every role, by what it is about."""

    permission_required = "people.manage"
    template_name = "console/roles.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        areas = [
            (
                label,
                [
                    (each.label, proofs().get(each.name), [(role.label, role in each.roles) for role in Role])
                    for each in about
                ],
            )
            for label, about in permissions.by_area()
        ]
        return super().get_context_data(roles=Role, areas=areas, **context)


class RightsView(StaffView, TemplateView):
    """What one person may do, which role gives it, and since when they have that."""

    permission_required = "people.manage"
    template_name = "console/rights.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        person = get_object_or_404(User.objects.select_related("tenant"), pk=self.kwargs["pk"])
        kept = set(Authenticator.objects.filter(user=person).values_list("type", flat=True))
        is_without = not kept and not is_waived(person)
        held = permissions.permissions(person)
        areas = [
            Area(label, _held_first([_right(each, held, is_without=is_without) for each in about]))
            for label, about in permissions.by_area()
        ]
        return super().get_context_data(
            person=person,
            grant=role_given(person),
            second_steps=_(", ").join(str(label) for kind, label in SecondStep.choices if kind in kept),
            must_have_second_step=must_have_second_step(person),
            areas=areas,
            held=len(held),
            total=len(permissions.declared()),
            **context,
        )


def _right(permission: Permission, held: Collection[str], *, is_without: bool) -> Right:
    proof, is_held = proofs().get(permission.name), permission.name in held
    is_blocked = bool(is_held and is_without and proof and proof.second_step and not proof.is_partial)
    return Right(permission, is_held, proof, is_blocked)


def _held_first(rights: list[Right]) -> list[Right]:
    return sorted(rights, key=lambda each: not each.is_held)


@cache
def proofs() -> dict[str, Proof]:
    """Return what is asked for besides each permission, by the pages that it opens; nothing is left out."""
    asked: dict[str, set[tuple[bool, bool]]] = defaultdict(set)
    for view in _pages(get_resolver()):
        for name in view.asked_permissions():
            asked[name].add((view.needs_second_step, view.needs_fresh_sign_in))
    return {
        name: Proof(
            second_step=any(second for second, _fresh in kinds),
            fresh=any(fresh for _second, fresh in kinds),
            is_partial=len(kinds) > 1,
        )
        for name, kinds in asked.items()
        if any(map(any, kinds))
    }


def _pages(resolver: URLResolver) -> Iterator[type[StaffView]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _pages(entry)
        elif issubclass(view := getattr(entry.callback, "view_class", object), StaffView):
            yield view


def role_given(person: User) -> Grant | None:
    """Return when the person's present role was given, by the audit trail; two queries."""
    told = AuditEvent.objects.filter(subject_kind=User._meta.label_lower, subject_id=person.pk)
    told = told.filter(Q(action="user.created") | Q(action="user.updated", changes__has_key="role"))
    event = told.order_by("-happened_at", "-pk").first()
    if event is None:
        return None
    return Grant(event.happened_at, User.objects.filter(pk=event.actor_id).first())
