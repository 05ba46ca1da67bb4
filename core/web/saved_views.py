"""Views of lists that staff keep: saving, sharing, pinning, and the one that a list opens with."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.accounts.permissions import may
from core.audit.services import record
from core.tenancy.errors import DomainError
from core.web.declared import SHARE
from core.web.models import ListChoice, SavedView, ViewPin

MOST_VIEWS = 50
MAX_NAME, MAX_QUERY = 80, 4000


class TooManyViews(DomainError):
    code = "too_many_views"
    message = _("A list has 50 views of yours, and 50 shared ones, at most. Delete one that nobody needs any more.")


class ViewNotNamed(DomainError):
    code = "view_not_named"
    message = _("Give the view a name of 1 to 80 letters.")


class ViewTooLong(DomainError):
    code = "view_too_long"
    message = _("These filters are too long to be kept.")


class NotYourView(DomainError):
    code = "not_your_view"
    message = _("Only its owner may change a view, and a shared one only who may share views.")


def visible_views(user: User, list_name: str = "") -> QuerySet[SavedView]:
    """Return the views that somebody may open, their own and the shared ones, each with `is_pinned` for them."""
    pinned = Exists(ViewPin.objects.filter(view=OuterRef("pk"), user=user))
    views = SavedView.objects.filter(Q(owner=user) | Q(is_shared=True)).annotate(is_pinned=pinned)
    return views.filter(list_name=list_name) if list_name else views


def may_change(user: User, view: SavedView) -> bool:
    """Say whether somebody may rename, change and delete a view: one's own, or a shared one by a permission."""
    return may(user, SHARE) if view.is_shared else view.owner_id == user.pk


@transaction.atomic
def save_view(*, list_name: str, name: str, query: str, is_shared: bool, by: User, at: datetime) -> SavedView:
    """Keep a list's filters, order and columns under a name.

    Raises NotYourView if it is to be shared and `by` may not, ViewNotNamed, ViewTooLong or TooManyViews.
    """
    if is_shared and not may(by, SHARE):
        raise NotYourView
    view = SavedView(
        list_name=list_name,
        owner=by,
        name=_clean_name(name),
        query=_clean_query(query),
        is_shared=is_shared,
        created_at=at,
        changed_at=at,
    )
    _check_number(view)
    view.save(force_insert=True)
    record("view.saved", subject=view, by=by, at=at, details={"list": list_name})
    return view


@transaction.atomic
def change_view(
    *, view: SavedView, name: str, is_shared: bool, query: str | None = None, by: User, at: datetime
) -> SavedView:
    """Rename a view, share it or keep it to its owner, and put another query in its place where one is given.

    Raises NotYourView, ViewNotNamed, ViewTooLong or TooManyViews.
    """
    view = SavedView.objects.select_for_update().get(pk=view.pk)
    if not may_change(by, view) or (is_shared and not may(by, SHARE)):
        raise NotYourView
    was_shared = view.is_shared
    view.name = _clean_name(name)
    view.is_shared = is_shared
    view.query = view.query if query is None else _clean_query(query)
    if is_shared != was_shared:
        _check_number(view)
    view.changed_at = at
    view.save(update_fields=["name", "is_shared", "query", "changed_at"])
    record("view.changed", subject=view, by=by, at=at, details={"list": view.list_name})
    return view


@transaction.atomic
def delete_view(*, view: SavedView, by: User, at: datetime) -> None:
    """Delete a view with its pins; who had it as the default has none from then on. Raises NotYourView."""
    view = SavedView.objects.select_for_update().get(pk=view.pk)
    if not may_change(by, view):
        raise NotYourView
    record("view.deleted", of=view, by=by, at=at, details={"list": view.list_name, "is_shared": view.is_shared})
    view.delete()


@transaction.atomic
def hand_over_view(*, row: SavedView, of: User, to: User, by: User, at: datetime) -> bool:
    """Give a shared view of somebody to a colleague; return whether it still was theirs, and shared."""
    view = SavedView.objects.select_for_update(of=("self",)).filter(pk=row.pk, owner=of, is_shared=True).first()
    if view is None:
        return False
    view.owner = to
    view.save(update_fields=["owner"])
    record("view.handed_over", subject=view, by=by, at=at, details={"list": view.list_name})
    return True


@transaction.atomic
def pin_view(*, view: SavedView, is_pinned: bool, by: User) -> None:
    """Keep a view at hand above the list, for oneself, or do so no longer."""
    if is_pinned:
        ViewPin.objects.bulk_create([ViewPin(user=by, view=view)], ignore_conflicts=True)
    else:
        ViewPin.objects.filter(user=by, view=view).delete()


@transaction.atomic
def choose_default(*, view: SavedView, is_default: bool, by: User) -> None:
    """Have the list open with a view, for oneself, or with it no longer."""
    choices = ListChoice.objects.filter(user=by, list_name=view.list_name)
    if not is_default:
        choices.filter(default_view=view).update(default_view=None)
    elif not choices.update(default_view=view):
        ListChoice.objects.create(user=by, list_name=view.list_name, default_view=view)


@transaction.atomic
def choose_columns(*, list_name: str, columns: Sequence[str], by: User) -> None:
    """Have a list show these columns in this order, for oneself; without any, those that it shows of itself."""
    if not ListChoice.objects.filter(user=by, list_name=list_name).update(columns=list(columns)):
        ListChoice.objects.create(user=by, list_name=list_name, columns=list(columns))


def choice_of(user: User, list_name: str) -> ListChoice | None:
    """Return how somebody has a list, with the default view where they may still see it; one query."""
    choice = ListChoice.objects.filter(user=user, list_name=list_name).select_related("default_view").first()
    if (
        choice
        and choice.default_view
        and not (choice.default_view.is_shared or choice.default_view.owner_id == user.pk)
    ):
        choice.default_view = None
    return choice


def _clean_name(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > MAX_NAME:
        raise ViewNotNamed
    return name


def _clean_query(query: str) -> str:
    if len(query) > MAX_QUERY:
        raise ViewTooLong
    return query


def _check_number(view: SavedView) -> None:
    """Refuse a view too many; two at the same moment may make it one more."""
    others = SavedView.objects.filter(list_name=view.list_name).exclude(pk=view.pk)
    others = others.filter(is_shared=True) if view.is_shared else others.filter(is_shared=False, owner_id=view.owner_id)
    if others.count() >= MOST_VIEWS:
        raise TooManyViews
