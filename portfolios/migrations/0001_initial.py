import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models

import core.tenancy.ids
import core.tenancy.models
import portfolios.models
from core.tenancy.operations import ProtectTenantTables


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0001_initial"),
        ("tenancy", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Capacity",
            fields=[
                (
                    "id",
                    models.UUIDField(default=core.tenancy.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("points", models.PositiveIntegerField(null=True)),
                (
                    "tiers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=4), default=list, size=None
                    ),
                ),
                ("absent_until", models.DateField(null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.tenant",
                    ),
                ),
                (
                    "user",
                    core.tenancy.models.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "all_tenants",
                "default_manager_name": "objects",
                "constraints": [models.UniqueConstraint(fields=("tenant", "user"), name="portfolio_capacity_once")],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="PortfolioPolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(default=core.tenancy.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.PositiveIntegerField()),
                ("weight_vip", models.PositiveSmallIntegerField(default=25)),
                ("weight_mid", models.PositiveSmallIntegerField(default=10)),
                ("weight_low", models.PositiveSmallIntegerField(default=1)),
                ("capacity", models.PositiveIntegerField(default=1000)),
                (
                    "assigned_tiers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=4),
                        default=portfolios.models.first_assigned_tiers,
                        size=None,
                    ),
                ),
                (
                    "pool_tiers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=4), default=portfolios.models.first_pool_tiers, size=None
                    ),
                ),
                (
                    "pool_stages",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=9),
                        default=portfolios.models.first_pool_stages,
                        size=None,
                    ),
                ),
                ("claims_a_day", models.PositiveSmallIntegerField(default=10)),
                ("rest_days", models.PositiveSmallIntegerField(default=30)),
                ("silent_days", models.PositiveSmallIntegerField(default=0)),
                ("warn_days", models.PositiveSmallIntegerField(default=14)),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    core.tenancy.models.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.tenant",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "all_tenants",
                "default_manager_name": "objects",
                "indexes": [models.Index(fields=["tenant", "created_by"], name="portfolio_policy_created_by")],
                "constraints": [models.UniqueConstraint(fields=("tenant", "version"), name="portfolio_policy_version")],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="ReturnWarning",
            fields=[
                (
                    "id",
                    models.UUIDField(default=core.tenancy.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("due_on", models.DateField()),
                ("warned_at", models.DateTimeField()),
                (
                    "customer",
                    core.tenancy.models.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.tenant",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "all_tenants",
                "default_manager_name": "objects",
                "indexes": [models.Index(fields=["tenant", "due_on"], name="return_warning_due")],
                "constraints": [models.UniqueConstraint(fields=("tenant", "customer"), name="return_warning_once")],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_tenants", django.db.models.manager.Manager()),
            ],
        ),
        ProtectTenantTables("PortfolioPolicy", "Capacity", "ReturnWarning"),
    ]
