"""Every tenant's table in the catalogue: policy forced, keys composite, uniques beginning with the tenant."""

import uuid

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, connections, models, transaction

from core.accounts.models import Department, Team, User
from core.tenancy.errors import NoActiveTenant, WrongTenant
from core.tenancy.models import TenantModel
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import inside, outside

# Tables without row security, each with the reason.
WITHOUT_ROW_SECURITY = {
    "tenancy_tenant": "names the tenants; holds no data of theirs",
    "django_session": "read before the tenant is known; holds ids alone",
    "django_content_type": "Django's own; the same for all tenants",
    "django_migrations": "Django's own; the same for all tenants",
    "auth_permission": "Django's own; the same for all tenants",
    "auth_group": "Django's own; not used",
    "auth_group_permissions": "Django's own; not used",
    "account_emailaddress": "allauth's e-mail table, read before the tenant is known",
    "account_emailconfirmation": "allauth's e-mail table, read before the tenant is known",
    "mfa_authenticator": "allauth's table of second steps, read before the tenant is known; secrets stand elsewhere",
    "web_cache": "the cache without Redis; keys name no tenant's data",
}


def tenant_models() -> list[type[TenantModel]]:
    return [model for model in apps.get_models() if issubclass(model, TenantModel)]


def unprotected_tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'public' and c.relkind in ('r', 'p') and not (
                c.relrowsecurity and c.relforcerowsecurity
                and exists (select from pg_policy p where p.polrelid = c.oid and p.polwithcheck is not null))
            """
        )
        return {name for (name,) in cursor.fetchall()}


def wrong_unique_keys() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select i.indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indrelid
            join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'public' and c.relrowsecurity and i.indisunique and not i.indisprimary
            and (select attname from pg_attribute a where a.attrelid = c.oid and a.attnum = i.indkey[0])
                <> 'tenant_id'
            """
        )
        return {name for (name,) in cursor.fetchall()}


def loose_foreign_keys() -> set[str]:
    """Foreign keys between tenant tables that do not carry the tenant."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select k.conname from pg_constraint k
            join pg_class c on c.oid = k.conrelid join pg_class t on t.oid = k.confrelid
            where k.contype = 'f' and c.relrowsecurity and t.relrowsecurity and array_length(k.conkey, 1) < 2
            """
        )
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.django_db
def test_every_table_is_behind_the_wall_or_listed():
    assert unprotected_tables() == set(WITHOUT_ROW_SECURITY)


@pytest.mark.django_db
def test_every_unique_key_begins_with_the_tenant():
    # A person's e-mail finds them before their tenant is known, and one person belongs to one tenant.
    assert {name.split("_email")[0] for name in wrong_unique_keys()} == {"accounts_user"}


@pytest.mark.django_db
def test_every_foreign_key_between_tenants_is_composite():
    assert loose_foreign_keys() == set()
    for model in tenant_models():
        for field in model._meta.local_fields:
            if isinstance(field, models.ForeignKey) and issubclass(field.related_model, TenantModel):
                assert not field.db_constraint, f"{model.__name__}.{field.name} is no TenantForeignKey"


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_the_catalogue_test_finds_a_table_without_policy():
    with connections["owner"].cursor() as cursor:
        cursor.execute("create table bad_example (tenant_id uuid, id uuid primary key)")
    try:
        assert "bad_example" in unprotected_tables()
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute("drop table bad_example")


@pytest.mark.django_db
def test_the_application_role_is_bound():
    with connection.cursor() as cursor:
        cursor.execute("select current_user, rolsuper, rolbypassrls from pg_roles where rolname = current_user")
        assert cursor.fetchone() == ("crm_app", False, False)
        cursor.execute("select has_table_privilege('customers_customer', 'truncate')")
        assert cursor.fetchone() == (False,)


@pytest.mark.parametrize("model", [m for m in tenant_models() if m is not User], ids=lambda model: model.__name__)
def test_models_refuse_to_be_read_without_a_tenant(model):
    with pytest.raises(NoActiveTenant):
        model.objects.count()


def test_row_security_holds_without_the_scope_wall(tenant, other_tenant):
    with inside(other_tenant, leaving=tenant):
        theirs = Department.objects.create(name="Secret")
        assert Department.all_tenants.filter(pk=theirs.pk).exists()

    assert not Department.all_tenants.filter(pk=theirs.pk).exists()
    assert Department.all_tenants.filter(pk=theirs.pk).update(name="Taken") == 0
    assert Department.all_tenants.filter(pk=theirs.pk).delete()[0] == 0
    with inside(other_tenant, leaving=tenant):
        assert Department.objects.get(pk=theirs.pk).name == "Secret"


def test_without_any_tenant_the_database_shows_nothing(tenant):
    Department.objects.create(name="Service")

    with outside(tenant):
        assert list(Department.all_tenants.all()) == []


def test_a_row_cannot_point_at_another_tenants_row(tenant, other_tenant):
    with inside(other_tenant, leaving=tenant):
        theirs = Department.objects.create(name="Secret")
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")

    with pytest.raises(IntegrityError), transaction.atomic():
        Team.objects.create(name="Spies", department_id=theirs.pk)

    assert list(Team.objects.all()) == []


def test_rows_of_another_tenant_cannot_be_saved(tenant, other_tenant):
    with pytest.raises(WrongTenant):
        Department(name="Smuggled", tenant=other_tenant).save()
    with pytest.raises(WrongTenant), tenant_scope(other_tenant):
        pass
    assert list(Department.objects.all()) == []


def test_a_person_is_found_by_email_before_the_tenant_is_known(tenant, agent):
    with outside(tenant):
        assert User.objects.get_by_natural_key(agent.email.upper()).pk == agent.pk
        assert not User.objects.filter(pk=uuid.uuid4()).exists()
