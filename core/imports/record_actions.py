"""What may be done on the page of a file."""

import uuid
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.imports.enums import BatchState, RowStatus
from core.imports.kinds import kind_of, labels
from core.imports.models import ImportBatch
from core.imports.permissions import IMPORTS
from core.web.record_pages import Action, RecordPage, at

UNDOABLE = (BatchState.DONE, BatchState.RUNNING)


def find_batch(pk: uuid.UUID, user: Any) -> ImportBatch | None:
    return ImportBatch.objects.select_related("job").filter(pk=pk, kind__in=labels()).first()


def may_undo(batch: ImportBatch) -> bool:
    """Tell whether something of a file can be undone, and nobody works at it."""
    is_at_work = batch.job is not None and batch.job.is_unfinished
    written = batch.counts.get(RowStatus.CREATED, 0) + batch.counts.get(RowStatus.UPDATED, 0)
    return batch.state in UNDOABLE and not is_at_work and not batch.is_forgotten and written > 0


def confirm_undo(batch: ImportBatch) -> str:
    """Say in numbers what will happen."""
    created, updated = (batch.counts.get(status, 0) for status in (RowStatus.CREATED, RowStatus.UPDATED))
    removed = ngettext("%(count)s new record is removed.", "%(count)s new records are removed.", created)
    restored = ngettext(
        "%(count)s record becomes what it was before.", "%(count)s records become what they were before.", updated
    )
    kept = str(_("What somebody has touched since stays, and is listed."))
    return " ".join([removed % {"count": created}, restored % {"count": updated}, kept])


BATCH_PAGE = RecordPage(
    url_name="imports:batch", permission=IMPORTS, load=find_batch, name_of=lambda batch: batch.file_name
)
BATCH_ACTIONS = (
    Action(
        name="result",
        label=_("Result of every row"),
        icon="download",
        url=at("imports:result"),
        permission=IMPORTS,
        order=10,
        applies=lambda batch, _user: bool(batch.counts),
    ),
    Action(
        name="refused",
        label=_("Refused rows, to be mended"),
        icon="file-alert",
        url=at("imports:refused"),
        permission=IMPORTS,
        order=20,
        applies=lambda batch, user: (
            bool(batch.counts.get(RowStatus.REFUSED)) and batch.received_by_id == user.pk and not batch.is_forgotten
        ),
    ),
    Action(
        name="columns",
        label=_("Change the columns"),
        icon="columns",
        url=at("imports:columns"),
        permission=IMPORTS,
        order=30,
        applies=lambda batch, _user: batch.state == BatchState.CHECKED,
    ),
    Action(
        name="undo",
        label=_("Undo this import"),
        icon="arrow-back-up",
        url=at("imports:undo"),
        permission=IMPORTS,
        order=40,
        applies=lambda batch, _user: may_undo(batch),
        confirm=confirm_undo,
        confirm_label=_("Undo this import"),
    ),
    Action(
        name="see",
        label=_("See the records"),
        icon="list",
        url=lambda batch: reverse(kind_of(batch.kind).list_url),
        permission=IMPORTS,
        order=50,
        applies=lambda batch, _user: batch.state == BatchState.DONE,
        classes="btn-primary",
    ),
)
