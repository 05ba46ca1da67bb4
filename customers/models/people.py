"""Who speaks for a customer, how they are reached, and where."""

from django.db import models

from core.crypto.fields import BlindIndexField, EncryptedTextField, readable
from core.crypto.masking import UNREADABLE, mask_address, mask_email, mask_name, mask_phone
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.enums import ConsentSource, ContactPointKind, PointProof, PointSource
from customers.models.archive import Customer


class Contact(TenantModel):
    """A person who speaks for a customer."""

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    name = EncryptedTextField()
    position = models.CharField(max_length=100, blank=True)
    is_primary = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "customer"], condition=models.Q(is_primary=True), name="contact_one_primary"
            )
        ]
        indexes = [models.Index(fields=["tenant", "customer", "created_at", "id"], name="contact_customer")]

    @property
    def masked_name(self) -> str:
        return mask_name(readable(self, "name") or UNREADABLE)


class ContactPoint(TenantModel):
    """One way to reach a contact: since when it is known and from where, whether somebody was reached by it, and
    whether they said not to use it any more.
    """

    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="points")
    kind = models.CharField(max_length=10, choices=ContactPointKind.choices)
    value = EncryptedTextField()
    fingerprint = BlindIndexField(of="value")
    is_preferred = models.BooleanField(default=False)
    source = models.CharField(max_length=8, choices=PointSource.choices)
    added_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True)
    verified_how = models.CharField(max_length=8, choices=PointProof.choices, blank=True)
    opted_out_at = models.DateTimeField(null=True)
    opted_out_how = models.CharField(max_length=8, choices=ConsentSource.choices, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            # Looked at when all is written, because two may change places.
            models.UniqueConstraint(
                fields=["tenant", "contact", "kind", "fingerprint"],
                name="contact_point_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                fields=["tenant", "contact"], condition=models.Q(is_preferred=True), name="contact_point_one_preferred"
            ),
            models.CheckConstraint(
                condition=models.Q(is_preferred=False) | models.Q(opted_out_at=None),
                name="contact_point_preferred_in_use",
            ),
            models.CheckConstraint(
                condition=models.Q(verified_at=None, verified_how="")
                | (models.Q(verified_at__isnull=False) & ~models.Q(verified_how="")),
                name="contact_point_verified_how",
            ),
            models.CheckConstraint(
                condition=models.Q(opted_out_at=None, opted_out_how="")
                | (models.Q(opted_out_at__isnull=False) & ~models.Q(opted_out_how="")),
                name="contact_point_opted_out_how",
            ),
        ]

    @property
    def masked_value(self) -> str:
        value = readable(self, "value")
        if value is None:
            return UNREADABLE
        if self.kind == ContactPointKind.PHONE:
            return mask_phone(value)
        if self.kind == ContactPointKind.EMAIL:
            return mask_email(value)
        return mask_name(value)


class Address(TenantModel):
    """A place of a customer. `country` is one of ISO 3166; `division_code` one of GB/T 2260, in China alone."""

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    label = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=100, blank=True)
    city = models.CharField(max_length=100, blank=True)
    district = models.CharField(max_length=100, blank=True)
    division_code = models.CharField(max_length=6, blank=True)
    street = EncryptedTextField()
    postal_code = models.CharField(max_length=20, blank=True)
    is_primary = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "customer"], condition=models.Q(is_primary=True), name="address_one_primary"
            )
        ]
        indexes = [models.Index(fields=["tenant", "customer", "id"], name="address_customer")]

    @property
    def masked_street(self) -> str:
        return mask_address(readable(self, "street") or UNREADABLE)
