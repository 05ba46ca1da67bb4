"""What staff do with a list besides looking at it: saved views, with how many rows each has."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from core.accounts.permissions import may
from core.tenancy.errors import DomainError
from core.web import exports
from core.web.lists import Column, ListPage, ListView
from core.web.lists.columns import COLUMNS, arranged
from core.web.lists.page import CURSOR, NO_VIEW, VIEW
from core.web.lists.saved import BROKEN, count_words, keep_count, known_counts, view_url
from core.web.models import SavedView
from core.web.saved_views import (
    change_view,
    choose_columns,
    choose_default,
    delete_view,
    may_change,
    pin_view,
    save_view,
    visible_views,
)
from core.web.views import EVERY_USER, StaffView, go_to, own_path


class OfList(StaffView):
    """What belongs to a registered list, named in the address; whoever may not see the list may not do it."""

    permission_required = EVERY_USER
    http_method_names = ["post"]

    @property
    def list_name(self) -> str:
        return self.kwargs["name"]

    @cached_property
    def list_view(self) -> ListView:
        view = exports.find(self.list_name)
        if view is None:
            raise Http404
        if view.permission_required != EVERY_USER and not may(self.request.user, view.permission_required):
            raise PermissionDenied
        return view()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated and request.method.lower() in self.http_method_names:
            self.list_view  # noqa: B018  refuses before anything is done
        return super().dispatch(request, *args, **kwargs)

    @property
    def path(self) -> str:
        """The address of the list, without what is shown of it."""
        return own_path(self.request, self.request.POST.get("path")).partition("?")[0]

    @cached_property
    def page(self) -> ListPage:
        """The list as it was shown to whoever sent the form."""
        params = QueryDict(self.request.POST.get("query", "")[:4000], mutable=True)
        params.pop(CURSOR, None)
        return self.list_view.page_of(params, path=self.path)

    def back(self) -> HttpResponse:
        """Lead back to the list as it was."""
        query = self.page.params.urlencode() or f"{VIEW}={NO_VIEW}"
        return go_to(self.request, f"{self.path}?{query}")


class OfView(OfList):
    """What is done to one saved view that the user may open."""

    @cached_property
    def view(self) -> SavedView:
        return get_object_or_404(visible_views(self.request.user), pk=self.kwargs["pk"])

    @property
    def list_name(self) -> str:
        return self.view.list_name


class SaveViewView(OfList):
    """Save the list as it is filtered, sorted and laid out now."""

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        if not self.page.is_valid:
            messages.error(request, _("A filter was not understood. Correct or remove it, then save the view."))
            return self.back()
        try:
            view = save_view(
                list_name=name,
                name=request.POST.get("name", ""),
                query=self.page.query,
                is_shared="is_shared" in request.POST,
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            messages.error(request, str(error.message))
            return self.back()
        keep_choices(request, view)
        messages.success(request, _("The view is saved."))
        return go_to(request, view_url(self.path, view))


class ChangeViewView(OfView):
    """Keep how the user has a view and, where they may change it, its name and what it shows now."""

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        view = self.view
        if may_change(request.user, view):
            try:
                view = change_view(
                    view=view,
                    name=request.POST.get("name", ""),
                    is_shared="is_shared" in request.POST,
                    # What the list does not understand any more stays as it is, to be seen and deleted.
                    query=self.page.query if self.page.is_valid else None,
                    by=request.user,
                    at=timezone.now(),
                )
            except DomainError as error:
                messages.error(request, str(error.message))
                return self.back()
        keep_choices(request, view)
        messages.success(request, _("Saved."))
        return go_to(request, view_url(self.path, view))


def keep_choices(request: HttpRequest, view: SavedView) -> None:
    """Keep what everybody decides for themselves: whether a view is at hand, and whether the list opens with it."""
    pin_view(view=view, is_pinned="is_pinned" in request.POST, by=request.user)
    choose_default(view=view, is_default="is_default" in request.POST, by=request.user)


class DeleteViewView(OfView):
    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        try:
            delete_view(view=self.view, by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error.message))
            return self.back()
        messages.success(request, _("The view is deleted."))
        return go_to(request, f"{self.path}?{VIEW}={NO_VIEW}")


class ChooseColumnsView(OfList):
    """Keep which columns the list shows: in the address where it names some or a view is open, else for the user.

    `order` holds all names, `column` the ticked ones; `move`, such as "up:tier", moves one where no script does.
    """

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        order, ticked = request.POST.getlist("order"), set(request.POST.getlist("column"))
        way, _colon, moved = request.POST.get("move", "").partition(":")
        if moved in order:
            _move(order, moved, -1 if way == "up" else 1)
        chosen = [column.name for column in arranged(self.page.columns, [each for each in order if each in ticked])]
        if "reset" in request.POST or chosen == [column.name for column in self.page_of_itself]:
            chosen = []
        if self.page.params.get(COLUMNS) or self.page.view_id not in {"", NO_VIEW}:
            self.page.params.pop(COLUMNS, None)
            if chosen:
                self.page.params[COLUMNS] = ",".join(chosen)
        else:
            choose_columns(list_name=name, columns=chosen, by=request.user)
        return self.back()

    @property
    def page_of_itself(self) -> list[Column]:
        return arranged(self.page.columns, self.page.page_columns)


def _move(order: list[str], name: str, by: int) -> None:
    place = order.index(name)
    order.insert(max(place + by, 0), order.pop(place))


class ViewCountsView(OfList):
    """How many rows each of the user's views of a list has; what the cache does not hold is counted, one query each."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        views = list(visible_views(request.user, name))
        known = known_counts(views)
        counts = {}
        for view in views:
            count = known.get(str(view.pk))
            if count is None:
                count = keep_count(view, self.list_view.page_of(QueryDict(view.query), path=""))
            counts[view] = "" if count == BROKEN else count_words(count)
        return TemplateResponse(request, "console/view_counts.html", {"counts": counts.items()})
