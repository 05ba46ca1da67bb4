"""What jobs declare: actions in the audit trail, and what their fields hold of a person."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.audit import actions
from core.crypto.register import classify
from core.jobs import background, nightly

actions.declare("job.started", _("Background job started"))
actions.declare("job.handed_over", _("Background job handed over"))
actions.declare("job.cancelled", _("Background job cancelled"))
actions.declare("job_run.tried_again", _("Failed nightly work started again"))
actions.declare("job.downloaded", _("File of a background job downloaded"))
actions.declare_fields(
    job=_("Job"),
    rows=_("Rows"),
    created=pgettext_lazy("rows", "Created"),
    updated=_("Updated"),
    failed=_("Failed"),
)
actions.declare_values("job", lambda: {**dict(nightly.choices()), **background.labels()})

classify("jobs.JobRun", business="job business_date state attempts due_at finished_at error result")
classify(
    "jobs.BackgroundJob",
    business="""kind owner parameters work state position done total counts begun attempts error file_name
        is_cancel_requested is_seen created_at due_at started_at finished_at""",
    personal="title",
)
classify("jobs.JobPart", business="job number", personal="content")
