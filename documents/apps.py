from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DocumentsConfig(AppConfig):
    name = "documents"

    def ready(self) -> None:
        import documents.declared  # noqa: F401  declares actions, personal data and relations
        from core.web import record_pages
        from customers import panels
        from documents.panel import documents_of
        from documents.permissions import VIEW
        from documents.record_actions import ADD_TO_CUSTOMER

        panels.register(
            key="documents",
            label=_("Files"),
            template_name="documents/panel.html",
            permission=VIEW,
            load=documents_of,
            order=60,
        )
        record_pages.register_action("customers:detail", ADD_TO_CUSTOMER)
