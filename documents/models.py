from django.db import models

from core.accounts.models import User
from core.crypto.fields import EncryptedBinaryField, EncryptedTextField
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.models import Customer
from documents.enums import ICONS, PICTURE_ICON, MediaType


class Document(TenantModel):
    """A file that belongs to a customer's archive; what it is was told by its content.

    It is kept under its id, in encrypted parts; its name serves the download alone. `sha256` is that of the content,
    in hexadecimal digits, and `size` its length in bytes.
    """

    customer = TenantForeignKey(Customer, on_delete=models.PROTECT, related_name="documents")
    file_name = EncryptedTextField()
    note = EncryptedTextField(null=True)
    media_type = models.CharField(max_length=80, choices=MediaType.choices)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_by = TenantForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "customer", "added_at", "id"], name="document_of_customer"),
            models.Index(fields=["tenant", "added_by"], name="document_added_by"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def icon(self) -> str:
        return ICONS.get(MediaType(self.media_type), PICTURE_ICON)


class DocumentPart(TenantModel):
    """A piece of a document's content, by its place from 0."""

    document = TenantForeignKey(Document, on_delete=models.CASCADE, related_name="parts")
    place = models.PositiveSmallIntegerField()
    content = EncryptedBinaryField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "document", "place"], name="document_part_once")]
