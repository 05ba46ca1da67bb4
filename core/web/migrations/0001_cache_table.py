from django.db import migrations


class Migration(migrations.Migration):
    """The table the cache falls back to without Redis; it holds no tenant's data, and its keys name none."""

    initial = True
    dependencies = []

    operations = [
        migrations.RunSQL(
            sql=[
                """
                create table web_cache (
                    cache_key varchar(255) primary key, value text not null, expires timestamptz not null
                )
                """,
                "create index web_cache_expires on web_cache (expires)",
            ],
            reverse_sql="drop table web_cache",
        )
    ]
