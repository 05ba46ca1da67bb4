from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.accounts.models import User
from core.crypto.fields import EncryptedTextField
from core.jobs.models import BackgroundJob
from core.tenancy.models import TenantForeignKey, TenantModel
from core.web.enums import HowTold, MailState, RowOutcome


class NoticeChoice(TenantModel):
    """How somebody has notices of one kind by mail; without a row they stand on the page only."""

    user = TenantForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    how = models.CharField(max_length=10, choices=HowTold.choices)
    changed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "user", "kind"], name="notice_choice_once")]
        indexes = [models.Index(fields=["tenant", "how", "user"], name="notice_choice_how")]


class NoticeMail(TenantModel):
    """A mail that tells somebody of notices: that of a date, or one at once.

    `due_at` moves ahead while a worker sends it. What comes in before the first attempt goes with it; whatever comes
    after goes with the next one.
    """

    user = TenantForeignKey(User, on_delete=models.CASCADE, related_name="+")
    for_date = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=MailState.choices, default=MailState.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    error = models.CharField(max_length=60, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user", "for_date"], name="notice_mail_of_day"),
            models.UniqueConstraint(
                fields=["tenant", "user"],
                condition=models.Q(for_date=None, state=MailState.DUE, attempts=0),
                name="notice_mail_at_once",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "due_at"], condition=models.Q(state=MailState.DUE), name="notice_mail_due"),
            models.Index(fields=["tenant", "created_at"], name="notice_mail_age"),
        ]


class Notice(TenantModel):
    """Something that one member of staff is told, once for each source, which is an event for one.

    What is stored are a kind, ids and `facts` such as codes; the words are made when it is read, and name nobody
    before.
    """

    user = TenantForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    source_id = models.UUIDField()
    subject_id = models.UUIDField()
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mail = TenantForeignKey(NoticeMail, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "user", "source_id"], name="notice_once")]
        indexes = [
            models.Index(fields=["tenant", "mail"], name="notice_of_mail"),
            models.Index(fields=["tenant", "user", "created_at", "id"], name="notice_of_user"),
            models.Index(fields=["tenant", "user"], condition=models.Q(read_at=None), name="notice_unread"),
        ]


class SavedView(TenantModel):
    """A list as somebody keeps it under a name: filters, order and columns; shared ones are everybody's to open.

    `query` is what follows the question mark in the list's address. Both texts may name a person.
    """

    list_name = models.CharField(max_length=40)
    owner = TenantForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = EncryptedTextField()
    query = EncryptedTextField()
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "list_name", "owner"], name="saved_view_of_owner"),
            models.Index(fields=["tenant", "list_name"], condition=models.Q(is_shared=True), name="saved_view_shared"),
        ]

    def __str__(self) -> str:
        return self.name


class ViewPin(TenantModel):
    """A view that one member of staff keeps at hand above its list."""

    user = TenantForeignKey(User, on_delete=models.CASCADE, related_name="+")
    view = TenantForeignKey(SavedView, on_delete=models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "user", "view"], name="view_pin_once")]
        indexes = [models.Index(fields=["tenant", "view"], name="view_pin_of_view")]


class ListChoice(TenantModel):
    """How one member of staff has one list: the columns that it shows, by name, and the view that it opens with."""

    user = TenantForeignKey(User, on_delete=models.CASCADE, related_name="+")
    list_name = models.CharField(max_length=40)
    columns = ArrayField(models.CharField(max_length=40), default=list)
    default_view = TenantForeignKey(SavedView, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "user", "list_name"], name="list_choice_once")]
        indexes = [models.Index(fields=["tenant", "default_view"], name="list_choice_of_view")]


class BulkOutcome(TenantModel):
    """What became of one row of a list that a background job was to change, with the reason of a refusal."""

    job = TenantForeignKey(BackgroundJob, on_delete=models.CASCADE, related_name="+")
    subject_id = models.UUIDField()
    outcome = models.CharField(max_length=10, choices=RowOutcome.choices)
    reason = models.CharField(max_length=300, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "job", "subject_id"], name="bulk_outcome_once")]
        indexes = [models.Index(fields=["tenant", "job", "outcome", "id"], name="bulk_outcome_order")]


class Draft(TenantModel):
    """What somebody has typed into a long form and not saved yet, as the form would send it.

    `record_id` is the record that the form changes or adds something to, `subject_id` the one whose erasure takes the
    draft away; a form that opens a new record has the user in their place.
    """

    user = TenantForeignKey(User, on_delete=models.CASCADE, related_name="+")
    form = models.CharField(max_length=100)
    record_id = models.UUIDField()
    subject_id = models.UUIDField()
    content = EncryptedTextField()
    changed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user", "form", "record_id"], name="draft_once"),
        ]
        indexes = [
            models.Index(fields=["tenant", "subject_id"], name="draft_of_subject"),
            models.Index(fields=["tenant", "changed_at"], name="draft_by_time"),
        ]


class Undo(TenantModel):
    """What one member of staff can put back for a while: what stood there before their change made at `place`.

    An erasure of `subject_id` takes it away.
    """

    user = TenantForeignKey(User, on_delete=models.CASCADE, related_name="+")
    place = models.CharField(max_length=250)
    subject_id = models.UUIDField()
    content = EncryptedTextField()
    made_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "user", "made_at"], name="undo_of_user"),
            models.Index(fields=["tenant", "subject_id"], name="undo_of_subject"),
            models.Index(fields=["tenant", "made_at"], name="undo_by_time"),
        ]
