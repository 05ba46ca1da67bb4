"""What imports declare: actions in the audit trail, events, and what their fields hold of a person."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.audit import actions
from core.crypto.register import classify
from core.events import registry
from core.imports.kinds import labels
from core.jobs.enums import BackgroundState

actions.declare("import.done", _("File imported"))
actions.declare("import.undone", _("Import of a file undone"))
actions.declare("import.stopped", _("Import of a file stopped before its end"))
actions.declare("import_template.saved", _("Template for imports saved"))
actions.declare("import_template.removed", _("Template for imports removed"))
actions.declare_fields(
    kind_of_import=_("What it brings"),
    ended=_("How it ended"),
    imports=_("Imported files"),
    unchanged=_("Unchanged"),
    refused=pgettext_lazy("change of a row", "Refused"),
    undone=pgettext_lazy("rows", "Undone"),
    kept=pgettext_lazy("rows", "Touched since, left as it is"),
)
actions.declare_values("kind_of_import", labels)
actions.declare_values("ended", lambda: dict(BackgroundState.choices))

KIND = registry.text("what was brought in, such as customers")
registry.declare(
    "import.done",
    version=1,
    subject="the file",
    payload={
        "kind": KIND,
        "created": registry.whole_number("how many records are new"),
        "updated": registry.whole_number("how many were there and changed"),
        "refused": registry.whole_number("how many rows were refused"),
    },
    doc="A file of records was brought in. It stands for all of them: they have no events of their own.",
)
registry.declare(
    "import.undone",
    version=1,
    subject="the file",
    payload={
        "kind": KIND,
        "undone": registry.whole_number("how many records were removed, or are again as they were before"),
        "kept": registry.whole_number("how many stay, because somebody touched them since"),
    },
    doc="What a file had brought in was undone. It stands for all of its records.",
)

classify(
    "imports.ImportBatch",
    business="""kind received_by received_at preset skips_alike row_total state job counts alike warned tally
        imported_at is_forgotten""",
    personal="file_name columns values mapping problems",
)
classify(
    "imports.ImportPart", business="batch number row_total noted_total is_written", personal="content result before"
)
classify("imports.ImportMark", business="batch_id mark line row pk")
classify("imports.ImportedRecord", business="record_id part_id pk")
classify("imports.ImportTemplate", business="kind saved_by saved_at", personal="name columns mapping")
