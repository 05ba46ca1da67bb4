from collections.abc import Iterable
from typing import Any, Self

from django.core.validators import RegexValidator
from django.db import models

from core.tenancy.errors import WrongTenant
from core.tenancy.ids import uuid7
from core.tenancy.scope import required_tenant_id


class Tenant(models.Model):
    """One courier company. The one table of the house that every tenant's request may read by id.

    A demo, as `seed_demo` makes it, has passwords that everybody knows: there the second step may wait.
    `stamp` is another one whenever what processes keep of the tenant in memory, such as its keys, must be read anew.
    A sandbox is a tenant beside another, of invented data, for partners to try their programs on; nobody signs in to
    it. `api_requests_per_minute` stands here, because the requests of partners are counted before a tenant is active.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # A sandbox has the slug of its tenant and a suffix that no tenant's own slug can end in.
    slug = models.CharField(max_length=60, unique=True, validators=[RegexValidator(r"^[a-z][a-z0-9-]{1,49}$")])
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=64, default="Asia/Shanghai")
    currency = models.CharField(max_length=3, default="CNY")
    language = models.CharField(max_length=10, default="zh-hans")
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
    sandbox_of = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="sandbox"
    )
    stamp = models.UUIDField(default=uuid7, editable=False)
    api_requests_per_minute = models.PositiveIntegerField(null=True, editable=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class TenantQuerySet(models.QuerySet):
    """Chainable filters of one tenant's rows; writes of another tenant's rows raise WrongTenant."""

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        objs = list(objs)
        for obj in objs:
            obj.claim()
        return super().bulk_create(objs, *args, **kwargs)


class TenantManager(models.Manager.from_queryset(TenantQuerySet)):
    """Filters by the active tenant and raises NoActiveTenant without one."""

    def get_queryset(self) -> TenantQuerySet:
        return super().get_queryset().filter(tenant_id=required_tenant_id())


class TenantForeignKey(models.ForeignKey):
    """A reference inside one tenant.

    In the database it is the composite key (tenant_id, x_id) → (tenant_id, id) that ProtectTenantTables makes,
    so a row cannot point at another tenant's. It brings no index: name one on (tenant, x) in the model.
    """

    def __init__(self, to: Any, on_delete: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        kwargs["db_index"] = False
        super().__init__(to, on_delete, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_constraint", None)
        kwargs.pop("db_index", None)
        return name, path, args, kwargs


class TenantModel(models.Model):
    """A row that belongs to one tenant."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+", db_index=False, editable=False)

    objects = TenantManager()
    all_tenants = models.Manager()

    class Meta:
        abstract = True
        # Related look-ups and refreshes start from a row that is already inside the wall.
        base_manager_name = "all_tenants"
        default_manager_name = "objects"

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any) -> Self:
        """Keep the values as they were read, for the audit trail to tell what changed."""
        row = super().from_db(db, field_names, values)
        row.as_read = dict(row.__dict__)
        return row

    def differs_in(self, names: Iterable[str]) -> bool:
        """Tell whether one of these fields holds another value than was read."""
        fields = (self._meta.get_field(name) for name in names)
        return any(self.__dict__.get(field.attname) != self.as_read.get(field.attname) for field in fields)

    def claim(self) -> Self:
        """Give a new row to the active tenant. Raises WrongTenant for another tenant's row."""
        tenant_id = required_tenant_id()
        if self.tenant_id is None:
            self.tenant_id = tenant_id
        elif self.tenant_id != tenant_id:
            raise WrongTenant(f"This {self._meta.model_name} belongs to another tenant.")
        return self

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.claim()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        self.claim()
        return super().delete(*args, **kwargs)
