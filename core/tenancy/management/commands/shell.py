from argparse import ArgumentParser
from typing import Any

from django.core.management.commands import shell

from core.tenancy.commands import add_tenant_argument, tenant_named
from core.tenancy.scope import tenant_scope


class Command(shell.Command):
    help = (
        f"{shell.Command.help} With --tenant it works inside that tenant, in one transaction: what is written is kept"
        " when the shell ends, and nothing is when it ends with an error."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        add_tenant_argument(parser, required=False)

    def handle(self, **options: Any) -> None:
        slug = options.pop("tenant")
        if slug is None:
            super().handle(**options)
            return
        with tenant_scope(tenant_named(slug)):
            super().handle(**options)
