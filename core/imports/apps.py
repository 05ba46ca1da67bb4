from datetime import time

from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

FORGETTING_AT = time(3, 0)


class ImportsConfig(AppConfig):
    name = "core.imports"
    label = "imports"

    def ready(self) -> None:
        import core.imports.declared  # noqa: F401  declares actions, events and personal data of imports
        from core.audit.erasures import register_part_of_tenant
        from core.imports.enums import RowStatus
        from core.imports.kinds import kind_of
        from core.imports.permissions import IMPORTS
        from core.imports.record_actions import BATCH_ACTIONS, BATCH_PAGE
        from core.imports.running import CHECK, RUN, UNDO, check_step, note_stop, run_step, undo_step
        from core.imports.services import erase_files, forget_files
        from core.imports.trail import describe_batches
        from core.imports.views import BatchListView
        from core.jobs import background, nightly
        from core.web import exports, navigation, record_pages, trail

        for name, label, step in (
            (CHECK, _("Check of a file"), check_step),
            (RUN, _("Import of a file"), run_step),
            (UNDO, _("Undoing of an import"), undo_step),
        ):
            background.register(
                name,
                label=label,
                permission=lambda job: kind_of(job.parameters["kind"]).permission,
                step=step,
                counts=dict(RowStatus.choices),
                page=lambda job: reverse("imports:batch", args=[job.parameters["batch"]]),
                may_repeat=lambda _job: False,
            )
        background.tell_ends(note_stop)
        nightly.register("imports.forget", label=_("Forget imported files"), run=forget_files, at=FORGETTING_AT)
        register_part_of_tenant(erase_files)
        exports.register(BatchListView)
        trail.register_subject("imports.importbatch", describe_batches, permission=IMPORTS)
        record_pages.register(BATCH_PAGE)
        record_pages.register_action("imports:batch", *BATCH_ACTIONS)
        navigation.register_creation(
            key="import_batch",
            label=_("Bring in files"),
            url_name="imports:list",
            icon="file-import",
            permission=IMPORTS,
            order=19,
        )
