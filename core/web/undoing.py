"""What stood there before somebody's last change, kept for a while so that one press puts it back."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.models import User
from core.crypto.fields import readable
from core.tenancy.errors import DomainError, RecordChanged
from core.web.models import Undo
from core.web.views import StaffView, go_to, own_path

KEEP = timedelta(minutes=30)
# By this the post of a notice's button names what it undoes.
UNDO = "undo"


class NotUndoable(DomainError):
    code = "not_undoable"
    message = gettext_lazy("This cannot be undone any more.")


class ChangedSince(DomainError):
    code = "changed_since"
    message = gettext_lazy("This was changed again in the meantime, so nothing was undone.")


@transaction.atomic
def keep_undo(*, user: User, place: str, subject_id: UUID, before: Mapping[str, Any], at: datetime) -> Undo:
    """Keep what puts a change back, for whoever made it, in place of what of theirs is too old.

    `place` is the address that made the change, `before` anything that JSON holds; an erasure of `subject_id` takes
    it away.
    """
    Undo.objects.filter(user=user, made_at__lt=at - KEEP).delete()
    content = json.dumps(before, ensure_ascii=False)
    return Undo.objects.create(user=user, place=place, subject_id=subject_id, content=content, made_at=at)


@transaction.atomic
def take_undo(*, user: User, place: str, undo_id: str, at: datetime) -> Mapping[str, Any]:
    """Return what was kept, once. Raises NotUndoable."""
    try:
        kept = Undo.objects.select_for_update().filter(pk=UUID(undo_id), user=user, place=place).first()
    except ValueError:
        kept = None
    content = readable(kept, "content") if kept is not None and kept.made_at >= at - KEEP else None
    if content is None:
        raise NotUndoable
    kept.delete()
    return json.loads(content)


def forget_undos(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Delete what nobody of the active tenant can undo any more."""
    deleted, _by_model = Undo.objects.filter(made_at__lt=at - KEEP).delete()
    return {"undos": deleted}


class UndoableView(StaffView):
    """A view whose change can be undone by whoever made it, by the button of the notice that says it is done.

    The button posts to the view's own address, so there is no second permission. A subclass calls `tell_undoable`
    with what `undo` needs to call one service.
    """

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if UNDO in request.POST:
            return self._put_back(request)
        return self.act(request, *args, **kwargs)

    def act(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer a post that undoes nothing."""
        return super().post(request, *args, **kwargs)

    def undo(self, before: Mapping[str, Any]) -> str:
        """Put back what was there before; return the address to go to. Raises DomainError."""
        raise NotImplementedError

    @property
    def undo_place(self) -> str:
        """The address of the change: ids, and nothing that was typed."""
        return self.request.path

    def tell_undoable(self, text: str, *, subject_id: UUID, before: Mapping[str, Any] | None) -> None:
        """Say that something is done, with a button that undoes it; without, where nothing puts it back."""
        if before is None:
            messages.success(self.request, text)
            return
        place = self.undo_place
        kept = keep_undo(user=self.request.user, place=place, subject_id=subject_id, before=before, at=timezone.now())
        messages.success(self.request, text, extra_tags=f"{UNDO}:{kept.pk}:{place}")

    def _put_back(self, request: HttpRequest) -> HttpResponse:
        target = "/"
        try:
            with transaction.atomic():
                place = self.undo_place
                before = take_undo(user=request.user, place=place, undo_id=request.POST[UNDO], at=timezone.now())
                target = self.undo(before)
        except RecordChanged:
            messages.error(request, str(ChangedSince.message))
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("Undone: it is as it was before."))
        return go_to(request, own_path(request, request.headers.get("Referer"), default=target))
