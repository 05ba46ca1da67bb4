from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class BatchState(TextChoices):
    """How far a file is; the stages that a background job does end by it."""

    WAITING = "waiting", _("Waiting for its columns")
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Checked, not imported")
    RUNNING = "running", pgettext_lazy("import", "Being imported")
    DONE = "done", pgettext_lazy("import", "Imported")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", pgettext_lazy("import", "Undone")


# What a background job is at.
AT_WORK = (BatchState.CHECKING, BatchState.RUNNING, BatchState.UNDOING)


class RowStatus(TextChoices):
    """What became of a row, or would become of it; the last two after an undoing."""

    CREATED = "created", pgettext_lazy("rows", "Created")
    UPDATED = "updated", _("Updated")
    UNCHANGED = "unchanged", _("Unchanged")
    REFUSED = "refused", pgettext_lazy("change of a row", "Refused")
    UNDONE = "undone", pgettext_lazy("rows", "Undone")
    KEPT = "kept", pgettext_lazy("rows", "Touched since, left as it is")


# The same before it is done.
PLANNED = {
    RowStatus.CREATED: _("Will be created"),
    RowStatus.UPDATED: _("Will be updated"),
    RowStatus.UNCHANGED: _("Stay as they are"),
    RowStatus.REFUSED: _("Will be refused"),
}


class Encoding(TextChoices):
    """How the letters of a text file are written down."""

    UTF_8 = "utf-8", "UTF-8"
    GBK = "gb18030", "GBK / GB18030"
    BIG5 = "big5hkscs", "Big5"
