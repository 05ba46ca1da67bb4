"""What is typed into long forms is kept on the server until it is saved, whatever becomes of machine and session."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import QueryDict

from core.accounts.models import User
from core.crypto.fields import readable
from core.web.models import Draft

KEEP = timedelta(days=14)
MOST_DRAFTS = 30
MOST_LETTERS = 60_000


def draft_of(*, user: User, form: str, record_id: UUID) -> Draft | None:
    """Return somebody's draft of a form; none where it is damaged, so that the form stands as if there were none."""
    draft = Draft.objects.filter(user=user, form=form, record_id=record_id).first()
    return draft if draft is not None and readable(draft, "content") is not None else None


def typed_in(draft: Draft) -> QueryDict:
    return QueryDict(draft.content)


@transaction.atomic
def keep_draft(*, user: User, form: str, record_id: UUID, subject_id: UUID, typed: QueryDict, at: datetime) -> None:
    """Keep what was typed in the place of what was before; of more than MOST_DRAFTS the oldest go."""
    Draft.objects.update_or_create(
        user=user,
        form=form,
        record_id=record_id,
        defaults={"subject_id": subject_id, "content": typed.urlencode(), "changed_at": at},
    )
    kept = Draft.objects.filter(user=user).order_by("-changed_at", "-id").values("pk")
    Draft.objects.filter(pk__in=[each["pk"] for each in kept[MOST_DRAFTS : 2 * MOST_DRAFTS]]).delete()


def discard_draft(*, user: User, form: str, record_id: UUID) -> None:
    Draft.objects.filter(user=user, form=form, record_id=record_id).delete()


def forget_drafts(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Delete the active tenant's drafts that nobody has touched for KEEP."""
    deleted, _by_model = Draft.objects.filter(changed_at__lt=at - KEEP).delete()
    return {"drafts": deleted}
